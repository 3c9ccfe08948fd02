"""Any recording comes out as one channel at 44,100 Hz; what is none is refused in one line."""

import numpy as np
import pytest
import soundfile

from heartseg.stream.sources.base import NoSuchSource, SourceError
from heartseg.stream.sources.file import FileSource


def tone(rate, seconds=1.0, hz=100.0):
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


def heard(path, channel=None):
    source = FileSource(path, channel)
    return np.concatenate([*source.blocks(), np.zeros(0, np.float32)]), source


FORMS = [("PCM_U8", 0.01), ("PCM_16", 1e-4), ("PCM_24", 1e-6), ("PCM_32", 1e-6), ("FLOAT", 1e-6), ("DOUBLE", 1e-6)]


@pytest.mark.parametrize(("subtype", "error"), FORMS)
def test_wav_of_every_depth(tmp_path, subtype, error):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(44_100), 44_100, subtype)
    x, source = heard(path)
    assert not source.warnings
    np.testing.assert_allclose(x, tone(44_100), atol=error)


@pytest.mark.parametrize("ending", ["flac", "ogg"])
def test_compressed(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, tone(44_100), 44_100)
    x, _ = heard(path)
    assert len(x) == 44_100 and np.abs(x - tone(44_100)).max() < 0.03


@pytest.mark.parametrize("rate", [1000, 2000, 4000, 8000, 11_025, 48_000, 96_000, 192_000])
def test_every_rate_keeps_time(tmp_path, rate):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(rate, 2.0), rate, "FLOAT")
    x, _ = heard(path)
    assert abs(len(x) - 88_200) <= 1
    inner = slice(4410, 80_000)
    assert np.abs(x[inner] - tone(44_100, 2.0)[inner]).max() < 2e-3


def test_channels(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([tone(44_100), np.zeros(44_100), np.ones(44_100) * 0.3], axis=1), 44_100, "FLOAT")
    assert np.abs(heard(path, 2)[0]).max() == 0
    np.testing.assert_allclose(heard(path, 3)[0], 0.3, atol=1e-6)
    np.testing.assert_allclose(heard(path)[0], (tone(44_100) + 0.3) / 3, atol=1e-6)
    with pytest.raises(NoSuchSource, match="no channel 4; it has 3"):
        FileSource(path, 4)


def test_truncated_wav_is_used_as_far_as_it_goes(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(44_100, 2.0), 44_100)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    x, source = heard(path)
    assert abs(len(x) - 44_100) < 30
    assert "truncated" in source.warnings[0]


def test_truncated_flac_is_used_as_far_as_it_goes(tmp_path):
    path = tmp_path / "a.flac"
    rng = np.random.default_rng(0)
    soundfile.write(path, 0.1 * rng.standard_normal(88_200), 44_100)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    x, source = heard(path)
    assert 40_000 < len(x) < 88_200
    assert len(source.warnings) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"not a sound at all\n" * 50, "not a sound file"),
        (b"RIFF\xff\xff\xff\x7fWAVE", "not a sound"),
    ],
)
def test_what_is_no_recording(tmp_path, content, message):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        FileSource(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_what_does_not_exist(tmp_path):
    with pytest.raises(NoSuchSource, match="no such file"):
        FileSource(tmp_path / "nothing.wav")
    with pytest.raises(NoSuchSource, match="directory"):
        FileSource(tmp_path)


def test_rates_out_of_range(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(100), 300)
    with pytest.raises(SourceError, match="300 Hz"):
        FileSource(path)


def test_no_samples(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(0), 8000)
    assert len(heard(path)[0]) == 0


def test_blocks_stay_small(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(8000, 60), 8000)
    assert max(len(b) for b in FileSource(path).blocks()) < 2 * 44_100
