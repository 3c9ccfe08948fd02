"""The sounds of an annotated recording that can be scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pascal import PASCAL_MARGIN_S
from .recording import Recording

_TOUCHES_S = 0.001  # intervals further apart than this belong to different annotated spans
_RECORD_START_S = 0.02  # a sound that starts before this touches the start of the recording
_CUT_SHARE = 0.7  # an edge sound shorter than this share of the median is cut


@dataclass(frozen=True)
class Reference:
    """Annotated sounds.

    Attributes
    ----------
    sounds
        For each kind, shape (n, 2): start and end in seconds, in the order of the centres.
    spans
        The parts that are annotated: shape (k, 2), seconds.
    cut
        Sounds at the edge of a span, which are not scored: shape (m, 2), seconds.

    Examples
    --------
    >>> s1, s2, none = np.array([[0.0, 0.1]]), np.array([[0.3, 0.4]]), np.zeros((0, 2))
    >>> Reference({"S1": s1, "S2": s2}, spans=np.array([[0.0, 1.0]]), cut=none).sounds["S2"].tolist()
    [[0.3, 0.4]]
    """

    sounds: dict[str, NDArray[np.float64]]
    spans: NDArray[np.float64]
    cut: NDArray[np.float64]


def by_centre(rows: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Intervals in the order of their centres: shape (n, 2)."""
    a = np.asarray(rows, np.float64).reshape(-1, 2)
    return a[np.argsort(a.sum(axis=1), kind="stable")]


def reference_of(recording: Recording) -> Reference:
    """The sounds of an annotated recording that can be scored.

    Parameters
    ----------
    recording
        As `read_set` gives it. `score` says which of its sounds are left out.

    Examples
    --------
    >>> from pathlib import Path
    >>> start_s, state = np.array([0.0, 0.1, 0.3, 0.4]), np.array([2, 3, 4, 1], np.int8)
    >>> recording = Recording("a", Path("a.wav"), "person 1", start_s, np.append(start_s[1:], 0.5), state)
    >>> reference_of(recording).sounds["S2"].tolist()
    [[0.1, 0.3]]
    """
    rows = [
        (float(s), float(e), int(k))
        for s, e, k in zip(recording.start_s, recording.end_s, recording.state, strict=True)
    ]
    if recording.points:
        marks = {kind: by_centre([(s, e) for s, e, k in rows if k == state]) for kind, state in (("S1", 1), ("S2", 3))}
        times = [s for s, _, _ in rows]
        marked = [[min(times) - PASCAL_MARGIN_S, max(times) + PASCAL_MARGIN_S]] if times else []
        return Reference(marks, np.asarray(marked, np.float64).reshape(-1, 2), np.zeros((0, 2)))
    spans: list[list[tuple[float, float, int]]] = []
    for row in rows:
        if row[2] <= 0 or not row[1] > row[0]:
            continue
        if spans and abs(row[0] - spans[-1][-1][1]) <= _TOUCHES_S:
            spans[-1].append(row)
        else:
            spans.append([row])
    rows_of_spans = [row for span in spans for row in span]
    lengths = {k: [e - s for s, e, state in rows_of_spans if state == k and np.isfinite(e)] for k in (1, 3)}
    median = {k: float(np.median(v)) if v else 0.0 for k, v in lengths.items()}
    complete: dict[int, list[tuple[float, float]]] = {1: [], 3: []}
    cut = []
    for span in spans:
        for i, (s, e, k) in enumerate(span):
            if k not in complete:
                continue
            at_edge = i in (0, len(span) - 1)
            starts_cut = i == 0 and s < _RECORD_START_S
            if starts_cut or not np.isfinite(e) or (at_edge and e - s < _CUT_SHARE * median[k]):
                cut.append((s, e))
            else:
                complete[k].append((s, e))
    annotated = [(span[0][0], span[-1][1]) for span in spans]
    return Reference(
        {"S1": by_centre(complete[1]), "S2": by_centre(complete[3])},
        np.asarray(annotated, np.float64).reshape(-1, 2),
        np.asarray(cut, np.float64).reshape(-1, 2),
    )
