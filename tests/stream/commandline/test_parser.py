"""Wrong words get the nearest right one, and a shell can complete words."""

import os
import subprocess
import sys

import pytest

from heartseg import cli
from heartseg.stream.cli import parser as live


@pytest.mark.parametrize(
    ("words", "says"),
    [("segmnt", "there is no 'segmnt'; did you mean segment?"), ("frob", "choose from live, segment, "),
     ("--verison", "--verison; did you mean --version?"),
     ("plot --refrence x", "--refrence; did you mean --reference?"),
     ("segment x --out y --format cvs", "did you mean csv?"),
     ("fetch crcor", "there is no 'crcor'; did you mean circor?"),
     ("data x -z", "unrecognized arguments: -z")],
)  # fmt: skip
def test_the_nearest_word(words, says, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(words.split())
    (line,) = capsys.readouterr().err.splitlines()
    assert stop.value.code == 2 and says in line and line.startswith("heartseg")


def test_short_options():
    args = live().parse_args(["-d", "steth", "-l", "200", "-q"])
    assert (args.device, args.lag, args.quiet) == ("steth", 200, True)
    args = cli.parser().parse_args(["segment", "a.wav", "-o", "events", "-l", "live", "-q"])
    assert args.out.name == "events" and args.quiet and round(args.lag.bound_ms) == 390


@pytest.mark.parametrize(
    ("line", "words"),
    [("heartseg rep", ["report"]), ("heartseg live --sens", ["--sensitivity"]),
     ("heartseg segment a.wav --format ", ["jsonl", "tsv", "audacity", "csv", "wfdb"])],
)  # fmt: skip
def test_completion(line, words):
    pytest.importorskip("argcomplete", reason="the extra 'completion' brings argcomplete")
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    result = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m heartseg 8>&1 9>/dev/null 1>/dev/null"],
        env={**os.environ, **asked}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert [word.strip() for word in result.stdout.split("\n") if word] == words


def test_two_names_of_one_file_are_one_file(tmp_path, capsys):
    recording, other = tmp_path / "heart.wav", tmp_path / "HEART.wav"
    recording.write_bytes(b"sound")
    other.hardlink_to(recording)  # as where a disk knows no capitals
    with pytest.raises(SystemExit):
        cli.main(["live", "--replay", str(recording), "--record", str(other), "--force"])
    assert "different files" in capsys.readouterr().err and recording.read_bytes() == b"sound"
