"""A capture device, on a PortAudio that does as the test says: gaps, losses, and what a device does that comes back."""

import threading
import time
import tracemalloc
import types

import numpy as np
import pytest
from waiting import until

from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources import capture, microphone
from heartseg.stream.sources.base import NoSuchSource, SourceError
from heartseg.stream.sources.intake import Intake, Missing
from heartseg.stream.sources.microphone import BUSY, LISTENING, LOST, Microphone, wait_for
from heartseg.stream.sources.portaudio import PortAudio, Unavailable

RATE, BLOCK = 48_000, 480


class PortAudioError(Exception):
    """As sounddevice has it."""


class FakeAudio:
    """PortAudio with one device of 44,100 Hz; `present`, `busy` and the stream's blocks are the test's."""

    PortAudioError = PortAudioError
    _exit_handler = print

    def __init__(self):
        self.names, self.busy, self.scans, self.streams = ["Stethoscope: USB (hw:1,0)"], False, 0, []
        self.opened = []
        self.default = types.SimpleNamespace(device=(0, 0))

    def query_devices(self, index=None):
        entries = [{"name": n, "max_input_channels": 1, "default_samplerate": 44_100.0} for n in self.names]
        return entries if index is None else entries[index]

    def check_input_settings(self, **_):
        if self.busy:
            raise PortAudioError("Device unavailable")

    def InputStream(self, callback, finished_callback, device, **_):
        self.check_input_settings()
        self.opened.append(device)
        stream = types.SimpleNamespace(callback=callback, finished=finished_callback, start=lambda: None,
                                       close=lambda: None)  # fmt: skip
        self.streams.append(stream)
        return stream

    def _terminate(self):
        self.scans += 1

    def _initialize(self):
        pass


@pytest.fixture
def audio(monkeypatch):
    fake = FakeAudio()
    fake.time = 1_000.0
    fake.sound_system = PortAudio(fake)
    monkeypatch.setattr(microphone, "_RETRY_S", 0.01)
    for module in (capture, microphone):
        monkeypatch.setattr(module, "now", lambda: fake.time)
    return fake


def deliver(audio, blocks, overflow=False):
    """So many blocks of ones through the newest stream, 10 ms each by the stream's clock."""
    for n in range(blocks):
        audio.time += 0.01
        times = types.SimpleNamespace(currentTime=audio.time, inputBufferAdcTime=audio.time - 0.01)
        status = types.SimpleNamespace(input_overflow=overflow and n == 0)
        audio.streams[-1].callback(np.ones((441, 1), np.float32), 441, times, status)


def drained(intake):
    """What an intake holds: lengths of samples read in a row, and gaps."""
    found = []
    while (part := intake.read(1 << 30)) is not None:
        if isinstance(part, Missing):
            found.append((part.length, part.reason))
        elif found and isinstance(found[-1], int):
            found[-1] += len(part)
        else:
            found.append(len(part))
    return found


def test_overflow_and_sleep_become_gaps_of_their_true_length(audio):
    intake, mic = Intake(), Microphone(None, audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 100)
    audio.time += 0.25
    deliver(audio, 100, overflow=True)
    audio.time += 3_600
    deliver(audio, 100)
    mic.stop()
    first, overflow, second, sleep, third = drained(intake)
    assert first == second == third == STREAM_RATE and intake.finished
    assert overflow == (pytest.approx(0.25 * STREAM_RATE, abs=2), "overflow")
    assert sleep == (pytest.approx(3_600 * STREAM_RATE, abs=2), "interrupted")
    assert intake.captured == intake.taken == 3 * STREAM_RATE + overflow[0] + sleep[0]


def test_a_worker_that_falls_behind_loses_the_newest_and_knows_how_much(audio):
    intake, mic = Intake(), Microphone(None, audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 1_300)  # the ring holds ten seconds
    assert intake.captured == 13 * STREAM_RATE
    part = intake.read(STREAM_RATE)
    assert len(part) == 441
    deliver(audio, 200)
    mic.stop()
    assert drained(intake) == [10 * STREAM_RATE - 441, (3 * STREAM_RATE, "overflow"), 441, (199 * 441, "overflow")]
    assert intake.finished and intake.captured == intake.taken == 15 * STREAM_RATE


@pytest.mark.parametrize("reading", [True, False])
def test_the_callback_keeps_no_memory(audio, reading):
    """Minutes of callbacks, with a worker and with one that hangs."""
    intake, mic = Intake(), Microphone(None, audio=audio.sound_system)
    mic.start(intake)
    callback, block = audio.streams[-1].callback, np.ones((441, 1), np.float32)
    times, status = types.SimpleNamespace(currentTime=0.0, inputBufferAdcTime=0.0), types.SimpleNamespace()

    def call(count):
        for n in range(count):
            audio.time += 0.01
            status.input_overflow = n % 1_000 == 999
            callback(block, 441, times, status)
            while reading and intake.read(STREAM_RATE) is not None:
                pass

    call(3_000)
    tracemalloc.start()
    call(1_000)
    before = tracemalloc.get_traced_memory()[0]
    call(20_000)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    mic.stop()
    assert after - before < 10_000  # 20,000 blocks are 35 MB
    assert intake.captured >= 24_000 * 441


