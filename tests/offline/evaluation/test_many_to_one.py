"""The many-to-one score, on cases that break if one of its rules does."""

import numpy as np
import pytest

from heartseg.offline.cli import main
from heartseg.offline.datasets.recording import Recording
from heartseg.offline.evaluation.evaluate import evaluate
from heartseg.offline.evaluation.many_to_one import many_to_one
from heartseg.offline.scoring import KINDS, Prediction, by_centre

BEATS = 10


def recording(name="a", hole=False):
    rows = []
    for t in 1 + 0.8 * np.arange(BEATS):
        rows += [(t, t + 0.12, 1), (t + 0.12, t + 0.3, 2), (t + 0.3, t + 0.4, 3), (t + 0.4, t + 0.8, 4)]
    if hole:
        del rows[18:20]
    start, end, state = (np.array(column) for column in zip(*rows, strict=True))
    return Recording(name, None, name, start, end, state.astype(np.int8))


def scored(recordings, change=lambda recording, sounds: sounds):
    def predict(r):
        sounds = {
            kind: np.stack([r.start_s[r.state == state], r.end_s[r.state == state]], axis=1)
            for kind, state in zip(KINDS, (1, 3), strict=True)
        }
        return Prediction({kind: by_centre(v) for kind, v in change(r, sounds).items()})

    return many_to_one(evaluate(recordings, predict))


def test_the_same_sounds():
    figures = scored([recording()])
    assert figures.s1 == figures.s2 == figures.mean == figures.pooled == 1 and figures.recordings == 1


@pytest.mark.parametrize(("shift", "f1"), [(0.04, 1), (-0.04, 1), (0.041, 0)])
def test_the_tolerance_is_40_ms_and_includes_its_bound(shift, f1):
    figures = scored([recording()], lambda r, sounds: {k: v + shift for k, v in sounds.items()})
    assert figures.mean == figures.pooled == f1


def test_a_sound_told_twice_costs_nothing_and_one_elsewhere_does():
    twice = scored([recording()], lambda r, sounds: {k: np.concatenate([v, v + 0.01]) for k, v in sounds.items()})
    assert twice.mean == 1
    beside = scored([recording()], lambda r, sounds: {**sounds, "S1": np.concatenate([sounds["S1"], sounds["S2"]])})
    assert beside.s1 == pytest.approx(2 * 0.5 / 1.5) and beside.s2 == 1
    assert beside.pooled == pytest.approx(2 * (2 / 3) / (5 / 3))


def test_recordings_count_alike_and_those_with_holes_not_at_all():
    def change(r, sounds):
        return sounds if r.name == "a" else {k: v[:0] for k, v in sounds.items()}

    figures = scored([recording("a"), recording("b"), recording("c", hole=True)], change)
    assert figures.mean == 0.5 and figures.recordings == 2 and figures.left_out == 1


def test_without_any_recording_it_is_not_known():
    figures = scored([recording(hole=True)])
    assert np.isnan([figures.mean, figures.pooled]).all() and figures.recordings == 0


def test_it_is_printed_and_kept(data, tmp_path, capsys):
    """The references of a set, in another format, score 100 %."""
    import json
    import shutil

    folder = tmp_path / "set"
    folder.mkdir()
    for tsv in sorted((data / "circor/dev").glob("*.tsv"))[:4]:
        shutil.copy(tsv, folder)
        (folder / f"{tsv.stem}.flac").symlink_to(tsv.with_suffix(".flac"))
    command = ["score", str(folder), str(folder), "--metric", "many-to-one", "--json", str(tmp_path / "s.json")]
    assert main(command) == 0
    assert "many to one: mean F1 of the recordings 100.00 %" in capsys.readouterr().out
    kept = json.loads((tmp_path / "s.json").read_text())
    assert kept["many_to_one"]["mean"] == 1 and kept["tolerance_ms"]["60"]["both"]["f1"] == 1
