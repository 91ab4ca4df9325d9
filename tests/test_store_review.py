"""The review queue: least sure first, each text once, gone when labelled."""

import pytest
from sqlalchemy import Engine

from model.labels import LABELS, Stance
from model.records import Prediction, TextInput
from service.store.labels import LabelStore, NewLabel
from service.store.review import ReviewQueue


def prediction(*probabilities: float) -> Prediction:
    scores = {label.value: value for label, value in zip(LABELS, probabilities, strict=True)}
    best = max(scores, key=scores.get)
    return Prediction(None, Stance(best), scores, scores[best], abstained=False, language="en", truncated=False)


SURE, UNSURE, TORN = prediction(0.9, 0.05, 0.05), prediction(0.5, 0.3, 0.2), prediction(0.4, 0.2, 0.4)


@pytest.fixture
def queue(database: Engine) -> ReviewQueue:
    return ReviewQueue(database, max_texts=3)


def add(queue: ReviewQueue, *pairs: tuple[str, Prediction]) -> None:
    queue.add([TextInput(text) for text, _ in pairs], [found for _, found in pairs], model="comment-stance@2")


def test_the_least_sure_comes_first(queue: ReviewQueue):
    add(queue, ("sure", SURE), ("torn", TORN), ("unsure", UNSURE))
    found = queue.read(limit=10)
    assert [item.text for item in found] == ["torn", "unsure", "sure"]
    assert found[0].scores == TORN.scores
    assert found[0].label == TORN.label
    assert [item.text for item in queue.read(limit=1)] == ["torn"]


def test_a_text_is_in_the_queue_once(queue: ReviewQueue):
    add(queue, ("torn", TORN), ("torn", TORN))
    add(queue, ("torn", SURE))
    assert queue.size() == 1


def test_beyond_its_bound_the_surest_go(queue: ReviewQueue):
    add(queue, ("sure", SURE), ("torn", TORN), ("unsure", UNSURE), ("surer", prediction(0.98, 0.01, 0.01)))
    assert [item.text for item in queue.read(limit=10)] == ["torn", "unsure", "sure"]


def test_a_label_takes_the_text_out_and_keeps_it_out(queue: ReviewQueue, database: Engine):
    add(queue, ("torn", TORN), ("unsure", UNSURE))
    LabelStore(database).add([NewLabel("torn", Stance.NEUTRAL, "page")])
    assert [item.text for item in queue.read(limit=10)] == ["unsure"]
    add(queue, ("torn", TORN))
    assert queue.size() == 1


def test_the_same_text_under_another_context_is_another(queue: ReviewQueue):
    queue.add([TextInput("Yes."), TextInput("Yes.", context="Really?")], [TORN, TORN], model="m@1")
    assert queue.size() == 2
