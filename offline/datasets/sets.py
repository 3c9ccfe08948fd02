"""The published sets by name, recognised by the files in their folders."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cinc2016 import read_cinc2016
from .circor import read_circor
from .pascal import PASCAL_TABLE, read_pascal
from .recording import DataError, Recording, Skipped, data_root, has_audio


@dataclass(frozen=True)
class PublicSet:
    """A published set: its name, the files that tell it from others, its reader, and whether it names its persons."""

    name: str
    sign: str
    read: Callable[[Path, Skipped | None], Iterator[Recording]]
    names_persons: bool


PUBLIC_SETS = (
    PublicSet("PASCAL set A", PASCAL_TABLE, read_pascal, False),
    PublicSet("CinC 2016", "*_StateAns.mat", read_cinc2016, False),
    PublicSet("CirCor DigiScope", "*.tsv", read_circor, True),
)


def public_set(folder: Path) -> PublicSet:
    """Which supported set a folder is. Raises DataError."""
    if not folder.is_dir():
        raise DataError(f"{folder}: {'is a file; name the folder it is in' if folder.exists() else 'no such folder'}")
    if kind := _kind_of(folder):
        return kind
    raise DataError(
        f"{folder}: neither CirCor (NAME.tsv), CinC 2016 (NAME_StateAns.mat) nor PASCAL set A "
        "(Atraining_normal_seg.csv)"
    )


def _kind_of(folder: Path) -> PublicSet | None:
    """Which supported set lies directly in a folder."""
    return next((kind for kind in PUBLIC_SETS if next(folder.glob(kind.sign), None)), None)


def read_set(folder: Path) -> list[Recording]:
    """The annotated recordings of a folder, whichever supported set it is.

    These are CirCor DigiScope (Oliveira et al., IEEE JBHI 26(6), 2022), CinC 2016 (Liu et al., Physiol. Meas. 37(12),
    2016) and PASCAL set A (Bentley et al., 2011).

    Parameters
    ----------
    folder
        Where the sound files and their annotations are.

    Raises
    ------
    DataError
        Where the folder is no such set, or a file of it cannot be read.

    Examples
    --------
    >>> read_set(Path("absent"))
    Traceback (most recent call last):
    heartseg.offline.datasets.recording.DataError: absent: no such folder
    """
    return list(public_set(folder).read(folder, None))


def read_sets(folder: Path) -> list[Recording]:
    """The annotated recordings of a folder and of all folders in it. Raises DataError where there is no supported set.

    A folder in it counts where it has recordings beside its annotations: it may hold results instead.
    """
    below = sorted(path for path in folder.rglob("*") if path.is_dir())
    sets = [path for path in below if (kind := _kind_of(path)) and (kind.sign == PASCAL_TABLE or has_audio(path))]
    if not sets or _kind_of(folder):
        sets.insert(0, folder)
    return [recording for path in sets for recording in read_set(path)]


def find_sets(root: Path) -> list[Path]:
    """The supported sets among a folder, those in it and those in these. Raises DataError where there is none."""
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; set $HEARTSEG_DATA to the folder of public sets, or name a set")
    folders = [root, *sorted(root.glob("*/")), *sorted(root.glob("*/*/"))]
    sets = [folder for folder in folders if _kind_of(folder)]
    if not sets:
        raise DataError(f"{root}: holds no supported set; set $HEARTSEG_DATA to the folder of them, or name a set")
    return sorted(sets)


def set_names(folders: Sequence[Path]) -> list[str]:
    """What to call each set: its place in `data_root`, elsewhere the last two parts of its path, or all of it."""
    root = data_root()
    names = [str(f.relative_to(root)) if root in f.parents else str(Path(*f.parts[-2:])) for f in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]
