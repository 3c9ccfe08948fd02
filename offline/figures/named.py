"""What was named in a recording, and whether figures can be made of it."""

from collections.abc import Iterable
from statistics import median

from ...stream.rates import STREAM_RATE, seconds
from ...stream.vitals import LEAST_COVERAGE, LONGEST_SYSTOLE_S, cycles
from ..beats import beats, summary
from .analysis import Heard


class Named:
    """The beats of a recording.

    coverage: share of its time in whole named cycles, 0 to 1. is_trusted: whether that is enough for figures.
    intervals: of all beats, in ms, by the names `rr`, `s1_s2` and `s2_s1`.
    """

    def __init__(self, analysis: Heard) -> None:
        self._length = round(analysis.seconds * STREAM_RATE)
        self._sounds, self._gaps = analysis.sounds, analysis.gaps
        self.beats = beats(analysis.sounds, analysis.gaps)
        self._summary = summary(analysis.sounds, analysis.gaps, self._length)
        self.coverage, self.count = self._summary.coverage, self._summary.beats
        self.is_trusted = self._summary.heart_rate is not None
        self.intervals = {
            "rr": _ms(b.rr_s for b in self.beats),
            "s1_s2": _ms(b.s1_s2_s for b in self.beats),
            "s2_s1": _ms(b.s2_s1_s for b in self.beats),
        }

    @property
    def medians(self) -> dict[str, str]:
        """The medians as every part of the page shows them; a dash where too little was named."""
        rate = self._summary.heart_rate
        ratios = [b.ratio for b in self.beats if b.ratio is not None]
        medians = {name: self._median(values) for name, values in self.intervals.items()}
        return {**medians, "bpm": self._median([rate] if rate else []), "ratio": self._median(ratios, 2)}

    def _median(self, values: list[float], decimals: int = 0) -> str:
        return f"{median(values):.{decimals}f}" if values and self.is_trusted else "–"

    @property
    def warning(self) -> str:
        """Plain words where too little is named for figures, else nothing."""
        if self.is_trusted:
            return ""
        if not self._sounds:
            return "No heart sound was found."
        if self.coverage < LEAST_COVERAGE:
            return f"Only {percent(self.coverage)} of the time is named: too little for a heart rate."
        return "Fewer than two whole beats are named: too few for a heart rate."

    @property
    def pauses(self) -> list[list[float]]:
        """Times without a whole beat, a sound or a gap: start and end in s. One as short as a systole is left out."""
        sounds = [(s.onset, s.offset) for s in self._sounds]
        gaps = [(g.start, g.end) for g in self._gaps]
        spans = sorted([*cycles(self._sounds), *sounds, *gaps, (self._length, self._length)])
        pauses, end = [], 0
        for start, next_end in spans:
            if start - end > LONGEST_SYSTOLE_S * STREAM_RATE:
                pauses.append([seconds(end), seconds(start)])
            end = max(end, next_end)
        return pauses


def percent(share: float) -> str:
    """A share in whole percent, never more than it is."""
    return f"{int(share * 100)} %"


def _ms(values: Iterable[float | None]) -> list[float]:
    return [round(v * 1000, 1) for v in values if v is not None]
