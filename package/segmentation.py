"""From Python: a recording or an array of samples to its heart sounds, in one call."""

import os
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import ArrayLike

from .models import WHOLE, Network, load
from .offline.beats import Beat, Summary, beats, summary
from .offline.console import require, write_whole
from .offline.figures.plot import Picture, pages
from .offline.formats import FORMATS, prediction_of
from .offline.segmentation import Findings, PcgRecorder, segment_blocks
from .samples import opened
from .stream import NOTICE
from .stream.api import lag_within, network_of
from .stream.events import KINDS
from .stream.events.systole import QUESTION, REVIEW
from .stream.rates import STREAM_RATE, Samples
from .stream.segmenter.lag import FULL_CONTEXT
from .stream.segmenter.segmenter import Segmenter

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

_LONGEST_FIGURE_S = 600


@dataclass(frozen=True, repr=False)
class Segmentation(Findings):
    """The heart sounds of a recording or an array. Not a medical device.

    Attributes
    ----------
    events
        All events in stream order: sounds and gaps.
    accounts
        The sample counts, at 44,100 Hz.
    session
        The first line of the JSONL form: version, network, latency.
    warnings
        What is wrong with the recording, a line each.
    pcg
        The PCG: shape (n,), float32, 2,100 Hz, nan in gaps.

    Examples
    --------
    >>> import numpy as np
    >>> from itertools import islice
    >>> from heartseg.stream import SimulatedHeart
    >>> x = np.concatenate(list(islice(SimulatedHeart(bpm=72).blocks(), 80)))  # 8 s
    >>> found = segment(x, rate=44_100)
    >>> found.sounds[0].kind, round(found.heart_rate), round(found.beats[0].s1_s2_s, 1)
    ('S1', 71, 0.3)
    """

    pcg: Samples = field(compare=False)

    @cached_property
    def beats(self) -> list[Beat]:
        """The cardiac cycles, with their intervals in seconds, in time order."""
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
        """A row for each sound, in time order.

        Returns
        -------
        pandas.DataFrame
            Columns: kind, onset_s and offset_s (seconds), confidence (0 to 1).

        Raises
        ------
        ImportError
            Without pandas.

        Examples
        --------
        >>> import numpy as np
        >>> list(segment(np.zeros(8000), rate=4000).to_frame())
        ['kind', 'onset_s', 'offset_s', 'confidence']
        """
        rows = [(s.kind, s.onset_s, s.offset_s, s.confidence) for s in self.sounds]
        return _pandas("to_frame").DataFrame(rows, columns=["kind", "onset_s", "offset_s", "confidence"])

    def beats_frame(self) -> "pandas.DataFrame":
        """A row for each beat, with the columns of the CSV form, in seconds.

        Raises
        ------
        ImportError
            Without pandas.
        """
        columns = list(Beat.__dataclass_fields__)
        return _pandas("beats_frame").DataFrame([asdict(beat) for beat in self.beats], columns=columns)

    def to_csv(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the table of beats, as `heartseg-offline segment --format csv` does.

        Parameters
        ----------
        path
            The file.
        overwrite
            Whether a file of this name is overwritten.

        Raises
        ------
        FileExistsError
            Where there is such a file and `overwrite` is False.
        OSError
            Where it cannot be written.
        """
        self._write("csv", path, overwrite)

    def to_tsv(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write start, end and state of each part, in CirCor's form. `path` and `overwrite` are as in `to_csv`."""
        self._write("tsv", path, overwrite)

    def to_jsonl(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write all events as JSON Lines. `path` and `overwrite` are as in `to_csv`."""
        self._write("jsonl", path, overwrite)

    def _write(self, form: str, path: str | os.PathLike[str], overwrite: bool) -> None:
        if os.path.lexists(path) and not overwrite:
            raise FileExistsError(f"{os.fspath(path)}: exists; choose another name, or give overwrite=True")
        write_whole(Path(path), FORMATS[form].write(self))

    def plot(self) -> "Figure":
        """A matplotlib figure: waveform with each S1 and S2, and heart rate from beat to beat.

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For more than ten minutes.
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

    Parameters
    ----------
    x
        The path of a recording; or samples of shape (n,) or (n, channels), of which the mean is taken. Full scale is
        1.0 for floats; for int8, int16, int32 and uint8 it is that of the type. Samples that are nan or infinite
        become gaps.
    rate
        Samples a second of an array, 400 to 192,000 Hz. A recording has its own.
    lag
        Hear only what the live engine would have heard within this bound, in ms. None or "full": the whole recording.
    sensitivity
        How easily a heart is believed: "low", "normal" or "high".
    systole
        Also say whether a murmur-like sound is heard in systole, for review, not a diagnosis: the result's `systole`.
    model
        A shipped model's name, an .onnx file's path (its card beside it) or a `Network`. None is the default.

    Raises
    ------
    SourceError
        If the recording cannot be read.
    ModelError
        If the model cannot be used.
    TypeError
        For an array without its rate, a path with one, or samples that are no numbers.
    ValueError
        For a value that cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> segment(np.zeros(8000), rate=4000)
    <Segmentation of array: 2.0 s, 0 S1 and 0 S2, no heart rate, coverage 0 %>
    """
    blocks, name, warnings = opened(x, rate)
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


def _pandas(what: str) -> Any:
    require(what, "pandas", "pandas")
    import pandas

    return pandas
