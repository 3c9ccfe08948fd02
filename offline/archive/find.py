"""Finding the recordings of an archive: files, folders and globs, each with the name of its result."""

import glob
import os
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...stream.sources.ffmpeg import FFMPEG_ENDINGS, has_ffmpeg
from ..formats.results import SUMMARY

SOUND_ENDINGS = {
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
    ".rf64",
}  # fmt: skip
"""Endings that count as recordings in folders and globs, beside those for ffmpeg. A file named as such may have any."""


@dataclass(frozen=True)
class Item:
    """A recording, and the name of its result below the output folder, without ending."""

    file: Path
    name: Path

    @property
    def place(self) -> Path:
        """Path of the recording below its archive."""
        return self.name.with_name(self.file.name)


@dataclass
class Found:
    """The recordings, a message for each argument without any, and files passed over as ffmpeg is not installed."""

    items: list[Item] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)

    def without_ffmpeg(self) -> str:
        """A line that counts what was passed over, and says what to do; empty where nothing was."""
        if not self.passed_over:
            return ""
        counts = Counter(file.suffix.lower() for file in self.passed_over)
        first = self.passed_over[0]
        return (
            f"{len(self.passed_over)} passed over ({', '.join(f'{n} {ending}' for ending, n in counts.items())}): "
            "install ffmpeg, or convert each elsewhere, as in "
            + shlex.join(["ffmpeg", "-i", str(first), str(first.with_suffix(".wav"))])
        )


def find_recordings(arguments: Sequence[Path]) -> Found:
    """The recordings that the arguments name, each once.

    A file's result has the file's name, with its ending where two would have one name (`a.wav.jsonl`, `a.flac.jsonl`),
    or that of the summary.
    Folders are searched with all sub-folders, and globs (also `**`) expanded. Their results keep the sub-folders below
    the folder, or below the part of the glob without a wildcard. Hidden files and folders are skipped.
    """
    items: dict[tuple[str, Path], Item] = {}
    found = Found()
    for path in arguments:
        if path.is_dir():
            root, files = path, _recordings(path, _search(path, found.failures), found)
        elif is_pattern(path):
            matches = [Path(match) for match in glob.glob(str(path), recursive=True)]
            root, files = _fixed(path), _recordings(path, matches, found)
        else:
            root, files = path.parent, [path]
        for file in files:
            item = Item(file, file.relative_to(root).with_suffix(""))
            items.setdefault((os.path.abspath(file), item.name), item)
    found.items = _told_apart(list(items.values()))
    found.passed_over = list({os.path.abspath(file): file for file in found.passed_over}.values())
    return found


def is_pattern(path: Path) -> bool:
    """Whether it is a glob, and no file's name with a wildcard in it."""
    return glob.has_magic(str(path)) and not path.exists()


def _recordings(argument: Path, files: Sequence[Path], found: Found) -> list[Path]:
    recordings = sorted(f for f in files if f.suffix.lower() in SOUND_ENDINGS | FFMPEG_ENDINGS and not f.is_dir())
    if not has_ffmpeg():
        found.passed_over += [file for file in recordings if file.suffix.lower() in FFMPEG_ENDINGS]
        recordings = [file for file in recordings if file.suffix.lower() in SOUND_ENDINGS]
    if not recordings:
        found.failures.append(f"{argument}: no recording there (.wav, .flac, .ogg, .mp3, .aiff and other sound files)")
    return recordings


def _told_apart(items: list[Item]) -> list[Item]:
    counts, summary = Counter(map(_folded, items)), Path(SUMMARY).stem
    return [replace(i, name=i.place) if counts[_folded(i)] > 1 or i.name.name == summary else i for i in items]


def _folded(item: Item) -> str:
    """Its name as file systems see it that know no capitals."""
    return str(item.name).casefold()


def _search(folder: Path, failures: list[str]) -> list[Path]:
    def refused(error: OSError) -> None:
        failures.append(f"{error.filename}: cannot be searched ({error.strerror})")

    paths: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(parent, name) for name in names if not name.startswith(".")]
    return paths


def _fixed(pattern: Path) -> Path:
    """The folder above the first part with a wildcard."""
    parts = pattern.parts
    return Path(*parts[: next(i for i, part in enumerate(parts) if glob.has_magic(part))])


def same_names(items: Sequence[Item]) -> list[tuple[Path, Path]]:
    """Pairs of recordings whose results would have one name."""
    first: dict[Path, Path] = {}
    pairs = []
    for item in items:
        if first.setdefault(item.name, item.file) is not item.file:
            pairs.append((first[item.name], item.file))
    return pairs
