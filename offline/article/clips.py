"""The clips of the article's exercise: sound cut at its marks, each piece from one heart sound to the next."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...models import ModelError
from ...models.errors import one_line
from ...models.loader import one_thread
from ...stream.rates import Samples
from ...stream.sources.base import SourceError
from ...stream.sources.file import FileSource
from ..console import require
from ..datasets.pascal import PASCAL_RATE
from ..datasets.recording import Recording

CLIP = 20_000
"""Samples of a clip at 44,100 Hz (0.45 s)."""

CLIPS_FILE = "clips.onnx"
"""The mended networks, below the folder that `heartseg-offline article` writes into."""

CLASSES = ("S1", "S2")
"""Class 0 begins at an S1 and holds the systole, class 1 begins at an S2 and holds the diastole."""


@dataclass(frozen=True)
class Clips:
    """sound: shape (n, 20000), raw; length: shape (n,), samples from mark to mark, before padding or cutting;
    kind: shape (n,), 0 or 1 as in `CLASSES`; recording: shape (n,), which of `names` each was cut from.
    """

    sound: Samples
    length: NDArray[np.int64]
    kind: NDArray[np.int64]
    recording: NDArray[np.int64]
    names: tuple[str, ...]


def sound_of(path: Path, speed: float = 1.0) -> Samples:
    """A whole recording at 44,100 Hz, played faster by `speed`: shape (n,). Loaded with librosa, as in the article.

    Raises SourceError and MissingExtra.
    """
    require("the article's way to load", "librosa", "train")
    import librosa

    FileSource(path).close()  # it says best what is wrong with a file
    try:
        with soundfile.SoundFile(path) as file:
            sound, _ = librosa.load(file, sr=PASCAL_RATE)
        faster = librosa.resample(sound, orig_sr=PASCAL_RATE * speed, target_sr=PASCAL_RATE)
    except (librosa.ParameterError, soundfile.SoundFileError) as error:
        raise SourceError(f"{path}: librosa cannot load it ({one_line(error)})") from None
    return np.asarray(faster, np.float32)


def cut(sound: Samples, marks: NDArray[np.int64]) -> Samples:
    """From each mark to the next (the last: to the end), padded with zeros or cut to 20,000: shape (n, 20000)."""
    clips = np.zeros((len(marks), CLIP), np.float32)
    for clip, start, end in zip(clips, marks, [*marks[1:], len(sound)], strict=True):
        piece = sound[start : min(end, start + CLIP)]
        clip[: len(piece)] = piece
    return clips


def clips_of(recordings: Iterable[Recording], speed: float = 1.0) -> Clips:
    """Clips of marked recordings, played faster by `speed`.

    The sound after a recording's last mark has no end, and is left out. Raises SourceError and MissingExtra.
    """
    sounds, lengths, kinds, names = [], [], [], []
    for recording in recordings:
        played = sound_of(recording.audio, speed)
        marks = np.rint(recording.start_s * PASCAL_RATE / speed).astype(np.int64)
        sounds.append(cut(played, marks)[:-1])
        lengths.append(np.diff(marks))
        kinds.append((recording.state[:-1] == 3).astype(np.int64))
        names.append(recording.name)
    origin = np.repeat(np.arange(len(names)), [len(kind) for kind in kinds])
    return Clips(np.concatenate(sounds), np.concatenate(lengths), np.concatenate(kinds), origin, tuple(names))


def each_normalised(sound: Samples) -> Samples:
    """Every clip by itself to a root mean square of 1, with a channel axis: (n, 20000) to (n, 20000, 1)."""
    level = np.sqrt((sound.astype(np.float64) ** 2).mean(axis=1, keepdims=True))
    normalised: Samples = (sound / np.maximum(level, 1e-9)).astype(np.float32)
    return normalised[:, :, None]


class ClipNetwork:
    """The mended networks that `heartseg-offline article` wrote: one for each fold of the recordings.

    A recording of the exercise is classified by the network that was not trained on it, any other by the mean of all.
    Raises ModelError where the file is missing or of another kind.
    """

    def __init__(self, path: Path) -> None:
        try:
            model = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"{path}: cannot be read ({error.strerror}); `heartseg-offline article --out DIR` writes it"
            ) from None
        try:
            self._session = one_thread(model)
            self.held_out: list[list[str]] = json.loads(self._session.get_modelmeta().custom_metadata_map["held_out"])
        except Exception as error:  # ONNX Runtime raises a family of its own, without a common base
            raise ModelError(f"{path}: not the networks of the article's exercise ({error})") from None

    def s2(self, sound: Samples, name: str) -> Samples:
        """Probability that each clip of the recording `name` begins at an S2: shape (n,). sound: shape (n, 20000)."""
        if not len(sound):
            return np.zeros(0, np.float32)
        unseen = [name in names for names in self.held_out]
        (p,) = self._session.run(("s2",), {"clips": each_normalised(sound)})
        mean: Samples = p[:, unseen if any(unseen) else slice(None)].mean(axis=1)
        return mean
