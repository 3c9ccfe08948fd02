"""The stress command: that it disturbs as it says, and counts the beats to recover as it says."""

import numpy as np
import pytest

from heartseg.offline.cli import main
from heartseg.offline.evaluation.stress import DISTURBANCES, beats_to_recover, pink_noise
from heartseg.offline.scoring import Prediction, Reference
from heartseg.stream.rates import STREAM_RATE


@pytest.fixture
def tone():
    rising = np.linspace(0.1, 1, 12 * STREAM_RATE, dtype=np.float32)
    return rising * np.sin(np.arange(12 * STREAM_RATE) * 2 * np.pi * 300 / STREAM_RATE).astype(np.float32)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbance_keeps_the_length(name, tone):
    y = DISTURBANCES[name](np.random.default_rng(0), tone)
    assert len(y) == len(tone) and np.isfinite(y).all()
    assert (name == "as recorded") == np.array_equal(y, tone)


def test_noise_is_as_loud_as_it_says(tone):
    added = DISTURBANCES["pink noise, 5 dB"](np.random.default_rng(0), tone) - tone
    assert 20 * np.log10(tone.std() / added.std()) == pytest.approx(5, abs=0.01)


def test_noise_is_pink():
    power = np.abs(np.fft.rfft(pink_noise(np.random.default_rng(0), 1 << 18))) ** 2
    f = np.fft.rfftfreq(1 << 18, 1 / STREAM_RATE)
    octaves = [power[(f >= low) & (f < 2 * low)].sum() for low in (50, 400, 3200)]
    np.testing.assert_allclose(octaves, octaves[0], rtol=0.2)


def beats(count, wrong=(), swapped=()):
    """A heart at 60 bpm, and what was said of it: beats of `wrong` are missed, of `swapped` the other way round."""
    s1 = np.array([[i, i + 0.1] for i in range(count)])
    s2 = s1 + 0.35
    said = {"S1": [], "S2": []}
    for i in range(count):
        if i not in wrong:
            said["S1"].append(s2[i] if i in swapped else s1[i])
            said["S2"].append(s1[i] if i in swapped else s2[i])
    none = np.zeros((0, 2))
    return Reference({"S1": s1, "S2": s2}, none, none), Prediction({k: np.reshape(v, (-1, 2)) for k, v in said.items()})


@pytest.mark.parametrize(
    ("wrong", "swapped", "needed"),
    [((), (), 0), ((), (0, 1, 2), 0), ((), (0, 1, 2, 3, 4), 2), ((5,), (3, 4), 3), (range(20), (), 17)],
)
def test_beats_to_recover(wrong, swapped, needed):
    """Counted from the fourth beat on."""
    assert beats_to_recover(*beats(20, wrong, swapped), since_s=3.0) == needed


def test_too_few_beats_to_see_a_recovery():
    assert beats_to_recover(*beats(8), since_s=3.0) is None


@pytest.mark.slow
def test_the_command(data, tmp_path, capsys):
    shortest = min((data / "circor/dev").glob("*.tsv"), key=lambda table: table.stat().st_size)
    for file in shortest.parent.glob(f"{shortest.stem}.*"):
        (tmp_path / file.name).symlink_to(file)
    assert main(["stress", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2 : 2 + len(DISTURBANCES)]] == list(DISTURBANCES)
    clean, loudest = (float(line.split("|")[2]) for line in (lines[2], lines[6]))
    assert clean > 90 and clean > loudest
