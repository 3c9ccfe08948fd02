"""One answer for a person: the positions where most is heard decide."""

import pytest

from heartseg.models import load_systole
from heartseg.offline.evaluation.person import person_answer
from heartseg.stream.events import Systole

MODEL = load_systole()


def at(probability, confidence=0.95):
    return Systole(0, 1, "", probability, 12, confidence, 2)


def test_it_is_the_probability_of_the_model():
    person = person_answer([at(0.5), at(0.9), None, at(0.1)], MODEL)
    assert person.positions == 3
    assert person.probability == pytest.approx(MODEL.person_probability([0.0, 2.1972246, -2.1972246]))


def test_more_heard_at_a_position_is_no_less_in_the_person():
    rising = [person_answer([at(p), at(0.2), at(0.01)], MODEL) for p in (0.0, 0.3, 0.99, 1.0)]
    assert [p.probability for p in rising] == sorted(p.probability for p in rising)
    assert rising[-1].answer == "heard"
    assert person_answer([at(0.0), at(0.0)], MODEL).answer == "not heard"


def test_a_low_confidence_keeps_it_from_saying_that_nothing_is_heard():
    unsure = MODEL.confidence - 0.1
    assert person_answer([at(0.0), at(0.0, unsure - 0.1)], MODEL).answer == "cannot tell"
    assert person_answer([at(1.0, unsure), at(1.0, unsure)], MODEL).answer == "heard"


def test_without_an_answer_at_any_position_there_is_none():
    for answers in ([], [None, None]):
        person = person_answer(answers, MODEL)
        assert (person.answer, person.probability, person.positions) == ("cannot tell", None, 0)
