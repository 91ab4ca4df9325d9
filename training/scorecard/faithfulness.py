"""Do the words that an explanation names carry the label? Leave them out and see (DeYoung et al. 2020, ERASER)."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from model.classifier import StanceClassifier
from model.records import Attribution, Prediction, TextInput
from training.examples import Example
from training.metrics import Estimate, estimate, resample_weights

# Share of a text's words that is left out.
SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How far the label's probability falls without the words named, and without as many drawn at random."""

    texts: int
    named: Estimate
    random: Estimate
    difference: Estimate


def measure_faithfulness(classifier: StanceClassifier, examples: Sequence[Example], *, seed: int = 0) -> Faithfulness:
    """Compare the words with the highest attributions with random ones (comprehensiveness); needs texts with words."""
    rng = Random(seed)  # noqa: S311 not for secrets
    inputs = [example.as_input() for example in examples]
    explained = classifier.classify(inputs, explain=True)
    named, drawn = [], []
    for item, prediction in zip(inputs, explained, strict=True):
        parts = sorted(prediction.attributions or (), key=lambda part: -part.score)
        count = max(1, round(SHARE * len(parts)))
        named.append(_without(item, parts[:count]))
        drawn.append(_without(item, rng.sample(parts, min(count, len(parts)))))
    falls = np.array([_fall(classifier, explained, named), _fall(classifier, explained, drawn)])
    weights = resample_weights(len(inputs))
    means = weights @ falls.T / len(inputs)
    return Faithfulness(len(inputs), estimate(means[:, 0]), estimate(means[:, 1]), estimate(means[:, 0] - means[:, 1]))


def _without(item: TextInput, parts: Sequence[Attribution]) -> TextInput:
    text = item.text
    for part in sorted(parts, key=lambda part: -part.start):
        text = text[: part.start] + text[part.end :]
    return TextInput(text, context=item.context)


def _fall(classifier: StanceClassifier, before: Sequence[Prediction], rest: Sequence[TextInput]) -> list[float]:
    after = classifier.classify(rest)
    return [old.confidence - new.scores[old.label] for old, new in zip(before, after, strict=True)]
