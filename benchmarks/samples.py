"""The texts that are scored: written comments and paragraphs, the same for all."""

from itertools import cycle, islice
from random import Random

from model.classifier import StanceClassifier
from model.text import normalize
from training.replay import written_examples

LENGTHS = (8, 16, 32, 64, 128, 256)
# Each length is measured on as many tokens, so a short length on many texts.
_TOKENS_EACH = 4096
# Texts with words enough for the longest.
_ENOUGH = 1500


def timed_texts(count: int) -> list[str]:
    return _draw("test", count)


def calibration_texts(count: int) -> list[str]:
    return _draw("train", count)


def texts_by_length(classifier: StanceClassifier) -> dict[int, list[str]]:
    """Texts of exactly so many tokens, the two special ones among them; all different, or ours would score one once."""
    words = [word for text in timed_texts(_ENOUGH) for word in text.split() if word.isalpha()]
    single = [word for word in dict.fromkeys(words) if _tokens(classifier, word) == 3]
    stream = cycle(single)
    return {length: [" ".join(islice(stream, length - 2)) for _ in range(_TOKENS_EACH // length)] for length in LENGTHS}


def mean_tokens(classifier: StanceClassifier, texts: list[str]) -> float:
    return sum(_tokens(classifier, text) for text in texts) / len(texts)


def _tokens(classifier: StanceClassifier, text: str) -> int:
    return sum(len(window) for window in classifier.prepare([text])[0].windows)


def _draw(split: str, count: int) -> list[str]:
    """At random, for they lie by kind and length in their file; always the same."""
    examples = written_examples(split)
    chosen = Random(0).sample(examples, min(count, len(examples)))  # noqa: S311 not for secrets
    return [normalize(example.text) for example in chosen]
