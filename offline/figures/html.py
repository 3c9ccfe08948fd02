"""A recording and its heart sounds as one HTML page, which needs no other file and no network."""

import base64
import html
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from ...stream.rates import FRAME_RATE, PCG_RATE, STREAM_RATE, seconds
from ...stream.sources.file import FileSource
from ..beats import Beat
from ..console import write_whole
from ..formats import prediction_of
from ..scoring import HEADLINE_S, KINDS, Counts, Reference, score
from .analysis import CLIPPED, Heard
from .named import Named, percent
from .plot import Rate, limit, rate_of
from .spectrum import COLUMN_RATE, HIGHEST_HZ, spectrogram
from .systole import section

_WEB = Path(__file__).with_name("web")
_SCRIPTS = ("data.js", "peaks.js", "spectrum.js", "beat.js", "wave.js", "pointer.js", "charts.js")

SOUND_RATE = 8_000
"""Samples a second of the sound in the page: a heart is heard below 1 kHz, and every browser plays this rate."""

_EVIDENCE_POINTS = 600
_CLIPPED_SHARE = 1e-4  # the peak of a recording that was made as loud as it can be is less


def page(analysis: Heard, reference: Reference | None = None, annotation: str = "") -> str:
    """The page. annotation: the name of the reference's file. Raises SourceError."""
    named = Named(analysis)
    systole, beat = section(analysis) if analysis.has_systole else ("", None)
    pcg = np.nan_to_num(analysis.pcg)
    scale = 32767 / float(np.abs(pcg).max(initial=1e-9))
    data = {
        "seconds": analysis.seconds,
        "rate": PCG_RATE,
        "top": limit(analysis.pcg) * scale,
        "sounds": [[KINDS.index(s.kind) + 1, seconds(s.onset), seconds(s.offset)] for s in analysis.sounds],
        "gaps": [[seconds(gap.start), seconds(gap.end)] for gap in analysis.gaps],
        "unnamed": named.pauses,
        "columns": COLUMN_RATE,
        "highest": HIGHEST_HZ,
        "rates": _points(rate_of(prediction_of(analysis.events).sounds, analysis.gaps)),
        "intervals": named.intervals,
        "medians": named.medians,
        "evidence": _evidence(analysis),
        "beat": beat,
        "reference": None if reference is None else _reference(reference, analysis.seconds),
    }
    parts = {
        "title": html.escape(analysis.path.name),
        "subtitle": f"{_length(analysis.seconds)}, {analysis.rate} Hz.",
        "key": "" if reference is None else "below the waveform: the reference, grey where it is annotated",
        "rate_key": "" if reference is None else '<span class="quiet">(dotted: the reference)</span>',
        "banner": f'<p class="banner">{named.warning}</p>' if named.warning else "",
        "trust": "" if named.is_trusted else " unsure",
        "figures": _terms(_figures(named), "div"),
        "systole": systole,
        "quality": _terms(_quality(analysis, named, reference)),
        "settings": _terms(_settings(analysis, annotation)),
        "beats": "".join(map(_row, named.beats)),
        "data": json.dumps(data).replace("<", "\\u003c"),
        "pcg": _base64(np.rint(pcg * scale).astype("<i2").tobytes()),
        "spectrum": _base64(spectrogram(pcg).tobytes()),
        "sound": _base64(_sound(analysis.path)),
        "css": (_WEB / "page.css").read_text(encoding="utf-8"),
        "js": "".join((_WEB / name).read_text(encoding="utf-8") for name in _SCRIPTS),
    }
    first, *rest = (_WEB / "page.html").read_text(encoding="utf-8").split("{{")
    return first + "".join(parts[name] + text for name, text in (piece.split("}}", 1) for piece in rest))


def write(text: str, out: Path) -> None:
    """Write the page, whole or not at all. Raises OSError."""
    write_whole(out, text.encode("utf-8", errors="replace"))


