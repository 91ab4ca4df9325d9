"""What goes in and what comes out: plain records, the same in Python, in REST and in files."""

from dataclasses import dataclass
from typing import Any

from model.labels import Stance


@dataclass(frozen=True, slots=True)
class TextInput:
    """One text to be scored.

    `context` is what the text answers (parent comment, title, paragraph before): it may decide
    what "I agree" refers to, but is never scored itself. `id` is the caller's and comes back unchanged.
    """

    text: str
    context: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """The stance of one paragraph; `start` and `end` are code-point offsets into the text as sent."""

    start: int
    end: int
    label: Stance
    scores: dict[str, float]
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "label": self.label.value,
            "scores": dict(self.scores),
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Attribution:
    """How far the probability of the label falls when `text[start:end]` is left out; negative where it rises.

    `start` and `end` are code-point offsets into the text as sent.
    """

    start: int
    end: int
    score: float

    def to_dict(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "score": self.score}


@dataclass(frozen=True, slots=True)
class Prediction:
    """The stance of one text. `scores` are calibrated probabilities in label order, sum 1 ± 1e-6."""

    id: str | None
    label: Stance
    scores: dict[str, float]
    confidence: float
    abstained: bool
    language: str | None
    truncated: bool
    segments: tuple[Segment, ...] | None = None
    attributions: tuple[Attribution, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape of the public interface; `segments` and `attributions` only when they were asked for."""
        record: dict[str, Any] = {
            "id": self.id,
            "label": self.label.value,
            "scores": dict(self.scores),
            "confidence": self.confidence,
            "abstained": self.abstained,
            "language": self.language,
            "truncated": self.truncated,
        }
        if self.segments is not None:
            record["segments"] = [segment.to_dict() for segment in self.segments]
        if self.attributions is not None:
            record["attributions"] = [attribution.to_dict() for attribution in self.attributions]
        return record
