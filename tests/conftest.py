"""Where the real recordings are, and shared helpers."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from virtual_microphone import VirtualMicrophone, need
from waiting import until

os.environ["HEARTSEG_CONFIG"] = os.devnull  # the settings of whoever runs the tests are left aside
DATA = Path(os.environ.get("HEARTSEG_DATA", Path(__file__).parents[2] / "shared/data"))

# Started in the background or by nohup, we are to ignore these, and what the tests start would inherit that.
for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number is not None and signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)


HANDLERS = {
    number: signal.getsignal(number)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
}


@pytest.fixture(autouse=True)
def signals():
    """A command that ran in the process of another test, or of a fixture, leaves no handler of signals behind."""
    for number, handler in HANDLERS.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def data():
    """The folder of public sets; skips where it is absent, fails in CI."""
    if not (DATA / "circor").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the recordings, and {DATA} has none")
        pytest.skip(f"no recordings in {DATA}: set HEARTSEG_DATA")
    return DATA


@pytest.fixture(scope="session")
def network():
    """The shipped network."""
    from heartseg.models import load

    return load()


@pytest.fixture
def microphones(tmp_path):
    """Makes virtual microphones of a rate and a number of channels; `plug` them."""
    need("pulseaudio", "pactl")
    made = []

    def make(*form):
        made.append(VirtualMicrophone(tmp_path, *form))
        return made[-1]

    yield make
    for microphone in made:
        microphone.close()


@pytest.fixture
def microphone(microphones):
    """A virtual microphone that is plugged in."""
    made = microphones()
    made.plug()
    return made


@pytest.fixture
def speaker(tmp_path):
    """A PulseAudio server whose only sink goes nowhere and can be listened to: (environment, server)."""
    need("pulseaudio", "parec", "pactl")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    env = {**os.environ, "XDG_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path)}
    sink = "module-null-sink sink_name=speaker rate=44100 channels=1"
    server = subprocess.Popen(
        ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "-L", "module-native-protocol-unix", "-L", sink],
        env=env, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: subprocess.run(["pactl", "info"], env=env, capture_output=True).returncode == 0)
    yield env, server
    server.kill()
    server.wait()
