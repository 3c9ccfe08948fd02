"""Finding the recordings of an archive: files, folders and globs, each with the name of its result."""

import glob
import itertools
import os
import shlex
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...stream.sources.ffmpeg import FFMPEG_ENDINGS, has_ffmpeg
from ..console import UsageError
from ..formats.results import SUMMARY
from .places import State, absolute, is_remote, label, place_of
from .remote import files_below

SOUND_ENDINGS = {
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
    ".rf64",
}  # fmt: skip
"""Endings that count as recordings in folders and globs, beside those for ffmpeg. A file named as such may have any."""

_CLASHES_SHOWN = 5


@dataclass(frozen=True)
class Item:
    """A recording, and the name of its result below the output folder, without ending.

    state: of the recording when it was listed; None where that does not matter.
    """

    file: Path
    name: Path
    state: State | None = None

    @property
    def place(self) -> Path:
        """Path of the recording below its archive."""
        return self.name.with_name(os.path.basename(label(self.file)))


@dataclass
class Found:
    """The recordings, a message for each argument without any, and files passed over as ffmpeg is not installed."""

    items: list[Item] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    passed_over: dict[str, Path] = field(default_factory=dict)

    def without_ffmpeg(self) -> str:
        """A line that counts what was passed over, and says what to do; empty where nothing was."""
        if not self.passed_over:
            return ""
        files = sorted(self.passed_over.values())
        counts = Counter(file.suffix.lower() for file in files)
        first = files[0]
        return (
            f"{len(self.passed_over)} passed over ({', '.join(f'{n} {ending}' for ending, n in counts.items())}): "
            "install ffmpeg, or convert each elsewhere, as in "
            + shlex.join(["ffmpeg", "-i", str(first), str(first.with_suffix(".wav"))])
        )


def find_recordings(arguments: Sequence[Path]) -> Found:
    """The recordings that the arguments name, each once, sorted by the names of their results.

    A file's result has the file's name, with its ending where two would have one name (`a.wav.jsonl`, `a.flac.jsonl`),
    or that of the summary.
    Folders are searched with all sub-folders, and globs (also `**`) expanded. Their results keep the sub-folders below
    the folder, or below the part of the glob without a wildcard. Hidden files and folders are skipped.
    """
    found = Found()
    found.items = [replace(item, state=None) for item in in_order(search(arguments, found))]
    return found


def search(arguments: Sequence[Path], found: Found) -> Iterator[Item]:
    """The recordings that the arguments name, as they come; some may come twice. `found` notes what goes wrong."""
    ffmpeg_there = has_ffmpeg()
    items: Iterable[Item]
    for path in arguments:
        if is_remote(path):
            items = (_item(file, root, state) for file, root, state in files_below(path, found.failures))
        elif path.is_dir():
            items = (_item(file, path) for file in _search(path, found.failures))
        elif is_pattern(path):
            items = map(_item, map(Path, glob.iglob(str(path), recursive=True)), itertools.repeat(_fixed(path)))
        else:
            yield _item(path, path.parent)
            continue
        empty, failures = True, len(found.failures)
        for item in items:
            ending = item.place.suffix.lower()
            if item.file == path:  # named as such
                empty = False
                yield item
            elif ending in FFMPEG_ENDINGS and not ffmpeg_there and _is_file(item):
                found.passed_over.setdefault(absolute(item.file), item.file)
            elif ending in SOUND_ENDINGS | FFMPEG_ENDINGS and _is_file(item):
                empty = False
                yield item
        if empty and len(found.failures) == failures:
            found.failures.append(f"{path}: no recording there (.wav, .flac, .ogg, .mp3, .aiff and other sound files)")


def _item(file: Path, root: Path, state: State | None = None) -> Item:
    name = Path(label(file)[len(label(root)) :].strip("/") if is_remote(file) else file.relative_to(root))
    return Item(file, name.with_suffix(""), state)


def _is_file(item: Item) -> bool:
    return is_remote(item.file) or not item.file.is_dir()


def in_order(items: Iterable[Item]) -> Iterator[Item]:
    """Each recording once, sorted by the name of its result; names that would be alike get the recording's ending.

    SQLite keeps the list in a temporary file, so that memory does not grow with the archive.
    """
    with closing(sqlite3.connect("")) as base:  # "": a file that is deleted when it is closed
        base.execute(
            "CREATE TABLE items (folded, stem, file_name, path, file, size, stamp, UNIQUE (stem, file_name, path))"
        )
        base.executemany("INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", map(_columns, items))
        rows = base.execute(
            "SELECT stem, file, size, stamp, COUNT(*) OVER (PARTITION BY folded) FROM items "
            "ORDER BY stem, file_name, path"
        )
        for stem, file, size, stamp, alike in rows:
            item = Item(
                place_of(os.fsdecode(file)), Path(os.fsdecode(stem)), None if size is None else State(size, stamp)
            )
            needs_ending = alike > 1 or item.name.name == Path(SUMMARY).stem
            yield replace(item, name=item.place) if needs_ending else item


def _columns(item: Item) -> tuple[bytes, bytes, bytes, bytes, bytes, int | None, str | None]:
    """As bytes, since names need not be text. The first is the name as file systems see it that know no capitals."""
    size, stamp = (item.state.size, item.state.stamp) if item.state else (None, None)
    path, file = os.fsencode(absolute(item.file)), os.fsencode(str(item.file))
    folded = os.fsencode(str(item.name).casefold())
    return folded, os.fsencode(item.name), os.fsencode(item.file.name), path, file, size, stamp


def is_pattern(path: Path) -> bool:
    """Whether it is a glob, and no file's name with a wildcard in it."""
    return glob.has_magic(str(path)) and not path.exists()


def _search(folder: Path, failures: list[str]) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        failures.append(f"{error.filename}: cannot be searched ({error.strerror})")

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _fixed(pattern: Path) -> Path:
    """The folder above the first part with a wildcard."""
    parts = pattern.parts
    return Path(*parts[: next(i for i, part in enumerate(parts) if glob.has_magic(part))])


def same_names(items: Iterable[Item]) -> list[tuple[Path, Path]]:
    """Pairs of recordings whose results would have one name."""
    first: dict[Path, Path] = {}
    pairs = []
    for item in items:
        if first.setdefault(item.name, item.file) is not item.file:
            pairs.append((first[item.name], item.file))
    return pairs


def refuse_same_names(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Raises UsageError where there are pairs of recordings with one name."""
    if not pairs:
        return
    shown = "; ".join(f"{a} and {b}" for a, b in pairs[:_CLASHES_SHOWN])
    more = f"; and {len(pairs) - _CLASHES_SHOWN} more pairs" if len(pairs) > _CLASHES_SHOWN else ""
    raise UsageError(
        f"these recordings would have results of one name: {shown}{more}; "
        "name the folder above them, whose sub-folders the results keep"
    )
