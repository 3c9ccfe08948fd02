"""The results in a folder, found by the recordings that they were made of."""

from collections import defaultdict
from pathlib import Path

from ..datasets.recording import DataError
from . import FORMATS

SUMMARY = "summary.csv"
"""The table of all results of a folder. It is no result."""


class Results:
    """The results below a folder, in any format. One file is the result of each recording. Raises DataError."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise DataError(f"{path}: no such file or folder")
        self.path = path
        self.by_place: dict[Path, Path] = {}
        """Each result by its path below the folder, without its ending; of several formats the first."""
        for form in FORMATS.values():
            for file in sorted(path.rglob(f"*{form.ending}")) if path.is_dir() else ():
                if file.is_file() and file.name != SUMMARY and not file.name.startswith("."):
                    self.by_place.setdefault(file.relative_to(path).with_suffix(""), file)
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for place, file in self.by_place.items():
            self._by_name[place.name].append(file)

    def of(self, place: Path, ending: str = "") -> Path | None:
        """The result of a recording: the one at its place, or else the only one of its name. Raises DataError.

        place: path of the recording below the folder of recordings, without its ending. ending: that of the recording,
        which a result's name has where two recordings would have one name.
        """
        if self.path.is_file():
            return self.path
        for own in (place.with_name(place.name + ending), place):
            if own in self.by_place:
                return self.by_place[own]
        for name in (place.name + ending, place.name):
            if len(files := self._by_name.get(name, [])) > 1:
                raise DataError(f"{files[0]} and {files[1]}: either may be the result of {place}; name one folder")
            if files:
                return files[0]
        return None

    def refuse_none(self, missing: int, recordings: int, reference: Path) -> None:
        """Raises DataError where no recording has a result."""
        if missing == recordings:
            raise DataError(f"{self.path}: no result of any of the {recordings} recordings of {reference} is there")
