"""`heartseg-offline score`: events against reference annotations."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..console import UsageError, refuse_to_overwrite, say
from ..datasets.pascal import PASCAL_TABLE
from ..datasets.recording import DataError, Recording
from ..datasets.sets import read_sets
from ..evaluation.ecg import NO_FIGURES, EcgFigures, ecg_table, judge, read_r_peaks
from ..evaluation.evaluate import Evaluation, evaluate
from ..evaluation.many_to_one import many_to_one
from ..evaluation.tables import figures_table, rate_table, worst_table
from ..figures.plot import Picture, save
from ..formats import read_annotation, read_prediction, read_recording
from ..formats.results import Results
from ..scoring import KINDS, Prediction, by_centre
from .options import add_force

EXAMPLE = "circor/dev events --worst 10"

_AUDIO = (".flac", ".wav")  # as the public sets have it
_NAMES_SHOWN = 5


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "reference",
        type=Path,
        help="folder of CirCor, CinC 2016, PASCAL set A or results, with its sub-folders; or one of these files",
    )
    p.add_argument(
        "predictions", type=Path, help="folder of results in any format of `segment`, with its sub-folders, or one file"
    )
    p.add_argument(
        "--ecg", type=Path, metavar="RPEAKS",
        help="judge by the R-peaks of an ECG, too: a .tsv of name and seconds, or a folder of NAME.rpeaks.txt, WFDB "
        "annotations or WFDB records with an ECG; the same path as REFERENCE: by these alone",
    )  # fmt: skip
    p.add_argument(
        "--metric", choices=("one-to-one", "many-to-one"), default="one-to-one",
        help="'many-to-one': as others publish it, within 40 ms, a mean over recordings (default: %(default)s)",
    )  # fmt: skip
    p.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    p.add_argument("--worst", type=int, default=0, metavar="N", help="list the N recordings that cost most")
    p.add_argument("--plots", type=Path, metavar="DIR", help="draw those N into DIR (of a set, which has the sound)")
    add_force(p)


def run(args: argparse.Namespace) -> int:
    """Score, print and write; returns the exit status."""
    if args.plots and not (args.worst and args.reference.is_dir()):
        raise UsageError("--plots goes with --worst N and a set's folder as the reference")
    if args.json:
        refuse_to_overwrite(args.json, args.force)
    if args.ecg and args.ecg == args.reference:
        return _judge_unmarked(args)
    evaluation, missing = score_files(args.reference, args.predictions)
    if missing:
        say(f"{len(missing)} recordings have no result and count as empty: {' '.join(missing[:_NAMES_SHOWN])}")
    figures = evaluation.as_dict()
    if args.metric == "many-to-one":
        by_other = many_to_one(evaluation)
        print(by_other.table())
        figures["many_to_one"] = by_other.as_dict()
    else:
        print(figures_table(evaluation))
        print(rate_table(evaluation))
    if args.worst:
        print(worst_table(evaluation, args.worst))
    worst = evaluation.worst(args.worst) if args.plots else []
    for path in (args.plots / f"{s.name}{page}.png" for s in worst for page in ("", "-1")):
        refuse_to_overwrite(path, args.force)  # before anything is written
    if args.ecg:
        by_ecg = judge_evaluation(evaluation, read_r_peaks(args.ecg))
        print(ecg_table(by_ecg))
        figures["ecg"] = {name: f.as_dict() for name, f in by_ecg.items()}
    if args.json:
        _write_json(args.json, figures)
    if args.plots:
        from ..segmentation import read_pcg

        for s in worst:
            picture = Picture(s.name, read_pcg(s.recording.audio), s.prediction, reference=s.reference)
            save(picture, args.plots / f"{s.name}.png", args.force)
    return 0


def _judge_unmarked(args: argparse.Namespace) -> int:
    """Judge recordings without an annotation by their R-peaks, print and write."""
    total, missing = NO_FIGURES, []
    results, r_peaks = Results(args.predictions), read_r_peaks(args.ecg)
    for name, r_peaks_s in r_peaks.items():
        path = results.of(Path(name))
        missing += [] if path else [name]
        total += judge(r_peaks_s, read_prediction(path).sounds if path else {kind: by_centre([]) for kind in KINDS})
    results.refuse_none(len(missing), len(r_peaks), args.ecg)
    if missing:
        say(f"{len(missing)} recordings have no result and count as empty: {' '.join(missing[:_NAMES_SHOWN])}")
    print(ecg_table({"predictions": total}))
    if args.json:
        _write_json(args.json, {"ecg": {"predictions": total.as_dict()}})
    return 0


def judge_evaluation(evaluation: Evaluation, r_peaks: Mapping[str, NDArray[np.float64]]) -> dict[str, EcgFigures]:
    """Predictions and references by the R-peaks within annotated time. r_peaks: seconds by the recording's name."""
    predictions = references = NO_FIGURES
    for s in evaluation.scored:
        if s.name in r_peaks:
            predictions += judge(r_peaks[s.name], s.prediction.sounds, s.reference.spans)
            references += judge(r_peaks[s.name], s.reference.sounds, s.reference.spans)
    if not references.r_peaks:
        raise DataError("the R-peaks of --ecg are of none of the references")
    return {"predictions": predictions, "reference": references}


def _write_json(path: Path, figures: dict[str, Any]) -> None:
    path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def score_files(reference: Path, predictions: Path) -> tuple[Evaluation, list[str]]:
    """Score results, and name the references that have none; these are scored as empty. Raises DataError.

    reference: a folder of a supported set, or one annotation. predictions: a folder of results, or one file. Results
    of `segment`, in any format, serve as references too. Where none has a result, DataError is raised.
    """
    recordings = read_references(reference, predictions)
    results = Results(predictions)
    missing = []

    def predict(recording: Recording) -> Prediction:
        path = results.of(_place(recording, reference), recording.audio.suffix)
        if path:
            return read_prediction(path)
        missing.append(recording.name)
        none = {kind: np.zeros(0) for kind in KINDS}
        return Prediction({kind: by_centre([]) for kind in KINDS}, none, none)

    evaluation = evaluate(recordings, predict)
    results.refuse_none(len(missing), len(recordings), reference)
    return evaluation, missing


def _place(recording: Recording, reference: Path) -> Path:
    """Path of a recording below the folder of references, without its ending."""
    return (recording.audio.parent / recording.name).relative_to(reference if reference.is_dir() else reference.parent)


def read_references(reference: Path, predictions: Path) -> list[Recording]:
    """The references: of a set, of a folder of results, or one, named as `predictions` is. Raises DataError."""
    if reference.is_file():
        namesake = predictions if predictions.is_file() else reference
        return [read_annotation(reference, namesake.stem.removesuffix("_StateAns"))]
    results = _results(reference)
    recordings = [read_recording(path) for path in results] if results else read_sets(reference)
    if predictions.is_file():
        raise DataError(f"{predictions}: is one file, and {reference} a folder of references; name a folder of results")
    return recordings


def _results(folder: Path) -> list[Path]:
    """The results of a folder that is no public set, one for each name."""
    if (folder / PASCAL_TABLE).exists() or any(next(folder.rglob(f"*{ending}"), None) for ending in _AUDIO):
        return []
    return sorted(Results(folder).by_place.values()) if folder.is_dir() else []
