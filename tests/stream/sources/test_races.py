"""The ring under writers and readers of every speed, and under every order of their steps."""

import os
import random
import sys
import threading
import time

import numpy as np
import pytest

from heartseg.stream.sources import intake as intake_module
from heartseg.stream.sources import ring as ring_module
from heartseg.stream.sources.intake import Intake, Missing
from heartseg.stream.sources.ring import RingBuffer, Signal

SECONDS = float(os.environ.get("HEARTSEG_STRESS_S", "4"))  # a minute, and more, when somebody has the time


def ramp(first, length):
    """Samples that tell their place: exact in float32."""
    return (np.arange(first, first + length) % 2**20).astype(np.float32)


def check(block, position):
    """What was read belongs here; the position after it."""
    if block is None:
        return position
    position += block.lost
    np.testing.assert_array_equal(block.samples[:, 0], ramp(position, len(block.samples)))
    assert block.began is None or block.began == position
    return position + len(block.samples)


@pytest.fixture
def hasty_switching():
    """Threads that take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("stamped", [False, True])
@pytest.mark.parametrize("capacity", [64, 5_000, 441_000])
def test_a_writer_and_a_reader_at_random_speeds(hasty_switching, capacity, stamped):
    ring, sent = RingBuffer(capacity, seconds=1, notes=64), 0
    until = time.monotonic() + SECONDS / 6
    failures = []

    def write():
        nonlocal sent
        rng = random.Random(capacity)
        try:
            sent += 2 * capacity
            assert ring.write(ramp(0, sent), 0.0 if stamped else None) <= capacity  # a loss on any machine
            while time.monotonic() < until or sent < 10 * capacity:
                length = int(capacity * rng.choice([0, 0.01, 0.1, 0.5, 1, 1.5]) * rng.random())
                for _ in range(rng.randrange(20)):
                    fits = ring.write(ramp(sent, length), float(sent) if stamped else None)
                    assert 0 <= fits <= length
                    sent += length
                time.sleep(rng.choice([0, 0, 0.001]))
        except BaseException as error:
            failures.append(error)
        finally:
            ring.close()

    writer = threading.Thread(target=write)
    writer.start()
    rng, position, samples, gaps = random.Random(capacity + 1), 0, 0, 0
    while not ring.finished:
        for _ in range(rng.randrange(1, 50)):
            block = ring.read(1 + int(capacity * rng.random()))
            position = check(block, position)
            samples += 0 if block is None else len(block.samples)
            gaps += block is not None and block.lost > 0
        if rng.random() < 0.3:
            time.sleep(rng.choice([0, 0.001]))
        else:
            ring.data_ready.wait()  # without end
            ring.data_ready.set()
    writer.join()
    assert not failures
    assert position == sent == ring.captured
    assert samples == ring.written > capacity and gaps


class Turns:
    """Runs functions on threads of which one moves at a time, changing over between bytecodes as chance has it.

    The interpreter itself changes over at few places; here each step of the ring is one. The same seed gives the same
    order, so what fails once fails again.
    """

    def __init__(self, seed, *functions):
        self._rng = random.Random(seed)
        self._functions = functions
        self._mine = [threading.Semaphore(0) for _ in functions]
        self._over = [False] * len(functions)
        self.failures = []

    def run(self):
        self._threads = [threading.Thread(target=self._run, args=(i,)) for i in range(len(self._functions))]
        for thread in self._threads:
            thread.start()
        self._mine[0].release()
        for thread in self._threads:
            thread.join()
        assert not self.failures

    def _run(self, me):
        self._mine[me].acquire()
        # It differs from run to run: some races need many steps of the other in the midst of one.
        chance = self._rng.choice([0.02, 0.1, 0.5])

        def trace(frame, event, _):
            if frame.f_code.co_filename not in (ring_module.__file__, intake_module.__file__):
                return None
            frame.f_trace_opcodes = True
            if event == "opcode" and self._rng.random() < chance:
                self._pass_on(me)
            return trace

        sys.settrace(trace)
        try:
            self._functions[me]()
        except BaseException as error:
            self.failures.append(error)
        finally:
            sys.settrace(None)
            self._over[me] = True
            self._pass_on(me)

    def pass_on(self):
        """Let the other thread go on. Fails where there is none: the caller would wait for ever."""
        me = next(i for i, thread in enumerate(self._threads) if thread is threading.current_thread())
        assert not all(over for i, over in enumerate(self._over) if i != me), "a wake-up was lost"
        self._pass_on(me)

    def _pass_on(self, me):
        others = [i for i, over in enumerate(self._over) if not over and i != me]
        if not others:
            return
        self._mine[self._rng.choice(others)].release()
        if not self._over[me]:
            self._mine[me].acquire()


class TurnsLock:
    """In place of a signal's lock: who waits for it lets the others go on."""

    def __init__(self, turns):
        self._turns, self._locked = turns, True

    def locked(self):
        return self._locked

    def release(self):
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False

    def acquire(self, timeout):
        assert timeout == -1
        while self._locked:
            self._turns.pass_on()
        self._locked = True
        return True


