"""Clips as the article draws sound: waveform and spectrogram, by librosa."""

from pathlib import Path

import numpy as np

from ...stream import NOTICE
from ..console import drawing
from ..datasets.pascal import PASCAL_RATE
from .clips import CLIP, Clips

_N_FFT, _HOP = 2048, 128  # samples: 46 ms and 3 ms
_HIGHEST_HZ = 800
_TITLES = ("class 0: systole, from an S1 to the S2", "class 1: diastole, from an S2 to the S1")


def draw_clips(clips: Clips, path: Path) -> None:
    """The first clip of each class: its waveform above, its spectrogram below. The ending of `path` is the form."""
    plt = drawing()
    import librosa
    from librosa.display import specshow, waveshow

    kinds = np.unique(clips.kind)
    figure, axes = plt.subplots(
        2, len(kinds), figsize=(4.5 * len(kinds), 4), sharex=True, sharey="row", squeeze=False, layout="constrained"
    )
    for kind, (above, below) in zip(kinds, axes.T, strict=True):
        clip = clips.sound[np.flatnonzero(clips.kind == kind)[0]]
        waveshow(clip, sr=PASCAL_RATE, max_points=CLIP, ax=above, lw=0.6)
        spectrum = np.abs(librosa.stft(clip, n_fft=_N_FFT, hop_length=_HOP))
        image = specshow(
            librosa.amplitude_to_db(spectrum, ref=np.max),
            sr=PASCAL_RATE, hop_length=_HOP, x_axis="time", y_axis="linear", ax=below,
        )  # fmt: skip
        above.set(title=_TITLES[kind], xlabel="")
        below.set(ylim=(0, _HIGHEST_HZ), xlabel="time, s", ylabel="frequency, Hz")
        below.label_outer()
        below.locator_params(axis="x", nbins=5)
    axes[0, 0].set_ylabel("sound")
    figure.colorbar(image, ax=axes, format="%+.0f dB")
    figure.supxlabel(NOTICE, fontsize=7)
    figure.savefig(path, dpi=90)
    plt.close(figure)
