"""The ring under writers and readers of every speed, and under every order of their steps."""

import os
import random
import sys
import threading
import time

import numpy as np
import pytest

from heartseg.stream.sources import ring as ring_module
from heartseg.stream.sources.ring import Missing, RingBuffer

SECONDS = float(os.environ.get("HEARTSEG_STRESS_S", "4"))  # a minute, and more, when somebody has the time


def ramp(first, length):
    """Samples that tell their place: exact in float32."""
    return (np.arange(first, first + length) % 2**20).astype(np.float32)


def check(part, position):
    """What was read belongs here; the position after it."""
    if part is None:
        return position
    if isinstance(part, Missing):
        assert part.length > 0
        return position + part.length
    np.testing.assert_array_equal(part, ramp(position, len(part)))
    return position + len(part)


@pytest.fixture
def hasty_switching():
    """Threads that take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("capacity", [64, 5_000, 441_000])
def test_a_writer_and_a_reader_at_random_speeds(hasty_switching, capacity):
    ring, sent = RingBuffer(capacity), 0
    until = time.monotonic() + SECONDS / 3
    failures = []

    def write():
        nonlocal sent
        rng = random.Random(capacity)
        try:
            while time.monotonic() < until:
                length = int(capacity * rng.choice([0, 0.01, 0.1, 0.5, 1, 1.5]) * rng.random())
                for _ in range(rng.randrange(20)):
                    fits = ring.write(ramp(sent, length))
                    assert 0 <= fits <= length
                    sent += length
                if rng.random() < 0.2:
                    ring.lose(lost := rng.randrange(1, 100), "interrupted")
                    sent += lost
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
            part = ring.read(1 + int(capacity * rng.random()))
            position = check(part, position)
            samples += 0 if part is None or isinstance(part, Missing) else len(part)
            gaps += isinstance(part, Missing)
        time.sleep(rng.choice([0, 0, 0.001]))
    writer.join()
    assert not failures
    assert position == sent == ring.written + ring.dropped
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
        threads = [threading.Thread(target=self._run, args=(i,)) for i in range(len(self._functions))]
        for thread in threads:
            thread.start()
        self._mine[0].release()
        for thread in threads:
            thread.join()
        assert not self.failures

    def _run(self, me):
        self._mine[me].acquire()
        # It differs from run to run: some races need many steps of the other in the midst of one.
        chance = self._rng.choice([0.02, 0.1, 0.5])

        def trace(frame, event, _):
            if frame.f_code.co_filename != ring_module.__file__:
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

    def _pass_on(self, me):
        others = [i for i, over in enumerate(self._over) if not over and i != me]
        if not others:
            return
        self._mine[self._rng.choice(others)].release()
        if not self._over[me]:
            self._mine[me].acquire()


def written_and_read(seed):
    """A few writes, losses and reads in the order that the seed brings: what was sent, where the reader came to."""
    rng = random.Random(seed)
    ring, sent, position = RingBuffer(rng.randrange(1, 6)), 0, 0

    def write():
        nonlocal sent
        for _ in range(rng.randrange(1, 12)):
            length = rng.randrange(4)
            if rng.random() < 0.4:
                ring.lose(length + 1, "interrupted")
                sent += length + 1
            else:
                ring.write(ramp(sent, length))
                sent += length
        ring.close()

    def read():
        nonlocal position
        while not ring.finished:
            position = check(ring.read(3), position)

    Turns(seed, write, read).run()
    return sent, position, ring.written + ring.dropped


@pytest.mark.parametrize("slots", [2, 3, 256])
def test_every_order_of_steps(monkeypatch, slots):
    """Few slots for gaps, and a small ring, so that both are full, empty and wrapped all the time."""
    monkeypatch.setattr(ring_module, "_GAPS", slots)
    for seed in range(round(50 * SECONDS)):
        sent, position, counted = written_and_read(seed)
        assert position == sent == counted, f"seed {seed}"
