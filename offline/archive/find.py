"""Finding the recordings of an archive: files, folders and globs, each with the name of its result."""

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOUND_ENDINGS = {
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
    ".rf64",
}  # fmt: skip
"""Endings that count as recordings in folders and globs. A file named as such may have any."""


@dataclass(frozen=True)
class Item:
    """A recording, and the name of its result below the output folder, without ending."""

    file: Path
    name: Path


def find_recordings(arguments: Sequence[Path]) -> tuple[list[Item], list[str]]:
    """The recordings that the arguments name, each once, and a message for each argument without any.

    A file's result has the file's name. Folders are searched with all sub-folders, and globs (also `**`) expanded.
    Their results keep the sub-folders below the folder, or below the part of the glob without a wildcard. Hidden files
    and folders are skipped.
    """
    items: dict[tuple[str, Path], Item] = {}
    failures: list[str] = []
    for path in arguments:
        if path.is_dir():
            root, files = path, _recordings(path, _search(path, failures), failures)
        elif glob.has_magic(str(path)) and not path.exists():
            matches = [Path(match) for match in glob.glob(str(path), recursive=True)]
            root, files = _fixed(path), _recordings(path, matches, failures)
        else:
            root, files = path.parent, [path]
        for file in files:
            item = Item(file, file.relative_to(root).with_suffix(""))
            items.setdefault((os.path.abspath(file), item.name), item)
    return list(items.values()), failures


def _recordings(arguments: Path, files: Sequence[Path], failures: list[str]) -> list[Path]:
    recordings = sorted(file for file in files if file.suffix.lower() in SOUND_ENDINGS and not file.is_dir())
    if not recordings:
        failures.append(f"{arguments}: no recording there (.wav, .flac, .ogg, .mp3, .aiff and other sound files)")
    return recordings


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
