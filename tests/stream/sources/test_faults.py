"""A real microphone that is unplugged, absent, stalled: what was heard is kept, and listening goes on."""

import json
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
import soundfile
from live_command import LIVE
from virtual_microphone import a_heart
from waiting import until

RATE = 44_100


class Run:
    """heartseg-live on the device `pulse`, writing events and a recording."""

    def __init__(self, microphone, folder, *more):
        self.jsonl, self.wav, self._said = folder / "events.jsonl", folder / "heard.wav", folder / "said"
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                [*LIVE, "--device", "pulse", "--jsonl", str(self.jsonl), "--record", str(self.wav), *more],
                env=microphone.env, stdout=subprocess.DEVNULL, stderr=said,
            )  # fmt: skip

    def lines(self, kind=None):
        """The JSONL lines so far."""
        text = self.jsonl.read_text() if self.jsonl.exists() else ""
        found = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [line for line in found if kind in (None, line["type"])]

    def said(self):
        """What it wrote on standard error."""
        return self._said.read_text()

    def ended(self, number=signal.SIGTERM):
        """Its exit status after a signal."""
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def run(tmp_path):
    """Starts runs, and leaves none behind."""
    runs = []

    def start(*args):
        runs.append(Run(args[0], tmp_path, *args[1:]))
        return runs[-1]

    yield start
    for each in runs:
        each.process.kill()
        each.process.wait(20)


def check_books(run):
    """Every sample is accounted for and in the recording, gaps are silence, and no sound spans one."""
    heard, _ = soundfile.read(run.wav, dtype="float32")
    gaps, accounts = run.lines("gap"), run.lines("end")[0]["samples"]
    assert accounts["captured"] == len(heard) == accounts["processed"] + accounts["dropped"]
    assert accounts["dropped"] == sum(g["end_sample"] - g["start_sample"] for g in gaps)
    for gap in gaps:
        assert not heard[gap["start_sample"] : gap["end_sample"]].any()
        for sound in run.lines("sound"):
            assert sound["offset_sample"] <= gap["start_sample"] or gap["end_sample"] <= sound["onset_sample"]
    return heard, gaps


@pytest.mark.slow
def test_a_device_that_goes_away_is_waited_for_and_heard_again(microphone, run):
    live = run(microphone)
    microphone.play(a_heart(60))
    until(lambda: len(live.lines("sound")) >= 3)
    began = time.monotonic()
    microphone.unplug()
    gone = time.monotonic()
    until(lambda: "device lost: waiting for it" in live.said())
    plugged = time.monotonic()
    microphone.plug()
    until(lambda: "pulse: listening" in live.said())
    back = time.monotonic()
    heard = len(live.lines("sound"))
    until(lambda: len(live.lines("sound")) >= heard + 3)
    assert live.ended() == 0

    _, gaps = check_books(live)
    assert [g["reason"] for g in gaps] == ["device lost"]
    length = gaps[0]["end_s"] - gaps[0]["start_s"]
    assert plugged - gone - 0.1 < length < back - began + 0.5


@pytest.mark.slow
def test_a_run_that_ends_while_the_device_is_gone_keeps_all_and_ends_at_once(microphone, run):
    live = run(microphone)
    microphone.play(a_heart(60))
    until(lambda: len(live.lines("sound")) >= 3)
    microphone.unplug()
    until(lambda: "device lost: waiting for it" in live.said())
    assert live.ended(signal.SIGINT) == 0
    _, gaps = check_books(live)
    assert [g["reason"] for g in gaps] == ["device lost"]
    assert gaps[0]["end_sample"] == live.lines("end")[0]["samples"]["captured"]


@pytest.mark.slow
def test_a_device_that_is_absent_at_start(microphones, run):
    microphone = microphones()
    without = run(microphone)
    assert without.process.wait(20) in (1, 2)
    assert len(without.said().splitlines()) == 1 and not without.jsonl.exists()

    interrupted = run(microphone, "--wait")
    until(lambda: "waiting for it" in interrupted.said())
    assert interrupted.ended(signal.SIGINT) == 0 and len(interrupted.said().splitlines()) == 1

    waiting = run(microphone, "--wait")
    until(lambda: "waiting for it" in waiting.said())
    microphone.plug()
    microphone.play(a_heart(60))
    until(lambda: len(waiting.lines("sound")) >= 3)
    assert waiting.ended() == 0
    assert check_books(waiting)[1] == []


@pytest.mark.slow
def test_a_machine_that_stalls_for_two_seconds(microphone, run):
    """Nothing that was lost is bridged, nothing that was heard is displaced."""
    samples = a_heart(60)
    live = run(microphone)
    microphone.play(samples)
    until(lambda: len(live.lines("sound")) >= 3)
    live.process.send_signal(signal.SIGSTOP)
    time.sleep(2)
    live.process.send_signal(signal.SIGCONT)
    heard = len(live.lines("sound"))
    until(lambda: len(live.lines("sound")) >= heard + 6)
    assert live.ended() == 0

    heard, gaps = check_books(live)
    played = samples.astype(np.float32) / 32768
    at, shifts = 0, []
    for gap in [*gaps, {"start_sample": len(heard), "end_sample": len(heard)}]:
        part = heard[at : gap["start_sample"]]
        first = next(k for k in np.flatnonzero(played == part[0]) if (played[k : k + 500] == part[:500]).all())
        np.testing.assert_array_equal(part, played[first : first + len(part)])
        shifts.append(first - at)
        at = gap["end_sample"]
    assert max(shifts) - min(shifts) < 0.1 * RATE


@pytest.mark.slow
def test_an_event_is_on_the_pipe_as_soon_as_it_is_known(microphone):
    process = subprocess.Popen(
        [*LIVE, "--device", "pulse", "--jsonl", "-"], env=microphone.env, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(map(json.loads, iter(process.stdout.readline, ""))))
    reader.start()
    try:
        microphone.play(a_heart(6))  # too little for a pipe that is written to when a buffer is full
        until(lambda: sum(line["type"] == "sound" for line in lines) >= 3)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(20)
        reader.join(20)
        assert not reader.is_alive(), "the pipe of a process that has ended is not closed"
