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
"""Endings of the recordings that are looked for in folders and by globs; a file that is named may have any."""


@dataclass(frozen=True)
class Item:
    """A recording, and the name of its result below the output folder, without ending."""

    file: Path
    name: Path


def find(named: Sequence[Path]) -> tuple[list[Item], list[str]]:
    """The recordings that are named, each once, and what was named in vain, as messages.

    A file gives a result of its own name. A folder is searched to its depths, a glob (with `**` too) expanded, and
    their results keep the sub-folders below the folder, or below the part of the glob that has no wildcard. Hidden
    files and folders are passed over.
    """
    items: dict[tuple[str, Path], Item] = {}
    vain: list[str] = []
    for path in named:
        if path.is_dir():
            root, found = path, _recordings(path, _search(path, vain), vain)
        elif glob.has_magic(str(path)) and not path.exists():
            matches = [Path(match) for match in glob.glob(str(path), recursive=True)]
            root, found = _fixed(path), _recordings(path, matches, vain)
        else:
            root, found = path.parent, [path]
        for file in found:
            item = Item(file, file.relative_to(root).with_suffix(""))
            items.setdefault((os.path.abspath(file), item.name), item)
    return list(items.values()), vain


def _recordings(named: Path, found: Sequence[Path], vain: list[str]) -> list[Path]:
    recordings = sorted(file for file in found if file.suffix.lower() in SOUND_ENDINGS and not file.is_dir())
    if not recordings:
        vain.append(f"{named}: no recording there (.wav, .flac, .ogg, .mp3, .aiff and other sound files)")
    return recordings


def _search(folder: Path, vain: list[str]) -> list[Path]:
    def refused(error: OSError) -> None:
        vain.append(f"{error.filename}: cannot be searched ({error.strerror})")

    found = []
    for at, folders, files in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(at, name) for name in files if not name.startswith(".")]
    return found


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
