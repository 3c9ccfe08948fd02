"""What a signal, or the end of the terminal, leaves behind."""

import os
import signal
import termios

import pytest
from pseudo_terminal import drawn, in_a_terminal
from waiting import until


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_restore_the_terminal(tmp_path, number):
    process, leader = in_a_terminal(["--jsonl", "events.jsonl"], tmp_path)
    before = termios.tcgetattr(leader)
    written = drawn(leader)
    until(lambda: b"lub" in written)
    assert termios.tcgetattr(leader) != before
    process.send_signal(number)
    until(lambda: process.poll() is not None)
    assert process.returncode == 0
    until(lambda: b"heard" in written)
    assert written.rindex(b"\x1b[?1049l") > written.rindex(b"\x1b[?1049h")
    assert written.rindex(b"\x1b[?25h") > written.rindex(b"\x1b[?25l")
    assert b'"end"' in (tmp_path / "events.jsonl").read_bytes()


def test_closing_the_terminal_ends_the_run_in_good_order(tmp_path):
    process, leader = in_a_terminal(["--jsonl", "events.jsonl", "--record", "kept.wav"], tmp_path)
    heard = b""
    while b"lub" not in heard:
        heard += os.read(leader, 1 << 16)
    os.close(leader)
    assert process.wait(40) == 0
    assert '"end"' in (tmp_path / "events.jsonl").read_text().splitlines()[-1]
