"""Hunts for what would let a model guess the label of a written text without understanding it.

python -m training.written_audit                                 what there is
python -m training.written_audit --drop 300 -o filtered.jsonl    without the training texts that words alone give away
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GroupKFold, GroupShuffleSplit
from tabulate import tabulate

from model.labels import LABELS
from training.baseline import fit_baseline, predict_baseline
from training.evaluation import Outcome, truth_of
from training.examples import Example, read_examples
from training.replay import WRITTEN
from training.splits import select

SHINGLE = 5
NEAR = 0.5
OPENING_WORDS = 4
_FOLDS = 5
# AFLite (Le Bras et al., 2020): how often a text is held out and guessed before it is called predictable.
_PARTITIONS = 40


@click.command()
@click.option("--drop", type=click.IntRange(min=0), default=0, help="Most predictable training texts to leave out.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File for what is left; needed by --drop.")
def main(drop: int, out: Path | None) -> None:
    """Print counts, near-duplicates, repeated openings, and what bag-of-words baselines guess."""
    examples = read_examples([WRITTEN])[0]
    click.echo(f"{_counts(examples)}\n")
    near = near_duplicates(examples)
    click.echo(f"near-duplicates (over half of the {SHINGLE}-word runs shared, other group): {len(near)}")
    for first, second in near:
        click.echo(f"  {first.id} {second.id}")
    for opening, times in repeated_openings(examples).most_common(5):
        click.echo(f"opening of {times} texts: {opening}")
    click.echo(f"\n{_guesses(examples)}")
    if drop:
        if out is None:
            raise click.UsageError("--drop needs -o FILE")
        _write_without(out, set(most_predictable(select(examples, "train"), count=drop)))


def near_duplicates(examples: Sequence[Example]) -> list[tuple[Example, Example]]:
    """Pairs of different groups that share over half of the shorter one's word runs; white space and case aside."""
    vectorizer = CountVectorizer(ngram_range=(SHINGLE, SHINGLE), binary=True, token_pattern=r"(?u)\b\w+\b")
    runs = vectorizer.fit_transform([example.text for example in examples]).astype(np.int32)
    shared = (runs @ runs.T).tocoo()
    sizes = np.asarray(runs.sum(axis=1)).ravel()
    return [
        (examples[i], examples[j])
        for i, j, count in zip(shared.row, shared.col, shared.data, strict=True)
        if i < j and count > NEAR * min(sizes[i], sizes[j]) and examples[i].group != examples[j].group
    ]


def repeated_openings(examples: Sequence[Example]) -> Counter[str]:
    """How many groups open with the same four words."""
    openings = {(" ".join(example.text.lower().split()[:OPENING_WORDS]), example.group) for example in examples}
    return Counter(opening for opening, _ in openings)


def minimal_pairs(examples: Sequence[Example]) -> int:
    """How many groups hold texts of different labels."""
    ordered = sorted(examples, key=lambda example: example.group)
    return sum(len({example.label for example in group}) > 1 for _, group in groupby(ordered, key=lambda e: e.group))


def guess(examples: Sequence[Example]) -> Outcome:
    """What a bag of words, trained on the other groups, makes of each text; rows as in `examples`."""
    probabilities = np.zeros((len(examples), len(LABELS)))
    groups = [example.group for example in examples]
    for seen, held_out in GroupKFold(_FOLDS, shuffle=True, random_state=0).split(groups, groups=groups):
        baseline = fit_baseline([examples[i] for i in seen])
        probabilities[held_out] = predict_baseline(baseline, [examples[i] for i in held_out]).probabilities
    return Outcome(truth_of(examples), probabilities, np.zeros(len(examples), dtype=bool))


def most_predictable(examples: Sequence[Example], *, count: int) -> list[str]:
    """The ids of the `count` texts whose label words alone give away most surely, over many partitions (AFLite)."""
    sums = np.zeros(len(examples))
    times = np.zeros(len(examples))
    truth = truth_of(examples)
    groups = [example.group for example in examples]
    partitions = GroupShuffleSplit(_PARTITIONS, test_size=0.2, random_state=0).split(groups, groups=groups)
    for seen, held_out in partitions:
        found = predict_baseline(fit_baseline([examples[i] for i in seen]), [examples[i] for i in held_out])
        sums[held_out] += found.probabilities[np.arange(len(held_out)), truth[held_out]]
        times[held_out] += 1
    predictability: NDArray[np.float64] = sums / np.maximum(times, 1)
    return [examples[i].id for i in np.argsort(-predictability, kind="stable")[:count]]


def _guesses(examples: Sequence[Example]) -> str:
    with_context = [example for example in examples if example.context]
    alone = [_only(example, text=example.context or "") for example in with_context]
    pairs = _in_pairs(examples)
    outcome = guess(examples)
    sets = {
        "text and context": (len(examples), outcome),
        "the same, minimal pairs only": (int(pairs.sum()), outcome[pairs]),
        "the context alone": (len(alone), guess(alone)),
    }
    rows = [[name, count, found.figures().macro_f1, found.figures().accuracy] for name, (count, found) in sets.items()]
    headers = ["a bag of words sees (cross-validated)", "texts", "macro F1", "accuracy"]
    return tabulate(rows, headers=headers, disable_numparse=True)


def _only(example: Example, *, text: str) -> Example:
    return replace(example, text=text, context=None)


def _in_pairs(examples: Sequence[Example]) -> NDArray[np.bool_]:
    labels: dict[str, set[str]] = {}
    for example in examples:
        labels.setdefault(example.group, set()).add(example.label)
    return np.array([len(labels[example.group]) > 1 for example in examples])


def _counts(examples: Sequence[Example]) -> str:
    rows = [["all", len(examples)], ["minimal pairs", minimal_pairs(examples)]]
    rows += [["with a context", sum(example.context is not None for example in examples)]]
    for name in ("kind", "label", "split"):
        rows += [[value, count] for value, count in Counter(getattr(e, name) for e in examples).most_common()]
    return tabulate(rows, headers=["texts", ""])


def _write_without(path: Path, dropped: set[str]) -> None:
    lines = WRITTEN.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if json.loads(line)["id"] not in dropped]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    click.echo(f"\n{path}: {len(kept):,} texts, without {len(lines) - len(kept):,} that words alone give away")


if __name__ == "__main__":
    main()
