"""The manifest of an output folder: which results were made of which recordings, with which settings."""

import json
from pathlib import Path
from typing import Any

from ...stream.sources.base import SourceError
from .places import State, state_of
from .summary import COLUMNS, SYSTOLE_COLUMNS, Row

NAME = ".heartseg-done"

Entry = dict[str, Any]


class Manifest:
    """Lines of JSON for each result: its name before it is first written, all of it after. The last line wins.

    A result is up to date if it exists, and its line has the same settings and recording (path, size, modification
    time). Results edited by hand are kept. The line also has the recording's row of the summary.
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
                self._keep(json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError):  # torn: its result is made again
                continue

    def entry(self, target: Path, file: Path) -> Entry:
        """The line for `target` made of `file` in its present state."""
        try:
            state = state_of(file)
        except SourceError:  # reading it fails later, and no line is added
            state = State(-1, "")
        return {
            "result": target.relative_to(self._folder).as_posix(),
            "recording": str(file.resolve()),
            "size": state.size,
            "stamp": state.stamp,
            "settings": self._settings,
        }

    def made(self, target: Path, file: Path) -> Row | None:
        """The row of the recording, if the result exists and was made of it with these settings."""
        entry = self.entry(target, file)
        line = self._entries.get(entry["result"], {})
        row = _row(line)
        return row if row and line == {**entry, "row": row} and target.is_file() else None

    def rows(self) -> list[Row]:
        """The row of each recording whose result exists: the newest where it has several."""
        rows = {}
        for result, line in self._entries.items():
            if (row := _row(line)) and (self._folder / result).is_file():
                rows[row["file"]] = row
        return list(rows.values())

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
        self._keep(entry)

    def _keep(self, entry: Entry) -> None:
        result = str(entry["result"])
        self._entries.pop(result, None)  # the newest comes last
        self._entries[result] = entry


def _row(line: Entry) -> Row | None:
    """The row of a line, None where it is not a whole one."""
    row = line.get("row")
    return row if isinstance(row, dict) and tuple(row) in (COLUMNS, COLUMNS + SYSTOLE_COLUMNS) else None
