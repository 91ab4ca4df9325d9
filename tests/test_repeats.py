"""Texts alike are scored once within a run, and each row still has its own result."""

import pytest

from model.classifier import StanceClassifier
from model.records import Prediction, TextInput
from service import repeats
from service.repeats import RepeatScorer


class Counting:
    """Remembers what it was asked to classify."""

    def __init__(self, classifier: StanceClassifier) -> None:
        self.asked: list[TextInput] = []
        self._classifier = classifier

    def classify(self, texts: list[TextInput]) -> list[Prediction]:
        self.asked += texts
        return self._classifier.classify(texts)


@pytest.fixture
def counting(classifier: StanceClassifier) -> Counting:
    return Counting(classifier)


def test_order_and_number_stay_and_each_text_is_scored_once(classifier: StanceClassifier, counting: Counting) -> None:
    texts = [TextInput(text) for text in ["peace", "a trap", "peace", "no deal", "a trap", "peace"]]
    scorer = RepeatScorer(counting)
    labels = [prediction.label for prediction in scorer.classify(texts)]
    assert labels == [prediction.label for prediction in classifier.classify(texts)]
    assert [item.text for item in counting.asked] == ["peace", "a trap", "no deal"]
    scorer.classify(texts)
    assert len(counting.asked) == 3, "a later window knows them still"


def test_another_context_is_another_text(counting: Counting) -> None:
    RepeatScorer(counting).classify([TextInput("i agree"), TextInput("i agree", context="peace")])
    assert len(counting.asked) == 2


def test_what_is_forgotten_is_scored_again(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "REMEMBERED", 2)
    scorer = RepeatScorer(counting)
    texts = [TextInput(text) for text in ["peace", "a trap", "no deal"]]
    assert len(scorer.classify(texts)) == 3
    scorer.classify(texts[:1])
    assert [item.text for item in counting.asked] == ["peace", "a trap", "no deal", "peace"]
