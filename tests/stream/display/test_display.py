"""The display in a real terminal."""

import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
from live_command import LIVE

from heartseg.stream.sources.simulated import SimulatedHeart

COMMAND = shlex.join(LIVE)


class Terminal:
    """A tmux pane with a shell in it."""

    def __init__(self, socket, folder):
        self._socket, self._folder = str(socket), folder

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self._socket, *args], capture_output=True, text=True, check=True).stdout

    def open(self, width, height):
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", self._folder,
                  "env PS1='$ ' sh")  # fmt: skip

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def run(self, args="", env="", before="", speed=4):
        self.keys(f"{before}{env} {COMMAND} --demo --speed {speed} {args}; echo status $?", "Enter")

    def until(self, wanted, *options, seconds=40):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            shown = self.screen(*options)
            if wanted(shown):
                return shown
            time.sleep(0.05)
        raise AssertionError(f"not seen in {seconds} s:\n{self.screen()}")


@pytest.fixture
def terminal(tmp_path):
    """A terminal to be opened at a size; its shell is in `tmp_path`."""
    if shutil.which("tmux") is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs tmux")
        pytest.skip("needs tmux")
    terminal = Terminal(tmp_path / "tmux", tmp_path)
    yield terminal
    subprocess.run(["tmux", "-S", str(tmp_path / "tmux"), "kill-server"], capture_output=True)


def settled(shown):
    return "lub" in shown and "dub" in shown and "heartbeat" in shown and not re.search("[–-] ms", shown)


FIGURES = ("bpm", "systole", "diastole", "confidence", "level", " dB", "lag", "headroom", "dropped", "? help", "q quit")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(60, 16), (80, 24), (200, 50)])
def test_it_shows_all_there_is_and_leaves_the_terminal_as_it_was(terminal, width, height):
    terminal.open(width, height)
    terminal.run(before="echo before; ")
    shown = terminal.until(lambda s: settled(s) and all(word in s for word in FIGURES))
    lines = shown.splitlines()
    assert len(lines) == height and max(map(len, lines)) <= width
    assert "Not a medical device." in lines[0] and "simulated heart" in lines[1], shown
    assert "█" in shown
    intervals = next(line for line in lines if "confidence" in line).split()
    assert 250 <= int(intervals[1]) <= 420 and 380 <= int(intervals[4]) <= 620
    assert lines[-1].endswith("q quit")
    terminal.keys("C-c")
    after = terminal.until(lambda s: "status 0" in s)
    assert "before" in after and "█" not in after and "dropped" in after.replace("\n", "")


@pytest.mark.slow
def test_a_lamp_lights_with_each_sound_and_goes_out(terminal):
    terminal.open(80, 24)
    terminal.run(env="COLORTERM=truecolor", speed=1)

    def lit(shown):
        return re.search(r"\x1b\[[0-9;]*48;[25];", shown) is not None

    terminal.until(lit, "-e")
    terminal.until(lambda s: settled(s) and not lit(s), "-e")
    terminal.until(lit, "-e")


@pytest.mark.slow
def test_it_follows_the_size_of_the_terminal(terminal):
    terminal.open(100, 30)
    terminal.run()
    terminal.until(settled)
    for width, height in ((60, 16), (120, 40), (30, 8)):
        terminal.tmux("resize-window", "-x", str(width), "-y", str(height))
        shown = terminal.until(lambda s, h=height: len(s.splitlines()) == h and "medical" in s.splitlines()[0])
        assert max(map(len, shown.splitlines())) <= width
    terminal.tmux("resize-window", "-x", "80", "-y", "24")
    assert len(terminal.until(lambda s: settled(s) and "q quit" in s.splitlines()[-1]).splitlines()) == 24


@pytest.mark.slow
def test_an_answer_about_systole_stands_there_once_there_are_beats(terminal):
    terminal.open(100, 24)
    terminal.run("--systole")
    shown = terminal.until(lambda s: re.search(r"systole: (heard|not heard|cannot tell) .*for review, not a", s))
    assert re.search(r"probability [01]\.\d\d   \d+ beats", shown)
    terminal.keys("q")
    terminal.until(lambda s: "status 0" in s and re.search(r"systole: .*for review", s.replace("\n", "")))


