"""Every reader of files: valid files of its kind, how it is called, and the exception by which it refuses."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import tiny_onnx
from scipy.io import savemat

from heartseg.models import ModelError, load, loader
from heartseg.offline.archive.manifest import Manifest
from heartseg.offline.datasets.pascal import PASCAL_TABLE
from heartseg.offline.datasets.recording import DataError
from heartseg.offline.formats import FORMATS, read_annotation, read_prediction
from heartseg.offline.scoring import reference_of, score
from heartseg.offline.segmentation import Findings
from heartseg.stream.events import Gap, Onset, Sound
from heartseg.stream.sinks.base import Accounts
from heartseg.stream.sources.base import SourceError
from heartseg.stream.sources.file import FileSource


@dataclass(frozen=True)
class Reader:
    """file: the name that its files have. error: the only exception it may raise."""

    file: str
    seeds: Callable[[Path], list[bytes]]
    read: Callable[[Path], object]
    error: type[Exception] | tuple
    binary: bool = False


def wav(rate=8_000, channels=1, samples=400, bits=16, claimed=None, form=1):
    """A WAV file whose header may say anything."""
    data = np.arange(samples * bits // 8, dtype=np.uint8).tobytes()
    size = len(data) if claimed is None else claimed
    align = channels * bits // 8 & 0xFFFF
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, form, channels & 0xFFFF, rate & 0xFFFFFFFF,
                       rate * align & 0xFFFFFFFF, align, bits)  # fmt: skip
    return struct.pack("<4sI4s", b"RIFF", (36 + size) & 0xFFFFFFFF, b"WAVE") + head + struct.pack(
        "<4sI", b"data", size & 0xFFFFFFFF
    ) + data  # fmt: skip


CLAIMS = {
    "2^31 samples": wav(claimed=(1 << 32) - 2),
    "2^30 samples": wav(claimed=1 << 31),
    "10,000 channels": wav(channels=10_000),
    "1,000 channels": wav(channels=1_000, samples=10_000),
    "4 GHz": wav(rate=4_000_000_000),
    "0 Hz": wav(rate=0),
    "0 channels": wav(channels=0),
    "0 bits": wav(bits=0, samples=4_000),
}
"""Headers that say what cannot be."""


def _sound(form, subtype, rate=8_000, channels=1):
    def seed(_folder):
        rng = np.random.default_rng(0)
        file = io.BytesIO()
        soundfile.write(file, 0.1 * rng.standard_normal((800, channels)), rate, subtype, format=form)
        return file.getvalue()

    return seed


def _seeds(*makers):
    return lambda folder: [make(folder) for make in makers]


def _hear(path):
    for block in FileSource(path).blocks():
        assert block.dtype == np.float32 and block.ndim == 1 and len(block) < 20_000_000


def _annotation(path):
    recording = read_annotation(path, "a")
    assert np.isfinite(recording.start_s).all() and not np.isnan(recording.end_s).any()
    return reference_of(recording)


def _result(path):
    """Read as a reference and as a prediction, and scored."""
    reference, prediction = _annotation(path), read_prediction(path)
    for times in (*reference.sounds.values(), *prediction.sounds.values()):
        assert np.isfinite(times).all() and (times[:, 0] <= times[:, 1]).all()
    if sum(map(len, prediction.sounds.values())) < 100:
        score(reference, prediction, 0.06)


SESSION = {"type": "session", "heartseg": "0.1.0", "model": "heartseg-5", "notice": "Not a medical device."}
EVENTS = [
    Onset("S1", 10_000, 0.6, 12_000),
    Sound("S1", 10_000, 15_000, 0.9, 19_000),
    Sound("S2", 24_000, 28_000, 0.9, 32_000),
    Gap(30_000, 40_000, "overflow"),
    Sound("S1", 50_000, 55_000, 0.9, 59_000),
    Sound("S2", 64_000, 68_000, 0.9, 72_000),
]


def _written(form):
    segmentation = Findings(EVENTS, Accounts(88_200, 78_200, 10_000, 0), SESSION, [])
    return lambda _folder: FORMATS[form].write(segmentation)


def _format(form, binary=False):
    ending = FORMATS[form].ending
    return Reader(f"damaged{ending}", _seeds(_written(form)), _result, DataError, binary)


def _states(compressed):
    def seed(_folder):
        table = np.empty((5, 2), object)
        for row, name in zip(table, ("S1", "systole", "S2", "diastole", "(N"), strict=True):
            row[:] = float(np.random.default_rng(0).integers(1, 4_000)), np.array([name], object)
        file = io.BytesIO()
        savemat(file, {"state_ans": table}, do_compression=compressed)
        return file.getvalue()

    return seed


def _marks(_folder):
    return b",S1,S2,S1,S2,\ra.aif,44100,57330,88200,,7\rb.aif,,44100,,\r"


def _manifest(folder):
    manifest = Manifest(folder, {"lag": 390})
    (folder / "a.wav").touch()
    for name in ("a.jsonl", "b/a.jsonl"):
        manifest.add(manifest.entry(folder / name, folder / "a.wav"))
    return (folder / ".heartseg-done").read_bytes()


def _done(path):
    manifest = Manifest(path.parent, {"lag": 390})
    manifest.made(path.parent / "a.jsonl", path.parent / "a.wav")
    manifest.foreign(path.parent / "a.jsonl")


def _card(folder):
    tiny_onnx.write(folder, tiny_onnx.model())
    return tiny_onnx.card(tiny_onnx.model()).encode()


def _load(path):
    load("tiny", path.parent)


def _networks(_folder):
    shipped = (Path(loader.__file__).parent / f"{loader.DEFAULT}.onnx").read_bytes()
    return [shipped] + [tiny_onnx.model()] * 60 + [tiny_onnx.model("w.bin", "Mul")] * 2


def _load_as_described(path):
    """With a card that vouches for it, as only its maker could give it."""
    content = path.read_bytes()
    path.with_suffix(".json").write_text(tiny_onnx.card(content))
    if content not in _networks(path.parent):
        _load(path)


READERS = {
    "wav": Reader("damaged.wav", lambda f: [
        wav(), wav(44_100, 2, 800, 16), wav(4_000, 1, 400, 32, form=3),
        *(make(f) for make in (_sound("WAV", "IMA_ADPCM"), _sound("WAVEX", "PCM_24", 48_000, 2), _sound("WAV", "ULAW"),
                               _sound("RF64", "PCM_16"))),
    ], _hear, SourceError, True),
    "flac": Reader("damaged.flac", _seeds(_sound("FLAC", "PCM_16"), _sound("FLAC", "PCM_24", 44_100, 2)), _hear,
                   SourceError, True),
    "sound": Reader("damaged.snd", _seeds(
        _sound("OGG", "VORBIS"), _sound("OGG", "OPUS"), _sound("MP3", "MPEG_LAYER_III", 44_100),
        _sound("AIFF", "PCM_16"), _sound("AU", "FLOAT"), _sound("CAF", "ALAC_16"), _sound("W64", "PCM_16", 44_100, 2),
    ), _hear, SourceError, True),
    "pascal": Reader(PASCAL_TABLE, _seeds(_marks), _annotation, DataError),
    "circor": _format("tsv"),
    "cinc": Reader("damaged_StateAns.mat", _seeds(_states(False), _states(True)), _annotation, DataError, True),
    "jsonl": _format("jsonl"),
    "audacity": _format("audacity"),
    "csv": _format("csv"),
    "wfdb": _format("wfdb", True),
    "manifest": Reader(".heartseg-done", _seeds(_manifest), _done, ()),
    "card": Reader("tiny.json", _seeds(_card), _load, ModelError),
    "onnx": Reader("tiny.onnx", _networks, _load_as_described, ModelError, True),
}  # fmt: skip
