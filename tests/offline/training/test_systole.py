"""The model of sound in systole: fitted, calibrated and judged by person, from a cache that survives a kill."""

import json
import shutil

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training needs the extra 'train'")

from heartseg.models import load_systole
from heartseg.offline.cli import main
from heartseg.offline.datasets.circor import Patient, read_patients
from heartseg.offline.datasets.recording import DataError
from heartseg.offline.evaluation.systole import auroc, ece, sensitivity, specificity, surest, weighted_accuracy
from heartseg.offline.training import systole
from heartseg.offline.training.systole import Example, across_campaigns, by_position, cross_validate, fit, read_examples


def persons(count, seed=0, separation=3.0):
    """Recordings at two positions of each person; every fifth has a murmur, every sixth is unknown."""
    rng = np.random.default_rng(seed)
    examples = []
    for number in range(count):
        murmur = "Present" if number % 5 == 0 else "Unknown" if number % 6 == 1 else "Absent"
        audible = ("AV",) if murmur == "Present" else ()
        person = f"{number - (number % 10 == 3):03d}"
        patient = Patient(f"{number:03d}", person, murmur, audible, "I/VI", f"CC{2014 + number % 2}")
        for position in ("AV", "MV"):
            shift = separation if position in audible else 0.0
            x = rng.standard_normal(9) + shift * np.eye(9)[0]
            examples.append(Example(patient, position, x, 0.95))
    return examples


def test_a_murmur_is_told_and_the_probability_is_calibrated():
    examples = persons(300)
    judged, logit = cross_validate(examples, seed=0, folds=5)
    assert auroc(judged) > 0.9 and ece(judged) < 0.08
    assert by_position(examples, [logit])["AV"] > 0.95
    assert 0.6 < weighted_accuracy(judged) < 1
    kept, everyone = (surest(judged, share, 1 / 6) for share in (0.7, 1.0))
    assert sensitivity(kept) >= sensitivity(everyone) > 0.8 and specificity(kept) > specificity(everyone) > 0.7
    assert set(kept.answer.tolist()) == {"heard", "not heard"}


def test_persons_apart_decide_chance_stays_chance():
    judged, _ = cross_validate(persons(200, separation=0.0), seed=0, folds=5)
    assert 0.35 < auroc(judged) < 0.62


def test_no_person_is_judged_by_a_model_that_knows_it(monkeypatch):
    judging = []

    def fitted(examples, name):
        judging.append({example.patient.person for example in examples})
        return fit(examples, name)

    monkeypatch.setattr(systole, "fit", fitted)
    examples = persons(60)
    for split in (lambda: systole._folds(examples, 3, 0), None):
        judging.clear()
        if split:
            cross_validate(examples, seed=0, folds=3)
            apart = [{examples[k].patient.person for k in rows} for _, rows in split()]
        else:
            across_campaigns(examples)
            apart = [{e.patient.person for e in examples if e.patient.campaign == c} for c in ("CC2014", "CC2015")]
        assert len(judging) == len(apart)
        assert all(known and not known & kept for known, kept in zip(judging, apart, strict=True))


def test_the_file_gives_the_model_back(tmp_path):
    model = fit(persons(100), "mine")
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(model.as_dict()))
    x = np.linspace(0, 1, 9)
    assert load_systole(path).logit(x) == pytest.approx(model.logit(x), abs=1e-3)
    assert load_systole(path).person_probability([0.0, 1.0, -3.0]) == pytest.approx(
        model.person_probability([1.0, 0.0]), abs=1e-3
    )


def test_the_shipped_model_fits_its_features_and_its_card():
    model = load_systole()
    assert model.weights.shape == (9,)
    assert model.person_probability([-5.0, -4.0]) < model.not_heard < model.heard < model.person_probability([3.0])


def test_the_table_of_patients(data, tmp_path):
    patients = read_patients(data / "circor/patients.csv")
    assert len(patients) == 355 and len({p.person for p in patients.values()}) == 327
    assert sum(p.murmur == "Present" for p in patients.values()) == 62
    assert patients["49574"].person == patients["69068"].person  # one child, met by both campaigns
    for content in ("", "a,b\n1,2\n", "Patient ID\n1\n"):
        (tmp_path / "patients.csv").write_text(content)
        with pytest.raises(DataError, match=r"patients\.csv"):
            read_patients(tmp_path / "patients.csv")


@pytest.fixture
def two_children(data, tmp_path):
    """CirCor with two recordings."""
    for part, name in (("train", "29045_TV"), ("dev", "50318_TV")):
        (tmp_path / "circor" / part).mkdir(parents=True)
        shutil.copy(data / f"circor/{part}/{name}.flac", tmp_path / "circor" / part)
    shutil.copy(data / "circor/patients.csv", tmp_path / "circor")
    return tmp_path


def test_what_was_heard_is_kept(two_children, network, monkeypatch):
    cache = two_children / "out/heard.jsonl"
    first = read_examples(two_children, network, cache)
    assert [(e.patient.name, e.position, e.target) for e in first] == [("29045", "TV", 1), ("50318", "TV", 0)]
    assert 0 < first[1].features.mean() < first[0].features.mean() < 1
    lines = cache.read_text().splitlines()
    cache.write_text("\n".join(lines[:2]) + "\n" + lines[2][:20])  # killed while it wrote
    again = read_examples(two_children, network, cache)
    assert [e.features.tolist() for e in again] == [e.features.tolist() for e in first]
    monkeypatch.setattr("heartseg.offline.training.systole.newest_beats", None)  # nothing is heard twice
    assert len(read_examples(two_children, network, cache)) == 2
    cache.write_text('{"network": "another"}\n')
    with pytest.raises(DataError, match="another network"):
        read_examples(two_children, network, cache)


def test_the_command_refuses_what_it_cannot_do(tmp_path, capsys):
    assert main(["train", "--systole", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "patients.csv" in capsys.readouterr().err
    (tmp_path / "mine.json").write_text("{}")
    with pytest.raises(SystemExit, match="2"):
        main(["train", "--systole", "--data", str(tmp_path), "--out", str(tmp_path), "--name", "mine"])
    assert "--force" in capsys.readouterr().err and (tmp_path / "mine.json").read_text() == "{}"


def test_the_command_writes_a_model(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("heartseg.offline.training.systole.read_examples", lambda *args: persons(60))
    monkeypatch.setattr("heartseg.offline.training.systole.REPEATS", 1)
    assert main(["train", "--systole", "--data", str(tmp_path), "--out", str(tmp_path), "--name", "mine"]) == 0
    assert "| AUROC |" in capsys.readouterr().out
    assert load_systole(tmp_path / "mine.json").name == "mine"
