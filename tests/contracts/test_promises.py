"""Every command that docs/promises.md names exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from heartseg.offline.cli import main

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"^\| (.+) \| (.+) \|$", (ROOT / "docs/promises.md").read_text(), re.M)
COMMANDS = [re.fullmatch(r"`(.+)`", how)[1] for what, how in ROWS if what != "promise"]
PROGRAMS = ("pytest", "python", "heartseg-offline")


def words(command):
    return [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]


def test_every_promise_has_a_command():
    assert len(COMMANDS) > 20 and all(command.split()[0] in PROGRAMS for command in COMMANDS)


@pytest.mark.slow
def test_every_test_is_collected(tmp_path):
    asked = [words(command)[1:] for command in COMMANDS if command.startswith("pytest ")]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    places = sorted({word for args in asked for word in args if word.startswith("tests/")})
    result = subprocess.run([*command, *places], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    collected = [line.lower() for line in result.stdout.splitlines() if "::" in line]
    for args in asked:
        chosen = args[args.index("-k") + 1].split(" or ") if "-k" in args else [""]
        for place in (word.lower() for word in args if word.startswith("tests/")):
            for part in chosen:
                assert any(id.startswith(place) and part in id.split("::")[1] for id in collected), (args, part)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python ")])
def test_every_program_takes_its_options(command):
    _, file, *args = words(command)
    path = ROOT / file / "__main__.py" if file.endswith("/") else ROOT / file
    assert path.is_file()
    if args:
        said = subprocess.run([sys.executable, path, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert said.returncode == 0
        assert all(f"{option} " in said.stdout for option in args if option.startswith("--")), said.stdout


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("heartseg-offline ")])
def test_every_command_takes_its_options(command, capsys):
    _, name, *args = words(command)
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    said = capsys.readouterr().out
    assert all(f"{option} " in said for option in args if option.startswith("--")), said