def _sound(path: Path) -> bytes:
    """The recording as FLAC, 16 bit, as loud as it is; louder than full scale is clipped."""
    resample = soxr.ResampleStream(STREAM_RATE, SOUND_RATE, 1, dtype="float32")
    parts = [resample.resample_chunk(np.nan_to_num(b, posinf=0, neginf=0)) for b in FileSource(path).blocks()]
    parts.append(resample.resample_chunk(np.zeros(0, np.float32), last=True))
    file = io.BytesIO()
    soundfile.write(file, np.clip(np.concatenate(parts), -1, 1), SOUND_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _points(rate: Rate) -> list[list[float | None]]:
    return [[round(float(t), 3), round(float(bpm), 1)] if t == t else [0.0, None] for t, bpm in zip(*rate, strict=True)]


def _reference(reference: Reference, length: float) -> dict[str, Any]:
    sounds = [[k + 1, *map(float, row)] for k, kind in enumerate(KINDS) for row in reference.sounds[kind]]
    return {
        "sounds": sorted(([k, s, min(e, length)] for k, s, e in sounds), key=lambda row: row[1]),
        "spans": [[float(s), min(float(e), length)] for s, e in reference.spans],
        "rates": _points(rate_of(reference.sounds)),
    }


def _evidence(analysis: Heard) -> list[list[float | None]]:
    """Evidence of a heart over time, in percent."""
    width = max(1, len(analysis.evidence) // _EVIDENCE_POINTS)
    points: list[list[float | None]] = []
    for i in range(0, len(analysis.evidence), width):
        finite = analysis.evidence[i : i + width]
        finite = finite[np.isfinite(finite)]
        points.append([i / FRAME_RATE, round(float(finite.mean()) * 100, 1) if len(finite) else None])
    return points


_Terms = list[tuple[str, str]]


def _figures(named: Named) -> _Terms:
    medians = named.medians
    figures = [
        ("Heart rate", medians["bpm"], "bpm"),
        ("RR", medians["rr"], "ms"),
        ("S1–S2", medians["s1_s2"], "ms"),
        ("S2–S1", medians["s2_s1"], "ms"),
        ("Ratio", medians["ratio"], ""),
        ("Beats", str(named.count), ""),
    ]
    return [(name, f"{value} <small>{'' if value == '–' else unit}</small>") for name, value, unit in figures]


def _quality(analysis: Heard, named: Named, reference: Reference | None) -> _Terms:
    confidence = [s.confidence for s in analysis.sounds]
    is_clipped = analysis.clipped >= _CLIPPED_SHARE
    rows = [
        ("Coverage", f"whole beats named in {percent(named.coverage)} of the time"),
        ("Confidence", f"{np.mean(confidence):.2f} in the mean" if confidence else "–"),
        ("Clipping", f"clipped: {analysis.clipped * 100:.2g} % of the samples" if is_clipped else "none"),
        ("Level", f"peak {_peak(analysis.peak)}, RMS {_decibels(analysis.rms)}"),
        ("Not heard", f"{sum(seconds(g.end - g.start) for g in analysis.gaps):.2f} s"),
    ]
    if reference is not None:
        c = sum(score(reference, prediction_of(analysis.events), HEADLINE_S).values(), Counts())
        rows.append(
            (
                "Reference",
                f"{c.tp} of {c.references} found within {HEADLINE_S * 1000:.0f} ms, {c.fp} more that it has not",
            )
        )
    rows += [("Warning", warning.replace(str(analysis.path), analysis.path.name)) for warning in analysis.warnings]
    return [(name, html.escape(value)) for name, value in rows]


def _decibels(level: float) -> str:
    return f"{20 * np.log10(level):.1f} dBFS".replace("-", "−") if level > 0 else "silent"


def _peak(level: float) -> str:
    """A level, which a change of rate may lift a little above full scale."""
    return _decibels(level) if level < CLIPPED else "at full scale (0 dBFS)"


def _settings(analysis: Heard, annotation: str) -> _Terms:
    rows = [
        ("File", analysis.path.name),
        ("heartseg", analysis.session["heartseg"]),
        ("Network", analysis.session["model"]),
        ("SHA-256", analysis.session["model_sha256"]),
        ("Lag", analysis.lag_text),
        ("Sound here", f"{SOUND_RATE} Hz, 16 bit"),
    ]
    if annotation:
        rows.append(("Reference", annotation))
    return [(name, html.escape(value)) for name, value in rows]


def _terms(rows: _Terms, around: str = "") -> str:
    opening, closing = (f"<{around}>", f"</{around}>") if around else ("", "")
    return "".join(f"{opening}<dt>{name}</dt><dd>{value}</dd>{closing}" for name, value in rows)


def _length(length: float) -> str:
    return f"{length:.1f} s" if length < 60 else f"{int(length // 60)} min {length % 60:.0f} s"


def _row(beat: Beat) -> str:
    start_s = beat.s1_onset_s if beat.s1_onset_s is not None else beat.s2_onset_s
    lengths = [beat.rr_s, beat.s1_s2_s, beat.s2_s1_s, beat.s1_s, beat.s2_s]
    cells = ["–" if v is None else f"{v * 1000:.0f}" for v in lengths]
    cells += ["–" if beat.ratio is None else f"{beat.ratio:.2f}", f"{beat.confidence:.2f}"]
    begin = "–" if beat.s1_onset_s is None else f"{beat.s1_onset_s:.2f}"
    return (
        f'<tr data-at="{start_s:.4f}">'
        f'<td><button type="button" aria-label="play from {start_s:.2f} s">{begin}</button></td>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
    )
