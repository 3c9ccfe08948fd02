"""The display in a real terminal."""

import os
import shutil
import subprocess
import sys
import time

import pytest


@pytest.fixture
def terminal(tmp_path):
    """A tmux pane: `terminal(width, height)` returns (type, screen)."""
    if shutil.which("tmux") is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs tmux")
        pytest.skip("needs tmux")
    socket = str(tmp_path / "tmux")

    def tmux(*args):
        return subprocess.run(["tmux", "-S", socket, *args], capture_output=True, text=True, check=True).stdout

    def open_at(width, height):
        tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "env PS1='$ ' sh")
        return (lambda *keys: tmux("send-keys", *keys)), (lambda: tmux("capture-pane", "-p"))

    yield open_at
    subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True)


def until(screen, wanted, seconds=40):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        shown = screen()
        if wanted(shown):
            return shown
        time.sleep(0.2)
    raise AssertionError(f"not seen in {seconds} s:\n{screen()}")


LIVE = f"{sys.executable} -c 'import sys; from heartseg.stream.cli import main; sys.exit(main())'"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
def test_the_display_names_each_sound_and_leaves_the_terminal_as_it_was(terminal, width, height):
    keys, screen = terminal(width, height)
    keys("echo before; " + LIVE + " --demo; echo status $?", "Enter")
    shown = until(screen, lambda s: "lub" in s and "dub" in s and "heartbeat" in s and " bpm" in s and "– bpm" not in s)
    lines = shown.splitlines()
    assert len(lines) == height and max(map(len, lines)) <= width
    assert "Not a medical device." in lines[0]
    for word in ("S1–S2", "S2–S1", "confidence", "lag", "headroom", "dropped", "Ctrl-C"):
        assert word in shown, shown
    assert "█" in shown
    figures = next(line for line in lines if "S1–S2" in line)
    assert 60 <= int(figures.split(" bpm")[0]) <= 85, figures
    keys("C-c")
    after = until(screen, lambda s: "status 0" in s)
    assert "before" in after and "█" not in after and "dropped" in after
