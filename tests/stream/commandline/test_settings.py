"""The settings file, and what the live command takes from it."""

from pathlib import Path

import pytest

from heartseg.stream import cli
from heartseg.stream.commandline.settings import settings_file


@pytest.fixture
def settings(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    monkeypatch.setenv("HEARTSEG_CONFIG", str(path))
    return path


def parse(*args):
    return cli._parse(cli.parser(), list(args))


def test_each_system_has_its_folder():
    home = Path.home()
    assert settings_file({}, "linux") == home / ".config/heartseg/config.toml"
    assert settings_file({"XDG_CONFIG_HOME": "/x"}, "linux") == Path("/x/heartseg/config.toml")
    assert settings_file({}, "darwin") == home / "Library/Application Support/heartseg/config.toml"
    assert settings_file({"APPDATA": "/r"}, "win32") == Path("/r/heartseg/config.toml")
    assert settings_file({"HEARTSEG_CONFIG": "/a.toml"}, "win32") == Path("/a.toml")


def test_the_command_wins(settings):
    settings.write_text('lag = 200\nsensitivity = "high"\n')
    args = parse("--demo")
    assert (args.lag, args.sensitivity) == (200, "high")
    args = parse("--demo", "--lag", "300", "--sensitivity", "low")
    assert (args.lag, args.sensitivity) == (300, "low")


@pytest.mark.parametrize(
    ("args", "device"),
    [((), "steth"), (("-d",), "steth"), (("-d", "other"), "other"), (("--demo",), None), (("--replay", "x.wav"), None),
     (("--list-devices",), None), (("--explain-latency",), None)],
)  # fmt: skip
def test_the_device_is_the_default_one(settings, args, device):
    settings.write_text('device = "steth"\n')
    assert parse(*args).device == device


@pytest.mark.parametrize(
    ("text", "says"),
    [("lga = 200", "unknown key lga; did you mean lag?"), ("lag = 5", "lag = 5: a lag is 100 to 2000 ms"),
     ("lag = inf", "lag = inf: a lag is 100 to 2000 ms"), ("lag = true", "lag = True: expected milliseconds"),
     ("device = 1.5", "device = 1.5: expected the number"), ("sensitivity = 3", "sensitivity = 3: expected one of"),
     ("sensitivity = []", "sensitivity = []: expected one of"), ("lag = [", "is not a TOML file")],
)  # fmt: skip
def test_what_is_wrong_is_named(settings, capsys, text, says):
    settings.write_text(text)
    with pytest.raises(SystemExit) as stop:
        parse("--demo")
    (line,) = capsys.readouterr().err.splitlines()
    assert stop.value.code == 2 and line.startswith(f"heartseg-live: {settings}: ") and says in line


def test_a_file_that_is_named_must_exist(settings, capsys):
    with pytest.raises(SystemExit):
        parse("--demo")
    assert f"{settings}: missing" in capsys.readouterr().err
