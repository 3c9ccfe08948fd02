"""Heart sounds judged by the R-peaks of an ECG, a truth that no segmenter and no annotator made.

An S1 follows each R-peak. The share of R-peaks with an S1 from 80 ms before to 200 ms after them is a sensitivity, the
share with an S2 there counts sounds taken for the other kind.

S2 follows after a time that depends on the heart rate: electromechanical systole, from Q to S2, lasts 546 - 2.1 bpm ms,
give or take 14 ms from one adult to the next (Weissler, Harris and Schoenfeld, Circulation 37, 1968, for men; women
have 549 - 2.0 bpm). An S2 far from there is misplaced. R lies some 40 ms after Q, and marks begin before a sound. This
is the same for all, so deviations are taken from their median.
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

_EARLIEST_S2_S, _LATEST_S2_S = 0.12, 0.5
"""The first S2 whose onset lies within these after its R-peak is that of the beat."""

_MISPLACED_S = 0.06
"""Deviation from the usual systole at which an S2 counts as misplaced."""

_TEXT_ENDING = ".rpeaks.txt"
_WFDB_ENDINGS = (".atr", ".qrs", ".ecg")
_WFDB_HEADER = ".hea"


@dataclass(frozen=True)
class EcgFigures:
    """R-peaks, those with an S1 and with an S2 in their window, and times in seconds.

    delay_s: from R-peaks to S1, shape (n,). systole_s: from R-peaks to the onset of S2, less what Weissler expects at
    that heart rate, shape (m,).
    """

    r_peaks: int
    with_s1: int
    with_s2: int
    delay_s: NDArray[np.float64]
    systole_s: NDArray[np.float64]

    def __add__(self, other: "EcgFigures") -> "EcgFigures":
        return EcgFigures(
            self.r_peaks + other.r_peaks,
            self.with_s1 + other.with_s1,
            self.with_s2 + other.with_s2,
            np.concatenate([self.delay_s, other.delay_s]),
            np.concatenate([self.systole_s, other.systole_s]),
        )

    @property
    def misplaced_share(self) -> float:
        """Share of the S2 whose systole is more than 60 ms from what is usual; nan without any."""
        if not len(self.systole_s):
            return float("nan")
        return float(np.mean(np.abs(self.systole_s - np.median(self.systole_s)) > _MISPLACED_S))

    def as_dict(self) -> dict[str, float]:
        """The figures, for JSON. spread_ms: interquartile range of the delay."""
        low, median, high = np.quantile(self.delay_s, (0.25, 0.5, 0.75)) if len(self.delay_s) else (float("nan"),) * 3
        return {
            "r_peaks": self.r_peaks,
            "s1_share": self.with_s1 / self.r_peaks if self.r_peaks else float("nan"),
            "s2_share": self.with_s2 / self.r_peaks if self.r_peaks else float("nan"),
            "median_delay_ms": float(median) * 1000,
            "spread_ms": float(high - low) * 1000,
            "s2_misplaced_share": self.misplaced_share,
        }


NO_FIGURES = EcgFigures(0, 0, 0, np.zeros(0), np.zeros(0))


def judge(
    r_peaks_s: NDArray[np.float64],
    sounds: Mapping[str, NDArray[np.float64]],
    spans: NDArray[np.float64] | None = None,
) -> EcgFigures:
    """Judge one recording's sounds.

    r_peaks_s: shape (n,), seconds. sounds: per kind, start and end in seconds, shape (m, 2). spans: annotated time,
    shape (k, 2); R-peaks whose window, of S1 or of S2, is not within one are ignored. None: all count.
    """
    judged = _annotated(r_peaks_s, spans, LATEST_DELAY_S)
    s1, s2 = (_first(judged, sounds[kind].mean(axis=1), EARLIEST_S, LATEST_DELAY_S) for kind in KINDS)
    s2_onset = _first(_annotated(r_peaks_s, spans, _LATEST_S2_S), sounds["S2"][:, 0], _EARLIEST_S2_S, _LATEST_S2_S)
    cycle_s = np.median(np.diff(r_peaks_s)) if len(r_peaks_s) > 1 else 0.0
    systole = s2_onset - _usual_systole_s(float(cycle_s)) if cycle_s > 0 else np.zeros(0)
    return EcgFigures(len(judged), len(s1), len(s2), s1, systole)


def _annotated(
    r_peaks_s: NDArray[np.float64], spans: NDArray[np.float64] | None, latest_s: float
) -> NDArray[np.float64]:
    """The R-peaks whose window, which ends `latest_s` after them, is within annotated time."""
    if spans is None:
        return r_peaks_s
    first, last = r_peaks_s[:, None] + EARLIEST_S, r_peaks_s[:, None] + latest_s
    return r_peaks_s[((first >= spans[:, 0]) & (last <= spans[:, 1])).any(axis=1)]


def _first(
    r_peaks_s: NDArray[np.float64], times: NDArray[np.float64], earliest_s: float, latest_s: float
) -> NDArray[np.float64]:
    """For the R-peaks with a time in their window, the delay to the first: shape (n,). times: shape (m,)."""
    delay = times[None, :] - r_peaks_s[:, None]
    delay[(delay < earliest_s) | (delay > latest_s)] = np.inf
    first: NDArray[np.float64] = delay.min(axis=1, initial=np.inf)
    return first[np.isfinite(first)]


def _usual_systole_s(cycle_s: float) -> float:
    """From Q to S2 in seconds, by Weissler's regression for men."""
    return 0.546 - 0.0021 * 60 / cycle_s


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
    lines = ["R-peaks  S1 there %  S2 there %  delay ms  spread ms  S2 misplaced %  sounds of"]
    for name, f in figures.items():
        row = f.as_dict()
        lines.append(
            f"{f.r_peaks:7d}{row['s1_share'] * 100:12.2f}{row['s2_share'] * 100:12.2f}{row['median_delay_ms']:+10.0f}"
            f"{row['spread_ms']:11.0f}{row['s2_misplaced_share'] * 100:16.2f}  {name}"
        )
    return "\n".join(lines)
