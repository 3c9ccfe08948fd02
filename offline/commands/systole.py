"""`heartseg-offline systole`: one answer of the recordings of one person."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ...stream import NOTICE, heartseg_version
from ...stream.events import Systole
from ...stream.events.systole import CANNOT_TELL, QUESTION, REVIEW, REVIEW_NOTICE
from ...stream.sources.base import SourceError
from ..archive.find import find_recordings
from ..console import say

if TYPE_CHECKING:
    from ..evaluation.person import PersonAnswer

EXAMPLE = "anna_AV.wav anna_PV.wav anna_TV.wav anna_MV.wav"


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "files", nargs="+", type=Path, metavar="FILE",
        help="recordings of one person, each at a position on the chest; or a folder or glob of them",
    )  # fmt: skip
    p.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Listen to all recordings, and print the answer of each and of the person; returns the exit status."""
    from ...models import load, load_systole
    from ...stream.segmenter.lag import DEFAULT_LAG
    from ..evaluation.person import person_answer
    from ..segmentation import segment_file

    found = find_recordings(args.files)
    failures = [*found.failures, *([found.without_ffmpeg()] if found.passed_over else [])]
    network, answers = load(DEFAULT_LAG.network), {}
    for item in found.items:
        try:
            segmentation = segment_file(item.file, network, DEFAULT_LAG, systole=True)
        except SourceError as error:
            failures.append(str(error))
            continue
        for warning in segmentation.warnings:
            say(f"warning: {warning}")
        answers[item.file] = segmentation.systole
    for failure in failures:
        say(failure)
    if answers:
        model = load_systole()
        person = person_answer(answers.values(), model)
        print(_json(answers, person, model.name) if args.json else _text(answers, person))
    return 1 if failures else 0


def _json(answers: dict[Path, Systole | None], person: "PersonAnswer", model: str) -> str:
    positions = [{"file": str(file), **_position(answer)} for file, answer in answers.items()]
    return json.dumps(
        {
            "type": "systole_person",
            "heartseg": heartseg_version(),
            "systole_model": model,
            "question": QUESTION,
            "answer": person.answer,
            "probability": None if person.probability is None else round(person.probability, 3),
            "positions": positions,
            "notice": REVIEW_NOTICE,
        },
        ensure_ascii=False,
    )


def _position(answer: Systole | None) -> dict[str, str | float | int | None]:
    if answer is None:
        return {"answer": CANNOT_TELL, "probability": None, "beats": None}
    return {"answer": answer.answer, "probability": round(answer.probability, 3), "beats": answer.beats}


def _text(answers: dict[Path, Systole | None], person: "PersonAnswer") -> str:
    width = max(len(str(file)) for file in answers)
    rows = [
        f"{file!s:<{width}}  "
        + (
            f"{answer.answer:<11}  probability {answer.probability:.2f}  {answer.beats} beats"
            if answer
            else f"{CANNOT_TELL}  too few clean beats"
        )
        for file, answer in answers.items()
    ]
    probability = "" if person.probability is None else f"  probability {person.probability:.2f}"
    of = f"{person.positions} of {len(answers)} recording{'s' * (len(answers) != 1)}"
    return "\n".join([*rows, f"{QUESTION}: {person.answer}{probability}  {of}  {REVIEW}", NOTICE])
