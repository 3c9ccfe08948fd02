"""The manifest of an output folder: which results were made of which recordings, with which settings."""

import json
from pathlib import Path
from typing import Any

NAME = ".heartseg-done"

Entry = dict[str, Any]


class Manifest:
    """Lines of JSON for each result: its name before it is first written, all of it after. The last line wins.

    A result is up to date if it exists, and its line has the same settings and recording (path, size, modification
    time). Results edited by hand are kept.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._folder, self._settings = folder, settings
        self._path = folder / NAME
        self._entries: dict[str, Entry] = {}
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
                self._entries[entry["result"]] = entry
            except (ValueError, KeyError, TypeError, RecursionError):  # a torn line: its result is made again
                continue

    def entry(self, target: Path, file: Path) -> Entry:
        """The line for `target` made of `file` in its present state."""
        try:
            status = file.stat()
        except OSError:  # reading it fails later, and no line is added
            size, changed = -1, -1
        else:
            size, changed = status.st_size, status.st_mtime_ns
        return {
            "result": target.relative_to(self._folder).as_posix(),
            "recording": str(file.resolve()),
            "size": size,
            "mtime_ns": changed,
            "settings": self._settings,
        }

    def made(self, target: Path, file: Path) -> bool:
        """Whether the result exists and was made of this recording with these settings."""
        entry = self.entry(target, file)
        return self._entries.get(entry["result"]) == entry and target.is_file()

    def foreign(self, target: Path) -> bool:
        """Whether there is a file of this name that no run has made."""
        return target.relative_to(self._folder).as_posix() not in self._entries and target.is_file()

    def claim(self, target: Path) -> None:
        """Note that a file is ours, before it is first written. Raises OSError."""
        result = target.relative_to(self._folder).as_posix()
        if result not in self._entries:
            self.add({"result": result})

    def add(self, entry: Entry) -> None:
        """Add the line of a written result. Raises OSError."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(entry))  # the line break separates it from a torn line
        self._entries[entry["result"]] = entry
