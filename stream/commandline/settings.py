"""The settings file: what `heartseg live` takes where the command does not say it.

Help names the file, so this module itself loads nothing heavy.
"""

import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KEYS = ("device", "lag", "sensitivity")
"""What the file may hold: number or part of the name of a capture device, milliseconds, and a word."""


class SettingsError(Exception):
    """The settings file is wrong. The message says which file, which key, and why."""


def settings_file(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Where the settings are: $HEARTSEG_CONFIG, or `heartseg/config.toml` in the folder that the system has for it."""
    if environ.get("HEARTSEG_CONFIG"):
        return Path(environ["HEARTSEG_CONFIG"])
    home = Path.home()
    if platform == "win32":
        folder = Path(environ.get("APPDATA") or home / "AppData/Roaming")
    elif platform == "darwin":
        folder = home / "Library/Application Support"
    else:
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "heartseg" / "config.toml"


def read_settings() -> dict[str, Any]:
    """The settings by key; none where there is no file. Raises SettingsError."""
    path = settings_file()
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if os.environ.get("HEARTSEG_CONFIG"):
            raise SettingsError(f"{path}: missing; HEARTSEG_CONFIG names it") from None
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise SettingsError(f"{path}: is not a TOML file ({error})") from None
    from ...models.errors import did_you_mean

    for key, value in settings.items():
        if key not in KEYS:
            near = did_you_mean(key, KEYS) or f"; there are {', '.join(KEYS)}"
            raise SettingsError(f"{path}: unknown key {key}{near}")
        if wrong := _wrong(key, value):
            raise SettingsError(f"{path}: {key} = {value!r}: {wrong}")
    return settings


def _wrong(key: str, value: Any) -> str:
    """What is wrong with a value; nothing where it is right."""
    from ..segmenter.lag import Lag
    from ..segmenter.presence import SENSITIVITIES

    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "device":
        is_right = isinstance(value, str) or (is_number and isinstance(value, int))
        return "" if is_right else "expected the number or a part of the name of a device"
    if key == "sensitivity":
        return "" if value in list(SENSITIVITIES) else f"expected one of {', '.join(SENSITIVITIES)}"
    if not is_number:
        return "expected milliseconds"
    try:
        Lag.within(value)
    except ValueError as error:
        return str(error)
    return ""
