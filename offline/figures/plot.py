"""Pages of a segmented recording: waveform with each S1 and S2, reference, posteriors, heart rate."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stream import NOTICE
from ...stream.events import Gap, Sound
from ...stream.rates import FRAME_RATE, PCG_RATE, STREAM_RATE
from ..beats import beats
from ..console import refuse_to_overwrite, require, write_whole
from ..scoring import KINDS, Prediction, Reference

COLOURS = {"S1": "#c62828", "S2": "#1565c0"}
PICTURE_ENDINGS = (".png", ".svg", ".pdf")
_DPI = 130
_BIN = PCG_RATE // 20  # samples among which the loudest counts
_GREY, _LIGHT = "#616161", "#eeeeee"

ROW_S = 12.0
"""The longest row, seconds; the rows of a recording are of one length."""

_PAGE = 11.7, 8.27  # inches, A4
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.75, 0.25, 0.55, 0.5
_LANE, _POSTERIORS, _RATE, _BETWEEN = 0.24, 0.5, 0.85, 0.42


@dataclass(frozen=True)
class Picture:
    """What is drawn.

    pcg: shape (n,), at 2,100 Hz, nan where nothing was heard. posterior: shape (frames, 4), probabilities of S1,
    systole, S2 and diastole every 10 ms. note: a line at the foot, e.g. of the network and the lag.
    """

    title: str
    pcg: NDArray[np.float32]
    prediction: Prediction
    gaps: Sequence[Gap] = ()
    reference: Reference | None = None
    posterior: NDArray[np.float32] | None = None
    note: str = ""

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.pcg) / PCG_RATE


def pages(picture: Picture, one: bool = False) -> Iterator[Any]:
    """One matplotlib figure a page, each closed when the next is asked for. Raises MissingExtra.

    one: whether all rows are to be on one page, as high as it takes.
    """
    require("the plot", "matplotlib", "plot")
    import matplotlib.pyplot as plt

    lane = _LANE if picture.reference is not None else 0.0
    posterior_height = _POSTERIORS if picture.posterior is not None else 0.0
    rows_per_page = 4 if picture.posterior is None else 3
    row = (_PAGE[1] - _TOP - _RATE - _BOTTOM) / rows_per_page
    wave = row - lane - posterior_height - _BETWEEN
    rows = max(1, math.ceil(picture.seconds / ROW_S))
    rows_per_page = rows if one else rows_per_page
    count = -(-rows // rows_per_page)
    width = picture.seconds / rows
    top = limit(picture.pcg)
    bpm = _rates(picture)
    with plt.rc_context({"font.size": 8, "axes.linewidth": 0.6, "svg.fonttype": "none", "pdf.fonttype": 42}):
        for page in range(count):
            first = page * rows_per_page
            n_rows = min(rows_per_page, rows - first)
            height = _TOP + (n_rows if count == 1 else rows_per_page) * row + _RATE + _BOTTOM
            figure = plt.figure(figsize=(_PAGE[0], height))
            sheet = _Sheet(figure, height)
            _frame(sheet, picture, f"page {page + 1} of {count}" if count > 1 else "")
            y = _TOP
            for i in range(first, first + n_rows):
                span = (i * width, (i + 1) * width)
                _waveform(sheet.axes(y, wave), picture, span, top, bottom=not lane and not posterior_height)
                if picture.reference is not None:
                    _reference(sheet.axes(y + wave, lane), picture.reference, span, bottom=not posterior_height)
                if picture.posterior is not None:
                    _posteriors(sheet.axes(y + wave + lane, posterior_height), picture.posterior, span)
                y += row
            y = _TOP + n_rows * row
            _rate(sheet.axes(y, _RATE), bpm, (first * width, (first + n_rows) * width))
            yield figure
            plt.close(figure)


def save(picture: Picture, out: Path, force: bool) -> list[Path]:
    """Write the pages into one PDF, or, as PNG or SVG, one file a page: `out`, or name-1, name-2, ... where there
    are several. Each file is written whole or not at all. Returns them. force: overwrite files that exist. Raises
    MissingExtra, OSError, and UsageError where a file exists.
    """
    ending = out.suffix.lower()
    files: list[io.BytesIO] = []
    if ending == ".pdf":
        from matplotlib.backends.backend_pdf import PdfPages

        files.append(io.BytesIO())
        with PdfPages(files[0], metadata={"Title": picture.title}) as pdf:
            for figure in pages(picture):
                pdf.savefig(figure)
    else:
        for figure in pages(picture):
            files.append(io.BytesIO())
            figure.savefig(files[-1], format=ending[1:], dpi=_DPI)
    names = [out] if len(files) == 1 else [out.with_stem(f"{out.stem}-{i + 1}") for i in range(len(files))]
    for name in names:
        refuse_to_overwrite(name, force)
    for file, name in zip(files, names, strict=True):
        write_whole(name, file.getvalue())
    return names


class _Sheet:
    """A figure laid out in inches from its top."""

    def __init__(self, figure: Any, height: float) -> None:
        self.figure, self._height = figure, height

    def axes(self, y: float, height: float) -> Any:
        width = _PAGE[0] - _LEFT - _RIGHT
        box = _LEFT / _PAGE[0], 1 - (y + height) / self._height, width / _PAGE[0], height / self._height
        axes = self.figure.add_axes(box)
        axes.tick_params(length=2, width=0.6, pad=2)
        return axes

    def text(self, x: float, y: float, text: str, **style: Any) -> None:
        self.figure.text(x / _PAGE[0], 1 - y / self._height, text, parse_math=False, **style)

    @property
    def foot(self) -> float:
        return self._height - 0.12


def _frame(sheet: _Sheet, picture: Picture, page: str) -> None:
    """Title, key and foot."""
    sheet.text(_LEFT, 0.27, picture.title, fontsize=11, fontweight="bold")
    key = [("S1 lub", COLOURS["S1"]), ("S2 dub", COLOURS["S2"])]
    if picture.posterior is not None:
        key += [("systole ─", _GREY), ("diastole ┄", _GREY)]
    for i, (name, colour) in enumerate(key):
        x = _PAGE[0] - _RIGHT - 0.8 * (len(key) - 1 - i)
        sheet.text(x, 0.27, name, color=colour, ha="right", fontweight="bold")
    foot = " · ".join(part for part in (picture.note, NOTICE) if part)
    sheet.text(_LEFT, sheet.foot, foot, color=_GREY, fontsize=7)
    sheet.text(_PAGE[0] - _RIGHT, sheet.foot, page, color=_GREY, fontsize=7, ha="right")


def limit(pcg: NDArray[np.float32]) -> float:
    """Half the height of the waveform: a few clicks do not flatten the heart."""
    bins = np.nan_to_num(np.abs(pcg[: len(pcg) // _BIN * _BIN])).reshape(-1, _BIN)
    return 1.2 * float(np.quantile(bins.max(axis=1), 0.99)) if bins.any() else 1.0


def _waveform(axes: Any, picture: Picture, span: tuple[float, float], top: float, bottom: bool) -> None:
    first = int(span[0] * PCG_RATE)
    pcg = picture.pcg[first : int(span[1] * PCG_RATE) + 1]
    t = (first + np.arange(len(pcg))) / PCG_RATE
    axes.plot(t, pcg, color=_GREY, lw=0.5)
    for kind in KINDS:
        coloured = np.full(len(pcg), np.nan, np.float32)
        for onset, offset in _within(picture.prediction.sounds[kind], span):
            samples = slice(*np.searchsorted(t, (onset, offset)))
            coloured[samples] = pcg[samples]
            axes.axvspan(onset, offset, color=COLOURS[kind], alpha=0.16, lw=0)
            if span[0] <= (onset + offset) / 2 < span[1]:
                axes.text(
                    (onset + offset) / 2, 1.02, kind, color=COLOURS[kind], transform=axes.get_xaxis_transform(),
                    ha="center", va="bottom", fontsize=6.5, fontweight="bold",
                )  # fmt: skip
        axes.plot(t, coloured, color=COLOURS[kind], lw=0.7)
    for gap in picture.gaps:
        axes.axvspan(gap.start / STREAM_RATE, gap.end / STREAM_RATE, facecolor=_LIGHT, hatch="///", edgecolor=_GREY)
    tick = float(f"{top * 0.6:.1g}")
    axes.set(xlim=span, ylim=(-top, top), yticks=[-tick, 0, tick], ylabel="PCG")
    axes.yaxis.set_major_formatter("{x:g}")
    _time(axes, bottom)


def _within(intervals: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.float64]:
    """Those intervals, shape (n, 2), that lie at least partly within the span."""
    return intervals[(intervals[:, 1] >= span[0]) & (intervals[:, 0] < span[1])]


def _time(axes: Any, bottom: bool) -> None:
    """Seconds below the lowest axes of a row, ticks on none above it."""
    axes.tick_params(axis="x", bottom=bottom, labelbottom=bottom)
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=12)
    if bottom:
        axes.xaxis.set_major_formatter("{x:g} s")


def _reference(axes: Any, reference: Reference, span: tuple[float, float], bottom: bool) -> None:
    for start, end in reference.spans:
        axes.axvspan(start, min(end, span[1]), color=_LIGHT, lw=0)
    for kind in KINDS:
        for start, end in _within(reference.sounds[kind], span):
            centre = (start + end) / 2
            axes.axvspan(start, end, 0.55, 0.95, color=COLOURS[kind], lw=0)
            if span[0] <= centre < span[1]:
                if start == end:  # a mark
                    axes.plot(centre, 0.75, "v", color=COLOURS[kind], ms=4, mew=0)
                axes.text(centre, 0.25, kind, color=COLOURS[kind], ha="center", va="center", fontsize=6)
    axes.set(xlim=span, ylim=(0, 1), yticks=[0.5], yticklabels=["reference"])
    axes.tick_params(axis="y", length=0)
    _time(axes, bottom)


def _posteriors(axes: Any, posterior: NDArray[np.float32], span: tuple[float, float]) -> None:
    first = int(span[0] * FRAME_RATE)
    rows = posterior[first : int(span[1] * FRAME_RATE) + 1]
    t = (first + np.arange(len(rows)) + 0.5) / FRAME_RATE
    for column, style in ((1, "-"), (3, ":")):
        axes.plot(t, rows[:, column], style, color=_GREY, lw=0.6)
    for column, kind in ((0, "S1"), (2, "S2")):
        axes.fill_between(t, rows[:, column], color=COLOURS[kind], alpha=0.3, lw=0)
        axes.plot(t, rows[:, column], color=COLOURS[kind], lw=0.9)
    axes.set(xlim=span, ylim=(0, 1.05), yticks=[0.5, 1], ylabel="posterior")
    axes.yaxis.set_major_formatter("{x:g}")
    _time(axes, True)


Rate = tuple[NDArray[np.float64], NDArray[np.float64]]  # time (s) and bpm, nan where a line is broken


def _rates(picture: Picture) -> dict[str, Rate]:
    """Heart rate from beat to beat, of the prediction and the reference."""
    rates = {"heartseg": rate_of(picture.prediction.sounds, picture.gaps)}
    if picture.reference is not None:
        rates["reference"] = rate_of(picture.reference.sounds)
    return rates


def rate_of(intervals: Mapping[str, NDArray[np.float64]], gaps: Sequence[Gap] = ()) -> Rate:
    """Heart rate at the middle of each beat, of intervals per kind as in `Prediction` and `Reference`."""
    sounds = [
        Sound(kind, round(start * STREAM_RATE), round(end * STREAM_RATE), 1.0, 0)
        for kind in KINDS
        for start, end in intervals[kind]
        if np.isfinite(end)
    ]
    rows = [(b.s1_onset_s + b.rr_s / 2, 60 / b.rr_s) if b.s1_onset_s is not None and b.rr_s else (np.nan, np.nan)
            for b in beats(sounds, gaps)]  # fmt: skip
    a = np.asarray(rows, np.float64).reshape(-1, 2)
    return a[:, 0], a[:, 1]


def _rate(axes: Any, rates: dict[str, Rate], span: tuple[float, float]) -> None:
    for (name, (t, bpm)), style in zip(rates.items(), ("o-", "s:"), strict=False):
        axes.plot(t, bpm, style, color="black" if style == "o-" else "#e08f00", ms=2.5, lw=0.8, label=name)
    known_bpm = np.concatenate([bpm[np.isfinite(bpm)] for _, bpm in rates.values()])
    if len(known_bpm):
        low, high = np.quantile(known_bpm, [0.01, 0.99])
        axes.set_ylim(max(0.0, low - 10), high + 10)
    axes.set(xlim=span, ylabel="bpm")
    axes.locator_params(axis="y", nbins=4)
    axes.grid(alpha=0.3, lw=0.5)
    if len(rates) > 1:
        axes.legend(fontsize=6.5, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.1)
    _time(axes, True)