@pytest.mark.slow
def test_keys(terminal, tmp_path):
    terminal.open(80, 24)
    terminal.run("--jsonl events.jsonl")
    terminal.until(settled)
    terminal.keys("?")
    terminal.until(lambda s: "mark this moment" in s and "lub" not in s)
    terminal.keys("?")
    terminal.until(lambda s: "S1 and S2" in s and "mark this moment" not in s)
    terminal.keys("?")
    terminal.until(settled)
    terminal.keys(">")
    terminal.until(lambda s: "10 s shown" in s and "lub" not in s)
    terminal.keys("<")
    terminal.keys("+")
    terminal.until(lambda s: "height ×1.4" in s)
    terminal.keys("-")
    terminal.until(lambda s: "height" not in s)
    terminal.keys("m")
    terminal.until(lambda s: "▲" in s)

    terminal.keys("r")
    terminal.until(lambda s: "● REC 00:01" in s)
    terminal.keys("r")
    shown = terminal.until(lambda s: "REC" not in s)
    (kept,) = tmp_path.glob("heartseg-*.wav")
    assert kept.name[:20] in shown and kept.stat().st_size > 4 * 44_100

    terminal.keys("q")
    terminal.until(lambda s: "status 0" in s)
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    (mark,) = [e for e in events if e["type"] == "marker"]
    assert mark["at_s"] == round(mark["at_sample"] / 44_100, 4) > 1
    heard = [e for e in events if "emitted_s" in e or e is mark]
    at = heard.index(mark)
    assert heard[at - 1]["emitted_s"] <= mark["at_s"] + 0.5
    assert all(e["emitted_s"] >= mark["at_s"] for e in heard[at + 1 :])
    terminal.keys("ec", "ho typed", "Enter")  # the terminal echoes again
    terminal.until(lambda s: "echo typed" in s)


@pytest.mark.slow
def test_a_replay_can_be_steered_and_its_end_stays(terminal, tmp_path):
    blocks = list(itertools.islice(SimulatedHeart().blocks(), 300))
    soundfile.write(tmp_path / "heart.wav", np.concatenate(blocks), 44_100)
    terminal.open(80, 24)
    terminal.keys(f"{COMMAND} --replay heart.wav; echo status $?", "Enter")
    terminal.until(settled)
    terminal.keys("Space")
    terminal.until(lambda s: "PAUSED" in s)
    terminal.keys("Right", "Right")
    shown = terminal.until(lambda s: settled(s) and re.search(r"00:[12][0-9] / 00:30", s))
    assert "PAUSED" in shown
    terminal.keys("Left")
    terminal.until(lambda s: re.search(r"00:0[5-9] / 00:30|00:1[0-9] / 00:30", s) and "PAUSED" in s)
    terminal.keys("Space")
    terminal.until(lambda s: "PAUSED" not in s)
    terminal.keys(*["Right"] * 6)
    terminal.until(lambda s: "end – q quits, ← goes back" in s and "00:30 / 00:30" in s)
    terminal.keys("Left")
    terminal.until(lambda s: "00:25 / 00:30" in s and "end" not in s)
    terminal.keys("q")
    terminal.until(lambda s: "status 0" in s)


@pytest.mark.slow
def test_what_a_replay_writes_is_complete_while_its_end_is_shown(terminal, tmp_path):
    soundfile.write(tmp_path / "heart.wav", np.zeros(20_000), 44_100)
    terminal.open(80, 24)
    terminal.keys(f"{COMMAND} --replay heart.wav --jsonl events.jsonl --speed max; echo status $?", "Enter")
    terminal.until(lambda s: "end – q quits" in s)
    assert '"end"' in (tmp_path / "events.jsonl").read_text().splitlines()[-1]
    terminal.keys("Left")
    terminal.until(lambda s: "seeking is off" in s)
    terminal.keys("C-c")
    terminal.until(lambda s: "status 0" in s)


@pytest.mark.slow
def test_without_colour_the_kinds_differ_in_shape(terminal):
    terminal.open(80, 24)
    terminal.run(env="NO_COLOR=1")
    shown = terminal.until(lambda s: settled(s) and "▒" in s and re.search(r"\x1b\[[0-9;]*7m", s), "-e")
    assert not re.search(r"\x1b\[([0-9;]*;)?([34][0-8]|9[0-7])[;m]", shown)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(60, 16), (80, 24)])
def test_without_unicode_it_keeps_to_ascii(terminal, width, height):
    terminal.open(width, height)
    terminal.run(env="LC_ALL=C")
    shown = terminal.until(lambda s: settled(s) and re.search(r"(##|\d\d) bpm *$", s, re.M))
    assert shown.isascii() and "#" in shown
    for word in FIGURES:
        assert word in shown, shown


def test_a_failing_display_leaves_the_terminal_and_the_files_in_order(terminal, tmp_path):
    (tmp_path / "broken.py").write_text(
        "import sys\n"
        "from heartseg.stream.display import loop\n"
        "from heartseg.stream.cli import main\n"
        "rows, times = loop.rows, iter(range(40))\n"
        "loop.rows = lambda *a: rows(*a) if next(times, None) is not None else 1 / 0\n"
        "sys.exit(main(['--demo', '--jsonl', 'events.jsonl']))\n"
    )
    terminal.open(80, 24)
    terminal.keys(f"echo before; {sys.executable} broken.py; echo status $?", "Enter")
    shown = terminal.until(lambda s: "status 1" in s)
    assert "before" in shown and "the display failed: ZeroDivisionError" in shown and "Traceback" not in shown
    assert '"end"' in (tmp_path / "events.jsonl").read_text().splitlines()[-1]
    assert "cursor_flag 1" in terminal.tmux("display-message", "-p", "cursor_flag #{cursor_flag}")
