"""The screen waits for news, for a key, or for its time, and for nothing else."""

import os
import threading
import time

from heartseg.stream.display.wake import Wake


def test_news_that_came_before_or_comes_meanwhile_ends_the_wait():
    with Wake() as wake:
        for _ in range(3):
            wake.set()
        assert wake.wait(60, []) and not wake.wait(0, [])
        threading.Timer(0.05, wake.set).start()
        began = time.monotonic()
        assert wake.wait(60, [])
        assert time.monotonic() - began < 50


def test_a_key_ends_the_wait_and_is_no_news():
    reading, writing = os.pipe()
    with Wake() as wake:
        os.write(writing, b"q")
        assert not wake.wait(60, [reading])
        wake.set()
        assert wake.wait(60, [reading])
    os.close(reading)
    os.close(writing)


def test_news_without_end_never_blocks_and_none_is_told_after_the_end():
    with Wake() as wake:
        for _ in range(100_000):  # more than a socket holds
            wake.set()
        while wake.wait(0, []):
            pass
        wake.set()
        assert wake.wait(60, [])
    wake.set()
