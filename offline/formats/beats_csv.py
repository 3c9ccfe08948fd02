"""A table of beats as CSV: a row for each cardiac cycle."""

import csv
import io
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import one_line
from ..beats import Beat, beats
from ..datasets.recording import DataError
from .rows import Row

if TYPE_CHECKING:
    from ..segmentation import Findings

_COLUMNS = [field.name for field in fields(Beat)]


def write_csv(findings: "Findings") -> bytes:
    """A row for each beat under the names of its fields (seconds, six decimals), empty where a sound is missing."""
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    table.writeheader()
    for beat in beats(findings.sounds, findings.gaps):
        table.writerow({name: "" if value is None else f"{value:.6f}" for name, value in asdict(beat).items()})
    return text.getvalue().encode()


def read_csv(path: Path) -> list[Row]:
    """The sounds of a table of beats: each onset with its length. Raises DataError.

    A beat's confidence is of both its sounds together, so that none is given to either.
    """
    rows = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = csv.DictReader(file)
            needed = {"s1_onset_s", "s1_s", "s2_onset_s", "s2_s"}
            if missing := needed - set(table.fieldnames or ()):
                raise DataError(f"{path}: not a table of beats; it has no column {', '.join(sorted(missing))}")
            for line in table:
                for kind in ("S1", "S2"):
                    onset, length = line[f"{kind.lower()}_onset_s"], line[f"{kind.lower()}_s"]
                    if onset:
                        rows.append(Row(kind, float(onset), float(onset) + float(length)))
    except (ValueError, TypeError, csv.Error) as error:
        raise DataError(f"{path}, line {table.line_num}: not a row of beats ({one_line(error)})") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    return rows
