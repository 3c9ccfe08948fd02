"""The mean beat of a recording, and what was answered about its systole: a section of the page."""

import base64
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stream import NOTICE
from ...stream.events import Sound
from ...stream.events.systole import said
from ...stream.rates import DECIMATION, PCG_RATE, STREAM_RATE
from ...stream.vitals import cycles
from .analysis import Heard
from .spectrum import FINE_HOP, mean_spectrogram

_BEFORE = PCG_RATE // 10  # PCG samples that are shown before S1, and after the next one


@dataclass(frozen=True)
class MeanBeat:
    """The mean of all whole beats of a recording, each laid with the onset of S1 on that of the others.

    levels: shape (columns, bands), 0 to 255, a column every 10 ms. before_s: seconds from the first column to the
    onset of S1. sounds: the medians of kind (1: S1, 2: S2), onset and offset in seconds from the onset of S1. count:
    beats.
    """

    levels: NDArray[np.uint8]
    before_s: float
    sounds: list[tuple[int, float, float]]
    count: int


def mean_beat(analysis: Heard) -> MeanBeat | None:
    """The mean beat, None where no whole beat was named. A beat with a gap in it or beside it is left out."""
    pairs = {s1.onset: (s1, s2) for s1, s2 in pairwise(analysis.sounds)}
    beats: list[tuple[Sound, Sound, int]] = []
    for start, end in cycles(analysis.sounds):
        first, last = start // DECIMATION - _BEFORE, end // DECIMATION + _BEFORE
        if first >= 0 and last <= len(analysis.pcg) and np.isfinite(analysis.pcg[first:last]).all():
            beats.append((*pairs[start], end - start))
    if not beats:
        return None
    firsts = [s1.onset // DECIMATION - _BEFORE for s1, _, _ in beats]
    length = round(median(cycle for _, _, cycle in beats)) // DECIMATION + 2 * _BEFORE
    spans = (
        [(s1.start - s1.onset, s1.end - s1.onset) for s1, _, _ in beats],
        [(s2.start - s1.onset, s2.end - s1.onset) for s1, s2, _ in beats],
        [(cycle, cycle + s1.end - s1.onset) for s1, _, cycle in beats],
    )
    medians = [(median(start for start, _ in each), median(end for _, end in each)) for each in spans]
    return MeanBeat(
        mean_spectrogram(np.nan_to_num(analysis.pcg), firsts, length),
        _BEFORE / PCG_RATE,
        [(kind, a / STREAM_RATE, b / STREAM_RATE) for kind, (a, b) in zip((1, 2, 1), medians, strict=True)],
        len(beats),
    )


def section(analysis: Heard) -> tuple[str, dict[str, Any] | None]:
    """The section of the page, and the mean beat as its scripts take it."""
    beat = mean_beat(analysis)
    answer = said(analysis.systole)
    text = f"""<section aria-labelledby="systole-title">
    <h2 id="systole-title">Systole</h2>
    <p><strong>{answer[0].upper()}{answer[1:].replace("  ", " · ")}.</strong> <span class="quiet">{NOTICE}</span></p>
    {_picture(beat) if beat else '<p class="quiet">No whole beat was named.</p>'}
  </section>"""
    if beat is None:
        return text, None
    return text, {
        "levels": base64.b64encode(beat.levels.tobytes()).decode(),
        "columns": len(beat.levels),
        "step": FINE_HOP / PCG_RATE,
        "before": beat.before_s,
        "sounds": beat.sounds,
    }


def _picture(beat: MeanBeat) -> str:
    return f"""<canvas id="beat" role="img" aria-label="Mean spectrogram of the beats, from S1 to S1"></canvas>
    <p class="quiet small">The mean spectrogram of {beat.count} beats, each laid on the onset of its S1; 0 to 500 Hz.
      Systole is from lub to dub. What sounds there, and not in diastole, stands out.</p>"""
