"""Seconds of sound for each CPU second of `heartseg-offline segment --lag full`, beside the article's way."""

import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import soundfile
import soxr

from bench.measure import Figure, FloatArray, figure, heart, must
from heartseg.models import Network, load
from heartseg.offline.segmentation import segment_file
from heartseg.stream.engine import warm_up
from heartseg.stream.events import Event, Sound
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.segmenter.lag import FULL_CONTEXT
from heartseg.stream.segmenter.segmenter import Segmenter

RATE = 4_000
"""Samples a second of the recordings, as in CirCor."""


def recordings(folder: Path, count: int, seconds: float) -> list[Path]:
    """Simulated recordings of 16 bits at 4,000 Hz."""
    x = soxr.resample(heart(seconds), STREAM_RATE, RATE, quality="HQ")
    paths = [folder / f"{i}.wav" for i in range(count)]
    for path in paths:
        soundfile.write(path, x, RATE)
    return paths


def check(found: list[Event], path: Path, network: Network) -> None:
    """The sounds found are those of the recording pushed whole. Raises Wrong."""
    x, _ = soundfile.read(path, dtype="float32")
    whole: FloatArray = soxr.resample(x, RATE, STREAM_RATE, quality="HQ")
    segmenter = Segmenter(network, FULL_CONTEXT, rate=STREAM_RATE)
    expected = [e.kind for e in segmenter.push(whole) + segmenter.flush() if isinstance(e, Sound)]
    must([e.kind for e in found if isinstance(e, Sound)] == expected != [], f"{path.name}: other sounds than whole")


def article(paths: list[Path]) -> float | None:
    """CPU seconds of the article's way, its imports left out; None where librosa or Keras is not installed."""
    if not (find_spec("librosa") and find_spec("tensorflow")):
        return None
    code = _ARTICLE.format(paths=[str(p) for p in paths])
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return float(out.split()[-1])


def measure(count: int = 4, seconds: float = 60, rounds: int = 5, beside: bool = True) -> list[Figure]:
    """Throughput of ours, and of the article's way where its libraries are."""
    network, speeds = load(FULL_CONTEXT.network), []
    warm_up(Segmenter(network, FULL_CONTEXT, rate=STREAM_RATE))
    with tempfile.TemporaryDirectory() as folder:
        paths = recordings(Path(folder), count, seconds)
        for _ in range(rounds):
            began = time.process_time()
            events = [segment_file(path, network, FULL_CONTEXT).events for path in paths]
            speeds.append(count * seconds / (time.process_time() - began))
        for found, path in zip(events, paths, strict=True):
            check(found, path, network)
        figures = [figure("segment --lag full", speeds, "s of sound per CPU second")]
        spent = article(paths[:1]) if beside else None
        if spent is not None:
            theirs = seconds / spent
            figures.append(figure("librosa and the article's network", [theirs], "s of sound per CPU second"))
            ratio = [speed / theirs for speed in speeds]
            figures.append(figure("segment --lag full over the article's way", ratio, "×", ratio=True))
    return figures


_ARTICLE = """
import time, librosa, numpy as np
from heartseg.offline.article.clips import CLIP
from heartseg.offline.article.exercise import mended
network = mended()
network.predict(np.zeros((1, CLIP, 1), np.float32), verbose=0)
began = time.process_time()
for path in {paths}:
    x, _ = librosa.load(path, sr=44_100)
    clips = x[: len(x) // CLIP * CLIP].reshape(-1, CLIP, 1)
    answers = network.predict(clips, verbose=0)
    assert answers.shape == (len(clips), 1) and np.isfinite(answers).all()
print(time.process_time() - began)
"""