def test_it_knows_when_a_sample_was_heard(audio):
    intake, mic = Intake(), Microphone(None, audio=audio.sound_system)
    assert mic.when(0) is None
    mic.start(intake)
    deliver(audio, 50)
    assert drained(intake) == [22_050] and not intake.finished
    before = time.monotonic()
    heard = mic.when(4_410)
    assert before - 0.401 < heard < time.monotonic() - 0.399
    mic.stop()


def test_a_device_that_comes_back_elsewhere_is_heard_again(audio):
    intake, mic = Intake(), Microphone("steth", audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 50)
    names, audio.names = audio.names, []
    audio.streams[-1].finished()
    until(lambda: mic.state == LOST and audio.scans)
    audio.busy, audio.names = True, ["Another one", names[0].replace("1,0", "2,0")]
    until(lambda: mic.state == BUSY)
    audio.time += 5.0
    audio.busy = False
    until(lambda: len(audio.streams) == 2)
    deliver(audio, 50)
    until(lambda: mic.state == LISTENING)
    mic.stop()
    assert drained(intake) == [22_050, (5 * STREAM_RATE, "device lost"), 22_050]
    assert mic.failure is None


def test_a_device_still_gone_at_the_end_leaves_a_gap_to_the_end(audio):
    intake, mic = Intake(), Microphone(0, audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 50)
    audio.names = []
    audio.streams[-1].finished()
    until(lambda: mic.state == LOST and audio.scans)
    audio.time += 7.0
    mic.stop()
    assert drained(intake) == [22_050, (7 * STREAM_RATE, "device lost")] and intake.finished


def test_callbacks_that_stop_coming_are_a_loss(audio):
    intake, mic = Intake(), Microphone(None, audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 50)
    until(lambda: len(audio.streams) == 2)
    audio.time += 1.0
    deliver(audio, 50)
    until(lambda: mic.state == LISTENING)
    mic.stop()
    assert drained(intake) == [22_050, (STREAM_RATE, "device lost"), 22_050]


def test_a_sound_system_that_hangs_does_not_keep_the_run_from_ending(audio):
    intake, mic = Intake(), Microphone(None, audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 50)
    answer = threading.Event()
    audio._initialize = lambda: answer.wait(60)
    audio.streams[-1].finished()
    until(lambda: mic.state == LOST and audio.scans)
    mic.stop()
    until(lambda: not drained(intake) and intake.finished)
    assert not answer.is_set()
    answer.set()


def test_a_device_that_another_program_holds(audio):
    audio.busy = True
    with pytest.raises(Unavailable, match="is another program holding it"):
        Microphone(None, audio=audio.sound_system)
    said = []

    def say(text):
        said.append(text)
        audio.busy = False

    assert wait_for(None, say, audio.sound_system).name == audio.names[0]
    assert len(said) == 1 and said[0].endswith("waiting for it") and audio.scans == 1


def test_a_device_that_opens_and_does_not_start_is_waited_for(audio):
    def refuse():
        raise PortAudioError("Device unavailable")

    intake, mic, plain = Intake(), wait_for(None, audio=audio.sound_system), Microphone(None, audio=audio.sound_system)
    for stream in audio.streams:
        stream.start = refuse
    with pytest.raises(Unavailable):
        plain.start(Intake())
    mic.start(intake)
    until(lambda: len(audio.streams) == 3)
    deliver(audio, 50)
    until(lambda: mic.state == LISTENING)
    mic.stop()
    assert drained(intake) == [22_050]


def test_of_two_alike_the_one_that_was_heard_comes_back(audio):
    audio.names = ["USB (hw:1,0)", "USB (hw:2,0)"]
    intake, mic = Intake(), Microphone(1, audio=audio.sound_system)
    mic.start(intake)
    deliver(audio, 50)
    audio.streams[-1].finished()
    until(lambda: len(audio.streams) == 2)
    mic.stop()
    assert audio.opened == [1, 1]


def test_waiting_does_not_mend_an_ambiguous_name(audio):
    audio.names = ["USB one", "USB two"]
    with pytest.raises(NoSuchSource, match=r"0 \(USB one\), 1 \(USB two\); give the number"):
        wait_for("usb", audio=audio.sound_system)
    assert audio.sound_system.find("two")[:2] == (1, "USB two")
    assert audio.sound_system.find(None)[:2] == (0, "USB one")
    audio.names = []
    with pytest.raises(SourceError, match="no capture device was found"):
        audio.sound_system.find("usb")
