"""From Python: a recording or an array of samples to its heart sounds, in one call."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from html import escape
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .models import WHOLE, Network, load
from .offline.beats import Beat, Summary, beats, summary
from .offline.console import require, write_whole
from .offline.figures.plot import Picture, pages
from .offline.formats import FORMATS, prediction_of
from .offline.segmentation import Findings, PcgRecorder, segment_blocks
from .stream import NOTICE
from .stream.api import lag_within, network_of
from .stream.events import KINDS
from .stream.events.systole import QUESTION, REVIEW
from .stream.rates import STREAM_RATE, Samples
from .stream.segmenter.lag import FULL_CONTEXT
from .stream.segmenter.segmenter import Segmenter
from .stream.sources.file import FileSource
from .stream.sources.resample import HIGHEST_RATE, LOWEST_RATE, converted, mean_channel

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

_FULL_SCALE = {"uint8": (128, 2**7), "int8": (0, 2**7), "int16": (0, 2**15), "int32": (0, 2**31)}
"""Of whole numbers: silence, and full scale above it, as in WAV files."""

_LONGEST_FIGURE_S = 600


@dataclass(frozen=True, repr=False)
class Segmentation(Findings):
    """The heart sounds of a recording or an array. Not a medical device.

    events: all events in stream order. warnings: what is wrong with the recording, a line each. accounts: the sample
    counts. session: the first line of the JSONL form. pcg: shape (n,), 2,100 Hz, nan in gaps.
    """

    pcg: Samples = field(compare=False)

    @cached_property
    def beats(self) -> list[Beat]:
        """The cardiac cycles, with their intervals."""
        return beats(self.sounds, self.gaps)

    @property
    def coverage(self) -> float:
        """Share of the time in whole named cycles, 0 to 1. A cycle is from an S1 to the next, with an S2 between."""
        return self._summary.coverage

    @property
    def heart_rate(self) -> float | None:
        """Median in beats a minute. None where less than two cycles or less than half of the time were named."""
        return self._summary.heart_rate

    @property
    def systole_ms(self) -> float | None:
        """Median from the onset of S1 to the onset of S2, in ms. None where `heart_rate` is None."""
        return self._summary.systole_ms

    @property
    def diastole_ms(self) -> float | None:
        """Median from the onset of S2 to the onset of S1, in ms. None where `heart_rate` is None."""
        return self._summary.diastole_ms

    @property
    def confidence(self) -> float | None:
        """Mean probability that a sound is right, 0 to 1. None where there are no sounds."""
        return self._summary.confidence

    @cached_property
    def _summary(self) -> Summary:
        return summary(self.sounds, self.gaps, self.accounts.captured)

    def to_frame(self) -> "pandas.DataFrame":
        """A row for each sound: kind, onset_s, offset_s, confidence. Raises ImportError without pandas."""
        rows = [(s.kind, s.onset_s, s.offset_s, s.confidence) for s in self.sounds]
        return _pandas("to_frame").DataFrame(rows, columns=["kind", "onset_s", "offset_s", "confidence"])

    def beats_frame(self) -> "pandas.DataFrame":
        """A row for each beat, with the columns of the CSV form. Raises ImportError without pandas."""
        columns = list(Beat.__dataclass_fields__)
        return _pandas("beats_frame").DataFrame([asdict(beat) for beat in self.beats], columns=columns)

    def to_csv(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the table of beats, as `heartseg-offline segment --format csv` does.

        Raises FileExistsError where there is such a file and `overwrite` is False, and OSError where it cannot be
        written.
        """
        self._write("csv", path, overwrite)

    def to_tsv(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write start, end and state of each part, in CirCor's form. Raises as `to_csv`."""
        self._write("tsv", path, overwrite)

    def to_jsonl(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write all events as JSON Lines. Raises as `to_csv`."""
        self._write("jsonl", path, overwrite)

    def _write(self, form: str, path: str | os.PathLike[str], overwrite: bool) -> None:
        if os.path.lexists(path) and not overwrite:
            raise FileExistsError(f"{os.fspath(path)}: exists; choose another name, or give overwrite=True")
        write_whole(Path(path), FORMATS[form].write(self))

    def plot(self) -> "Figure":
        """A matplotlib figure: waveform with each S1 and S2, and heart rate from beat to beat.

        Raises ImportError without matplotlib, and ValueError for more than ten minutes.
        """
        if self.duration_s > _LONGEST_FIGURE_S:
            raise ValueError(
                f"a figure holds {_LONGEST_FIGURE_S} s, and this lasts {self.duration_s:.0f} s; segment a part of it, "
                "or draw pages with `heartseg-offline plot`"
            )
        note = f"heartseg {self.session['heartseg']} · {self.session['model']}"
        picture = Picture(self._name, self.pcg, prediction_of(self.events), self.gaps, note=note)
        figure: Figure = next(pages(picture, one=True))
        import matplotlib

        if "inline" in matplotlib.get_backend():  # a notebook shows what a cell returns: not twice
            matplotlib.pyplot.close(figure)
        return figure

    @property
    def _name(self) -> str:
        return Path(self.session["source"]).name

    def _facts(self) -> list[tuple[str, str]]:
        """What there is to say in a line."""
        counts = [f"{sum(s.kind == kind for s in self.sounds)} {kind}" for kind in KINDS]
        facts = [
            ("duration", f"{self.duration_s:.1f} s"),
            ("sounds", " and ".join(counts)),
            ("heart rate", "no heart rate" if self.heart_rate is None else f"{self.heart_rate:.0f} bpm"),
            ("coverage", f"coverage {100 * self.coverage:.0f} %"),
        ]
        facts += [("gaps", f"gaps {len(self.gaps)}")] * bool(self.gaps)
        return facts + ([(QUESTION, f"{QUESTION} {self.systole.answer} ({REVIEW})")] if self.systole else [])

    def __repr__(self) -> str:
        """One line: duration, sounds, heart rate, coverage, gaps, and the answer about systole."""
        return f"<Segmentation of {self._name}: {', '.join(text for _, text in self._facts())}>"

    def _repr_html_(self) -> str:
        """A small table, for notebooks."""
        facts = [(name, text.removeprefix(f"{name} ")) for name, text in self._facts()]
        intervals_ms = (("systole", self.systole_ms), ("diastole", self.diastole_ms))
        facts += [(name, f"{value:.0f} ms") for name, value in intervals_ms if value is not None]
        if self.confidence is not None:
            facts.append(("confidence", f"{self.confidence:.2f}"))
        facts += [("warning", text) for text in self.warnings]
        rows = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in facts)
        return f"<table><caption>{escape(self._name)}</caption>{rows}</table><p><small>{NOTICE}</small></p>"


def segment(
    x: str | os.PathLike[str] | ArrayLike,
    rate: float | None = None,
    *,
    lag: float | Literal["full"] | None = None,
    sensitivity: str = "normal",
    systole: bool = False,
    model: str | os.PathLike[str] | Network | None = None,
) -> Segmentation:
    """The heart sounds of a recording, or of samples in memory.

    x: the path of a recording; or samples of shape (n,) or (n, channels), of which the mean is taken. Full scale is
        1.0 for floats; for int8, int16, int32 and uint8 it is that of the type. Samples that are nan or infinite
        become gaps.
    rate: samples a second of an array, 400 to 192,000. A recording has its own.
    lag: what the live engine would have heard within this bound, in milliseconds. None (or "full") has the whole
        recording in view, which is best.
    sensitivity: how easily a heart is believed: "low", "normal" or "high".
    systole: also say whether a murmur-like sound is heard in systole: the result's `systole`. For review, not a
        diagnosis.
    model: name of a shipped model, path of an .onnx file with its card beside it, or an object of the `Network`
        protocol. None is the default.

    Raises SourceError if the recording cannot be read, ModelError if the model cannot be used, TypeError for an array
    without its rate, a path with one, or samples that are no numbers, and ValueError for a value that cannot be.

    >>> segment(np.zeros(8000), rate=4000)
    <Segmentation of array: 2.0 s, 0 S1 and 0 S2, no heart rate, coverage 0 %>
    """
    warnings: list[str] = []
    if isinstance(x, str | os.PathLike):
        if rate is not None:
            raise TypeError("a recording has a rate of its own: leave out rate=")
        source = FileSource(x)
        blocks, name, warnings = source.blocks(), source.name, source.warnings
    else:
        blocks, name = _blocks(x, rate), "array"
    network = network_of(model)
    if lag is None or lag == "full":
        limit, network = FULL_CONTEXT, network or _whole()
    else:
        limit = lag_within(lag, network)
    recorder = PcgRecorder()
    segmenter = Segmenter(network, limit, recorder, sensitivity, rate=STREAM_RATE, systole=systole)
    found = segment_blocks(blocks, segmenter, name, warnings)
    pcg = recorder.pcg(found.accounts.captured)
    return Segmentation(found.events, found.accounts, found.session, found.warnings, pcg)


@cache
def _whole() -> Network:
    """The network for whole recordings: to load it takes longer than to segment half a minute."""
    return load(WHOLE)


def _blocks(x: ArrayLike, rate: float | None) -> Iterator[Samples]:
    """An array as the stream, in the blocks of a file. Raises TypeError and ValueError."""
    array = np.asarray(x)
    if not (np.issubdtype(array.dtype, np.floating) or array.dtype.name in _FULL_SCALE):
        raise TypeError(
            f"x is {type(x).__name__} of {array.dtype}; it should be the path of a recording, or an array of floats "
            f"(full scale 1.0), {', '.join(_FULL_SCALE)}"
        )
    if rate is None:
        raise TypeError("an array needs its rate in Hz: segment(x, rate=4000)")
    if not isinstance(rate, Real):
        raise TypeError(f"rate should be a number of Hz, not {rate!r}")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise ValueError(f"rate={rate:g}: rates from {LOWEST_RATE} to {HIGHEST_RATE} Hz can be used")
    if array.ndim not in (1, 2) or array.shape[1:] == (0,):
        raise ValueError(f"x has shape {array.shape}; it should be (n,) or (n, channels)")
    if array.ndim == 2 and 0 < array.shape[0] < array.shape[1]:
        raise ValueError(f"x has shape {array.shape}: fewer samples than channels; the samples come first, as in x.T")
    channels = array if array.ndim == 2 else array[:, None]
    return converted(_mono(channels, int(rate)), rate)


def _mono(x: NDArray[Any], length: int) -> Iterator[Samples]:
    """The mean channel in blocks. x: shape (n, channels)."""
    zero, full_scale = _FULL_SCALE.get(x.dtype.name, (0, 1))
    for first in range(0, len(x), length):
        with np.errstate(over="ignore"):  # what is too large becomes infinite, which is a gap
            block = x[first : first + length].astype(np.float32)
        yield mean_channel((block - np.float32(zero)) / np.float32(full_scale))


def _pandas(what: str) -> Any:
    require(what, "pandas", "pandas")
    import pandas

    return pandas