def signal_of(turns):
    """A signal whose `wait` is a turn of the others."""
    signal = Signal()
    signal._lock = TurnsLock(turns)
    return signal


def written_and_read(seed, notes):
    """A few writes and reads in the order that the seed brings: sent, where the reader came to, counted."""
    rng = random.Random(seed)
    ring, sent, position = RingBuffer(rng.randrange(1, 6), seconds=1, notes=notes), 0, 0
    stamped = rng.random() < 0.5

    def write():
        nonlocal sent
        for _ in range(rng.randrange(1, 12)):
            length = rng.randrange(6)
            ring.write(ramp(sent, length), float(sent) if stamped else None)
            sent += length
        ring.close()

    def read():
        nonlocal position
        while not ring.finished:
            block = ring.read(3)
            position = check(block, position)
            if block is None and not ring.finished:
                ring.data_ready.wait()

    turns = Turns(seed, write, read)
    ring.data_ready = signal_of(turns)
    turns.run()
    return sent, position, ring.captured


@pytest.mark.parametrize("notes", [1, 2, 256])
def test_every_order_of_steps(notes):
    """Few notes, and a small ring, so that both are full, empty and wrapped all the time. No wake-up is lost."""
    for seed in range(round(50 * SECONDS)):
        sent, position, counted = written_and_read(seed, notes)
        assert position == sent == counted, f"seed {seed}"


def test_a_writer_that_waits_for_room_in_every_order_of_steps():
    """As a replay does it: nothing is dropped, and neither side sleeps for ever."""
    for seed in range(round(50 * SECONDS)):
        rng = random.Random(seed)
        ring, position = RingBuffer(rng.randrange(1, 6), seconds=1), 0

        def write(ring=ring):
            sent = 0
            while sent < 12:
                fits = min(12 - sent, ring.room)
                if fits:
                    ring.write(ramp(sent, fits))
                    sent += fits
                else:
                    ring.room_made.wait()
            ring.close()

        def read(ring=ring):
            nonlocal position
            while not ring.finished:
                block = ring.read(3)
                position = check(block, position)
                if block is None and not ring.finished:
                    ring.data_ready.wait()

        turns = Turns(seed, write, read)
        ring.data_ready, ring.room_made = signal_of(turns), signal_of(turns)
        turns.run()
        assert position == 12 and not ring.dropped, f"seed {seed}"


def test_rings_that_follow_each_other_in_every_order_of_steps():
    """As a device does that comes and goes: all is read or missing, and counted at every moment."""
    for seed in range(round(50 * SECONDS)):
        rng = random.Random(seed)
        intake, sent, position = Intake(), 0, 0

        def write(intake=intake, rng=rng):
            nonlocal sent
            for _ in range(rng.randrange(1, 4)):
                ring = RingBuffer(rng.randrange(1, 6), seconds=1)
                ring.rate = intake_module.STREAM_RATE  # no conversion
                if rng.random() < 0.5:
                    intake.add(ring)
                    first = 0
                else:
                    first = rng.randrange(3)  # frames that are there before it is added
                    ring.write(ramp(sent, first))
                    intake.add(ring)
                for length in (rng.randrange(4) for _ in range(rng.randrange(4))):
                    ring.write(ramp(sent + first, length))
                    first += length
                sent += first
                if rng.random() < 0.3:
                    break  # the end of all closes it
                ring.close()
            intake.close()

        def read(intake=intake):
            nonlocal position
            while not intake.finished:
                part = intake.read(3)
                assert intake.captured >= intake.taken
                if part is None and not intake.finished:
                    intake.news.wait()
                elif isinstance(part, Missing):
                    position += part.length
                elif part is not None:
                    np.testing.assert_array_equal(part, ramp(position, len(part)))
                    position += len(part)

        turns = Turns(seed, write, read)
        intake.news = signal_of(turns)
        turns.run()
        assert position == sent == intake.captured == intake.taken, f"seed {seed}"
