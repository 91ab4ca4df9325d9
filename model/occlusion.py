"""Which words carry a label: leave each out in turn, and see how far the label's probability falls.

Occlusion, or leave-one-out: Zeiler & Fergus (2014); for texts Li, Monroe & Jurafsky (2016). It asks nothing of
a model but its answers, so it is the same for every engine.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

# More parts say little more to a reader, and each costs the engine another look at the whole text.
MAX_PARTS = 64
# Characters read again in all: a second or two of two cores.
MAX_CHARS = 60_000
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Occlusion:
    """`rest` is the source without `source[start:end]`; offsets count code points."""

    start: int
    end: int
    rest: str


def occlude(source: str) -> list[Occlusion]:
    """Leave out each word of `source` in turn, in order; in a long text each run of neighbouring words.

    Every character that is not white space is left out exactly once.
    """
    words = [match.span() for match in _WORD.finditer(source)]
    parts = count_parts(words=len(words), chars=len(source))
    bounds = [len(words) * index // max(1, parts) for index in range(parts + 1)]
    spans = [(words[first][0], words[last - 1][1]) for first, last in pairwise(bounds)]
    return [Occlusion(start, end, source[:start] + source[end:]) for start, end in spans]


def count_parts(*, words: int, chars: int) -> int:
    """How many parts a text of so many words and characters is explained by."""
    return min(words, MAX_PARTS, max(1, MAX_CHARS // max(1, chars)))
