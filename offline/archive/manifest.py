"""What is done already: which results were made of which recordings, and how, in a file beside them."""

import json
from pathlib import Path
from typing import Any

NAME = ".heartseg-done"

Entry = dict[str, Any]


class Manifest:
    """A line of JSON for each result, added once the result is whole; of several for one result the last holds.

    A result is taken as made where it is there and its line tells of the same recording (path, size, time of change)
    and the same settings. What was done to a result since does not matter: corrections by hand are not undone.
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
            except (ValueError, KeyError, TypeError, RecursionError):  # torn: that result will be made again
                continue

    def entry(self, target: Path, file: Path) -> Entry:
        """The line that tells how `target` is made of `file` as it is now."""
        try:
            status = file.stat()
        except OSError:  # it will fail when it is read, and no line be added
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
        """Whether the result is there, and was made of this recording with these settings."""
        entry = self.entry(target, file)
        return self._entries.get(entry["result"]) == entry and target.is_file()

    def ours(self, target: Path) -> bool:
        """Whether a file is a result of some run, whatever its settings."""
        return target.relative_to(self._folder).as_posix() in self._entries

    def add(self, entry: Entry) -> None:
        """Note that a result is there. Raises OSError."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(entry))  # a line that a crash tore stays apart from this one
        self._entries[entry["result"]] = entry
