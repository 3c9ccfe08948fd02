"""Heart sounds judged by the R-peaks of an ECG, a truth that no segmenter and no annotator made.

An S1 follows each R-peak. The share of R-peaks with an S1 from 80 ms before to 200 ms after them is a sensitivity, the
share with an S2 there counts sounds taken for the other kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..console import require
from ..datasets.recording import LATEST_S, DataError, text_of
from ..scoring import KINDS

EARLIEST_S, LATEST_DELAY_S = -0.08, 0.2
"""The centre of an S1 lies within these of its R-peak."""

_TEXT_ENDING = ".rpeaks.txt"
_WFDB_ENDINGS = (".atr", ".qrs", ".ecg")
_WFDB_HEADER = ".hea"


@dataclass(frozen=True)
class EcgFigures:
    """R-peaks, those with an S1 and with an S2 in their window, and delays from R-peak to S1 in seconds: shape (n,)."""

    r_peaks: int
    with_s1: int
    with_s2: int
    delay_s: NDArray[np.float64]

    def __add__(self, other: "EcgFigures") -> "EcgFigures":
        delay_s = np.concatenate([self.delay_s, other.delay_s])
        return EcgFigures(
            self.r_peaks + other.r_peaks, self.with_s1 + other.with_s1, self.with_s2 + other.with_s2, delay_s
        )

    def as_dict(self) -> dict[str, float]:
        """The figures, for JSON. spread_ms: interquartile range of the delay."""
        low, median, high = np.quantile(self.delay_s, (0.25, 0.5, 0.75)) if len(self.delay_s) else (float("nan"),) * 3
        return {
            "r_peaks": self.r_peaks,
            "s1_share": self.with_s1 / self.r_peaks if self.r_peaks else float("nan"),
            "s2_share": self.with_s2 / self.r_peaks if self.r_peaks else float("nan"),
            "median_delay_ms": float(median) * 1000,
            "spread_ms": float(high - low) * 1000,
        }


NO_FIGURES = EcgFigures(0, 0, 0, np.zeros(0))


def judge(
    r_peaks_s: NDArray[np.float64],
    sounds: Mapping[str, NDArray[np.float64]],
    spans: NDArray[np.float64] | None = None,
) -> EcgFigures:
    """Judge one recording's sounds.

    r_peaks_s: shape (n,), seconds. sounds: per kind, start and end in seconds, shape (m, 2). spans: annotated time,
    shape (k, 2); R-peaks whose window is not within one are ignored. None: all count.
    """
    first, last = r_peaks_s + EARLIEST_S, r_peaks_s + LATEST_DELAY_S
    if spans is not None:
        annotated = (first[:, None] >= spans[:, 0]) & (last[:, None] <= spans[:, 1])
        r_peaks_s = r_peaks_s[annotated.any(axis=1)]
    delays = {}
    for kind in KINDS:
        delay = sounds[kind].mean(axis=1)[None, :] - r_peaks_s[:, None]
        delay = np.where((delay >= EARLIEST_S) & (delay <= LATEST_DELAY_S), delay, np.nan)
        present = delay[np.isfinite(delay).any(axis=1)] if delay.size else np.zeros((0, 1))
        delays[kind] = np.nanmin(present, axis=1) if len(present) else np.zeros(0)
    return EcgFigures(len(r_peaks_s), len(delays["S1"]), len(delays["S2"]), delays["S1"])


def read_r_peaks(path: Path) -> dict[str, NDArray[np.float64]]:
    """R-peaks in seconds by the recording's name, shapes (n,). Raises DataError and MissingExtra.

    path: a table with a row for each recording, its name, a tab and times separated by spaces; or a folder of
    `NAME.rpeaks.txt`, a time on each line, of WFDB annotations, or of WFDB records with an ECG, whose R-peaks are
    detected.
    """
    if not path.is_dir():
        rows = [line.split("\t") for line in text_of(path).splitlines() if line.strip()]
        if not rows or any(len(row) < 2 for row in rows):
            raise DataError(f"{path}: expected rows of a recording's name, a tab and the times of its R-peaks")
        return {row[0]: _times(path, row[1]) for row in rows if row[0] != "recording"}
    r_peaks = {
        file.name.removesuffix(_TEXT_ENDING): _times(file, text_of(file))
        for file in sorted(path.glob(f"*{_TEXT_ENDING}"))
    }
    for file in sorted(file for file in path.iterdir() if file.suffix in _WFDB_ENDINGS):
        require("a WFDB annotation", "wfdb", "wfdb")
        from ..formats.wfdb import read_beats

        r_peaks.setdefault(file.stem, read_beats(file))
    for file in sorted(path.glob(f"*{_WFDB_HEADER}")):
        require("a WFDB record", "wfdb", "wfdb")
        from ..formats.wfdb import detect_r_peaks

        if file.stem not in r_peaks and (peaks := detect_r_peaks(file)) is not None:
            r_peaks[file.stem] = peaks
    if not r_peaks:
        raise DataError(
            f"{path}: holds no R-peaks (NAME{_TEXT_ENDING}, NAME{', NAME'.join(_WFDB_ENDINGS)}, or records with an ECG)"
        )
    return r_peaks


def _times(path: Path, text: str) -> NDArray[np.float64]:
    try:
        times = np.array(sorted(map(float, text.split())), np.float64)
    except ValueError as error:
        raise DataError(f"{path}: the R-peaks should be seconds ({error})") from None
    if not (np.abs(times) <= LATEST_S).all():
        raise DataError(f"{path}: the R-peaks should be seconds")
    return times


def ecg_table(figures: Mapping[str, EcgFigures]) -> str:
    """A row for each source of sounds."""
    lines = ["R-peaks  S1 there %  S2 there %  delay ms  spread ms  sounds of"]
    for name, f in figures.items():
        row = f.as_dict()
        lines.append(
            f"{f.r_peaks:7d}{row['s1_share'] * 100:12.2f}{row['s2_share'] * 100:12.2f}{row['median_delay_ms']:+10.0f}"
            f"{row['spread_ms']:11.0f}  {name}"
        )
    return "\n".join(lines)
