"""The JSON shape of predictions."""

from dataclasses import FrozenInstanceError, replace

import pytest

from model.labels import Stance
from model.records import Prediction, Segment, TextInput

SCORES = {"skeptical": 0.7, "supportive": 0.2, "neutral": 0.1}
SEGMENT = Segment(start=2, end=9, label=Stance.SKEPTICAL, scores=SCORES, confidence=0.7)
PREDICTION = Prediction(
    id="a", label=Stance.SKEPTICAL, scores=SCORES, confidence=0.7, abstained=False, language="en", truncated=False
)


def test_a_prediction_has_the_fields_of_the_public_interface() -> None:
    assert PREDICTION.to_dict() == {
        "id": "a",
        "label": "skeptical",
        "scores": SCORES,
        "confidence": 0.7,
        "abstained": False,
        "language": "en",
        "truncated": False,
    }


def test_segments_are_there_only_when_asked_for() -> None:
    assert "segments" not in PREDICTION.to_dict()
    assert replace(PREDICTION, segments=()).to_dict()["segments"] == []
    assert replace(PREDICTION, segments=(SEGMENT,)).to_dict()["segments"] == [
        {"start": 2, "end": 9, "label": "skeptical", "scores": SCORES, "confidence": 0.7}
    ]


def test_changing_the_dict_leaves_the_prediction_alone() -> None:
    PREDICTION.to_dict()["scores"]["skeptical"] = 0.0
    assert PREDICTION.scores["skeptical"] == 0.7


def test_records_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        TextInput("a").text = "b"  # type: ignore[misc]
