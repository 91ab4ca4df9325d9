"""How a contender is asked: a line of JSON in, a line of JSON out, timed on its side of the pipe.

Imported in the peers' environments: nothing but the standard library.
"""

import json
import os
import sys
import time
from collections.abc import Callable

Classify = Callable[[list[str]], list[str]]


def serve(classify: Classify) -> None:
    """Answer until the input ends. Whatever libraries print must not come between the answers."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        question = json.loads(line)
        texts = question["texts"]
        parts = [[text] for text in texts] if question["one_by_one"] else [texts]
        seconds, labels = _timed(classify, parts)
        answers.write(json.dumps({"seconds": seconds, "labels": labels}) + "\n")
        answers.flush()


def _timed(classify: Classify, parts: list[list[str]]) -> tuple[list[float], list[str]]:
    seconds, labels = [], []
    for part in parts:
        start = time.perf_counter()
        found = classify(part)
        seconds.append(time.perf_counter() - start)
        labels.extend(found)
    return seconds, labels
