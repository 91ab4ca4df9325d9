"""Clean, disjoint training, development and test sets."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from model.errors import DataError
from training.examples import Example


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """`examples` without the others: later copies, and texts that carry several labels."""

    examples: list[Example]
    duplicates: list[Example]
    contradictions: list[list[Example]]


def deduplicate(examples: Sequence[Example]) -> Deduplicated:
    """Keep one copy of each text (with its context), and none of a text with contradicting labels."""
    copies: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        copies[example.key].append(example)
    agreeing = [found for found in copies.values() if len({example.label for example in found}) == 1]
    return Deduplicated(
        examples=[found[0] for found in agreeing],
        duplicates=[example for found in agreeing for example in found[1:]],
        contradictions=[found for found in copies.values() if len({example.label for example in found}) > 1],
    )


def assign_splits(examples: Sequence[Example], *, dev_fraction: float, test_fraction: float) -> list[Example]:
    """Give every example a split: its own, else by a hash of its group, so that no run can shuffle it over.

    Raises:
        DataError: examples of one group name different splits.
    """
    named: dict[str, Example] = {}
    for example in examples:
        if example.split is None:
            continue
        first = named.setdefault(example.group, example)
        if first.split != example.split:
            raise DataError(
                f"group {example.group!r} straddles splits: {first.place} is {first.split}, "
                f"{example.place} is {example.split}; give them one split"
            )
    return [
        replace(example, split=_split_of(example, named, dev_fraction=dev_fraction, test_fraction=test_fraction))
        for example in examples
    ]


def select(examples: Sequence[Example], split: str) -> list[Example]:
    return [example for example in examples if example.split == split]


def _split_of(example: Example, named: dict[str, Example], *, dev_fraction: float, test_fraction: float) -> str:
    if example.group in named:
        return str(named[example.group].split)
    draw = hash_fraction(example.group)
    if draw < test_fraction:
        return "test"
    return "dev" if draw < test_fraction + dev_fraction else "train"


def hash_fraction(group: str) -> float:
    """A number in [0, 1) that depends on nothing but `group`."""
    digest = hashlib.sha1(group.encode(errors="surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
