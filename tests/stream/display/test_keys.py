"""Keys from a terminal, which is left as it was."""

import importlib.util
import os
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
termios = pytest.importorskip("termios", reason="needs termios")

import heartseg.stream.display.keys as keys_module  # noqa: E402 (only where there are terminals)
from heartseg.stream.display.keys import Keys  # noqa: E402


def in_a_terminal(body):
    """Run `body(terminal)` in a process whose controlling terminal is a new one; the leader's end, and the process."""
    pid, leader = pty.fork()
    if pid:
        return pid, leader
    try:
        body(0)
        os._exit(0)
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)


def said(leader, wanted, seconds=20):
    deadline, heard = time.monotonic() + seconds, b""
    while wanted not in heard:
        assert time.monotonic() < deadline, heard
        heard += os.read(leader, 1000)
    return heard


def status(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def reading(terminal):
    before = termios.tcgetattr(terminal)
    try:
        with Keys(terminal) as keys:
            os.write(1, b"ready")
            pressed = []
            while "!" not in pressed:
                pressed += keys.read()
                time.sleep(0.01)
            os.write(1, b"pressed <" + ",".join(pressed).encode() + b">")
            raise ValueError
    except ValueError:
        assert termios.tcgetattr(terminal) == before
    os.write(1, b"restored")


def test_keys_are_read_at_once_without_echo_and_the_terminal_is_restored():
    pid, leader = in_a_terminal(reading)
    said(leader, b"ready")
    os.write(leader, b"Q ")
    os.write(leader, b"\x1b[A\x1bOB\x1b[1;5mr\x1b[D\x1bOC+!")  # only the arrows to the sides are keys of ours
    assert b"<q, ,r,left,right,+,!>" in said(leader, b"restored")
    assert status(pid) == 0


def test_without_a_terminal_no_key_is_pressed(tmp_path):
    with open(os.devnull) as nowhere, Keys(nowhere.fileno()) as keys:
        assert keys.read() == []
    with Keys(-1) as keys:
        assert keys.read() == []


def test_windows_has_no_keys_and_needs_no_termios(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "termios", None)
    spec = importlib.util.spec_from_file_location("keys_on_windows", keys_module.__file__)
    windows = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(windows)
    leader, terminal = pty.openpty()
    with windows.Keys(terminal) as keys:
        os.write(leader, b"q\n")
        assert keys.descriptors == [] and keys.read() == []
