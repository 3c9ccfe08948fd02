"""The evaluation loop: the same events get the same figures from every command."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from heartseg.offline.article.compare import compare
from heartseg.offline.cli import COMMANDS, main
from heartseg.offline.datasets.sets import read_set
from heartseg.offline.evaluation import curve
from heartseg.offline.evaluation.confidence import risk_of_surest
from heartseg.offline.evaluation.evaluate import PEAK_BEFORE_CENTRE_S, evaluate
from heartseg.offline.formats import read_prediction
from heartseg.offline.scoring import Counts, Prediction, by_centre, score

RATE = 44_100
MARKS = {"S1": [0.5, 1.3, 2.1, 2.9], "S2": [0.8, 1.6, 2.4]}
LATE_S = 0.05
"""Of the events' centres against the marks: beyond 40 ms as they stand, within them from their peaks."""


@pytest.fixture
def marked(tmp_path):
    """A PASCAL set of two recordings, and a folder of results."""
    (tmp_path / "set/Atraining_normal").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    cells = sorted((round(t * RATE), kind) for kind, times in MARKS.items() for t in times)
    rows = ["," + ",".join(kind for _, kind in cells)]
    for name in ("a", "b"):
        soundfile.write(tmp_path / "set/Atraining_normal" / f"{name}.wav", np.zeros(RATE // 10), RATE)
        rows.append(f"{name}.aif," + ",".join(str(sample) for sample, _ in cells))
        events = [
            {"kind": kind, "onset_s": t + LATE_S - 0.05, "offset_s": t + LATE_S + 0.05, "emitted_s": t + 0.4,
             "confidence": 0.9}
            for kind, times in MARKS.items() for t in times
        ]  # fmt: skip
        events[-1]["kind"] = "S1" if name == "b" else "S2"  # one swap
        (tmp_path / "results" / f"{name}.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
    (tmp_path / "set/Atraining_normal_seg.csv").write_bytes("\r".join(rows).encode())
    return tmp_path


def predict_from(folder):
    return lambda recording: read_prediction(folder / f"{recording.name}.jsonl")


def test_score_curve_and_compare_agree_on_marks(marked, monkeypatch, capsys):
    recordings, predict = read_set(marked / "set"), predict_from(marked / "results")
    assert main(["score", str(marked / "set"), str(marked / "results"), "--json", str(marked / "s.json")]) == 0
    assert "25.5 ms before their centre" in capsys.readouterr().out
    scored = json.loads((marked / "s.json").read_text())

    ways = (*curve._ONSETS, *curve.lags())
    monkeypatch.setattr(curve, "predictions", lambda recording, networks: {way: predict(recording) for way in ways})
    points = curve.curve({"set": recordings}, lambda line: None)
    compared = compare({"set": recordings}, {"way": predict}, lambda line: None)["way"]["set"]
    for evaluation in (points[0].evaluation, points[-1].evaluation, compared, evaluate(recordings, predict)):
        assert json.loads(json.dumps(evaluation.as_dict())) == scored
    assert scored["tolerance_ms"]["40"]["both"]["tp"] == 13 and scored["tolerance_ms"]["40"]["both"]["swaps"] == 1
    assert scored["lag_s"]["q0.5"] == pytest.approx(0.4 - LATE_S)


def test_events_are_drawn_and_kept_as_predicted(marked):
    recordings, predict = read_set(marked / "set"), predict_from(marked / "results")
    (first, _) = evaluate(recordings, predict).scored
    np.testing.assert_array_equal(first.prediction.sounds["S1"], predict(recordings[0]).sounds["S1"])
    np.testing.assert_allclose(first.prediction.sounds["S1"] - first.aligned.sounds["S1"], PEAK_BEFORE_CENTRE_S)


def test_figures_are_those_of_the_scoring_rules(data):
    """CirCor's sounds, shifted and thinned: pooled by hand and by `evaluate`."""
    recordings = read_set(data / "circor/dev")[:4]

    def predict(recording):
        sounds = {
            kind: by_centre([
                (start + 0.03, end + 0.03)
                for start, end, state in zip(recording.start_s, recording.end_s, recording.state, strict=True)
                if state == number
            ][::2])
            for kind, number in (("S1", 1), ("S2", 3))
        }  # fmt: skip
        return Prediction(sounds, confidence={kind: np.full(len(rows), 0.5) for kind, rows in sounds.items()})

    evaluation = evaluate(recordings, predict)
    for tolerance_s in (0.04, 0.06, 0.1, 0.02):
        by_kind = [score(s.reference, predict(s.recording), tolerance_s) for s in evaluation.scored]
        figures = evaluation.at(tolerance_s)
        for kind, counts in (("S1", figures.s1), ("S2", figures.s2)):
            expected = sum((c[kind] for c in by_kind), Counts()).as_dict()
            assert counts.as_dict() == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
        assert figures.macro_f1 == np.mean([(c["S1"] + c["S2"]).f1 for c in by_kind])
    assert evaluation.f1 == evaluation.at(0.06).both.f1 > 0.6 and evaluation.at(0.02).both.f1 == 0
    assert not evaluation.of_marks and evaluation.lag_s is None
    confidence, right = evaluation.outcomes
    assert evaluation.calibration_error == pytest.approx(abs(right.mean() - 0.5)) and len(confidence) == len(right)


def test_an_empty_set():
    evaluation = evaluate([], lambda recording: None)
    assert np.isnan(evaluation.f1) and np.isnan(evaluation.macro_f1) and evaluation.swaps == 0
    assert evaluation.as_dict()["recordings"] == 0


def test_help_imports_nothing_heavy():
    code = (
        "import contextlib, io, sys\n"
        "from heartseg.offline.cli import COMMANDS, main\n"
        "for args in (['--help'], *([name, '--help'] for name in COMMANDS)):\n"
        "    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "        main(args)\n"
        "print([m for m in ('numba', 'scipy', 'soxr', 'matplotlib', 'tensorflow', 'keras') if m in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_that_parses(name, capsys):
    from heartseg.offline.cli import parser

    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    example = capsys.readouterr().out.split("example:\n  heartseg-offline ")[1].split()
    assert parser().parse_args(example).command == name


def test_public_names():
    code = (
        "import sys, heartseg.offline as offline\n"
        "assert 'numpy' not in sys.modules and 'score' in dir(offline) == sorted(offline.__all__)\n"
        "from heartseg.offline import Recording, evaluate, read_set, score\n"
        "import heartseg.offline.segmentation, heartseg.offline.scoring\n"
        "from heartseg.offline import evaluate, score\n"
        "assert all(map(callable, (evaluate, read_set, score, Recording)))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_errors_among_the_surest_sounds():
    confidence, right = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 1.0, 0.0, 1.0])
    assert risk_of_surest(confidence, right, 1.0) == 0.25
    assert risk_of_surest(confidence, right, 0.75) == pytest.approx(1 / 3)
    assert risk_of_surest(confidence, right, 0.5) == 0
    assert np.isnan(risk_of_surest(confidence[:0], right[:0], 1.0))
