"""How often a label flips under an edit that should not matter (CheckList: Ribeiro et al. 2020)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.classifier import StanceClassifier
from model.records import TextInput
from training.examples import Example
from training.metrics import Estimate, estimate, resample_weights

# Two of one office: a text that takes a side toward Russia takes it with either name.
_PEERS = (
    ("Trump", "Biden"),
    ("Obama", "Bush"),
    ("Lavrov", "Peskov"),
    ("Blinken", "Rubio"),
    ("Merkel", "Scholz"),
    ("Macron", "Sarkozy"),
    ("Johnson", "Starmer"),
    ("Brezhnev", "Andropov"),
    ("Reagan", "Carter"),
)
_OTHER = {a: b for pair in _PEERS for a, b in (pair, pair[::-1])}
_NAMES = re.compile(rf"\b({'|'.join(_OTHER)})\b")
_LONG_WORD = re.compile(r"\b[A-Za-z]{6,}\b")
# One long word in so many gets a slip of the pen.
_TYPO_EVERY = 6


@dataclass(frozen=True, slots=True)
class Flips:
    """Of `texts` that the edit changed, the share whose label flipped."""

    edit: str
    texts: int
    share: Estimate


def _typos(text: str) -> str:
    """Swap two letters inside some long words."""
    words = list(_LONG_WORD.finditer(text))[::_TYPO_EVERY]
    for match in words:
        middle = match.start() + len(match.group()) // 2
        text = text[: middle - 1] + text[middle] + text[middle - 1] + text[middle + 1 :]
    return text


def _curly(text: str) -> str:
    return re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text).replace("'", "\u2019")


def _swap_names(text: str) -> str:
    return _NAMES.sub(lambda match: _OTHER[match.group()], text)


EDITS: dict[str, Callable[[str], str]] = {
    "lower case": str.lower,
    "capitals": str.upper,
    "typos": _typos,
    "curly quotes": _curly,
    "no full stop": lambda text: text.rstrip(". "),
    "a link appended": lambda text: f"{text} https://example.org/a1b2",
    "an emoji appended": lambda text: f"{text} \U0001f642",
    "`Thanks.` appended": lambda text: f"{text} Thanks.",
    "`Hi all,` in front": lambda text: f"Hi all, {text}",
    "people swapped": _swap_names,
}


def flips(classifier: StanceClassifier, examples: Sequence[Example]) -> list[Flips]:
    """Return the flips of each edit; an edit that changes none of the texts is left out."""
    labels = [prediction.label for prediction in classifier.classify([example.as_input() for example in examples])]
    found = []
    for name, edit in EDITS.items():
        edited = [replace(example.as_input(), text=edit(example.text)) for example in examples]
        changed = [i for i, (new, old) in enumerate(zip(edited, examples, strict=True)) if new.text != old.text]
        if changed:
            found.append(_measure(name, classifier, [edited[i] for i in changed], [labels[i] for i in changed]))
    return found


def _measure(name: str, classifier: StanceClassifier, edited: Sequence[TextInput], labels: Sequence[str]) -> Flips:
    predictions = classifier.classify(edited)
    flipped = np.array([new.label != old for new, old in zip(predictions, labels, strict=True)], dtype=np.float64)
    return Flips(name, len(labels), estimate(resample_weights(len(flipped)) @ flipped / len(flipped)))
