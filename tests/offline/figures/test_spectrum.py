"""The spectrogram of a page."""

import numpy as np

from heartseg.offline.figures.spectrum import BANDS, COLUMN_RATE, mean_spectrogram, spectrogram
from heartseg.stream.rates import PCG_RATE


def test_a_tone_stands_at_its_pitch_and_time():
    t = np.arange(4 * PCG_RATE) / PCG_RATE
    levels = spectrogram((np.sin(2 * np.pi * 200 * t) * ((t > 1) & (t < 1.2))).astype(np.float32))
    assert levels.shape == (4 * COLUMN_RATE + 1, BANDS)
    column, band = np.unravel_index(levels.argmax(), levels.shape)
    assert 1 < column / COLUMN_RATE < 1.2 and band * 12.5 == 200
    assert not levels[: COLUMN_RATE - 2].any() and levels[int(1.1 * COLUMN_RATE), 16] > 200


def test_silence_is_empty_whatever_its_length():
    for length in (1, 41, 42, PCG_RATE):
        assert not spectrogram(np.zeros(length, np.float32)).any()


def test_a_mean_is_that_of_its_stretches():
    heart = np.zeros(21_000, np.float32)
    tone = np.sin(2 * np.pi * 200 / 2_100 * np.arange(210)).astype(np.float32)
    for first in (4_200, 8_400, 12_600):
        heart[first + 1_050 : first + 1_260] = tone
    levels = mean_spectrogram(heart, [4_200, 8_400, 12_600], 2_100)
    assert levels.shape == (101, BANDS) and np.array_equal(levels, mean_spectrogram(heart, [8_400], 2_100))
    column, band = np.unravel_index(levels.argmax(), levels.shape)
    assert 50 <= column <= 60 and band == 200 / 12.5
    one_knock = heart.copy()
    one_knock[4_200 + 210] = 1.0
    assert mean_spectrogram(one_knock, [4_200, 8_400, 12_600], 2_100).argmax() == levels.argmax()
