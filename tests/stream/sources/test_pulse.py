"""What is made of the words of the sound server, by a `pactl` of our own."""

import os
import threading

import pytest
from waiting import until

from heartseg.stream.sources import pulse


@pytest.fixture
def pactl(tmp_path, monkeypatch):
    """Has `pactl` print a text and then wait as `pactl subscribe` does; returns the file of its number."""

    def make(text):
        (tmp_path / "text").write_text(text)
        program = tmp_path / "bin/pactl"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/number\ncat {tmp_path}/text\nexec sleep 60\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return tmp_path / "number"

    return make


def test_changes_of_sources_are_told_and_no_others(pactl):
    others = "Event 'new' on client #7\nEvent 'change' on source-output #3\nEvent 'remove' on sink #1\n"
    number = pactl(f"{others}Event 'remove' on source #2\nEvent 'new' on source #4\n{others}")
    told = []
    before = threading.active_count()
    with pulse.tells_changes(lambda: told.append(1)):
        until(lambda: len(told) == 2)
        assert threading.active_count() == before + 1
    assert len(told) == 2 and threading.active_count() == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_without_pactl_nothing_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pulse.tells_changes(lambda: pytest.fail("told")):
        pass
