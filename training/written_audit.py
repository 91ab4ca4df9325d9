"""Hunts for what would let a model guess the label of a written text without understanding it.

python -m training.written_audit                                   what there is
python -m training.written_audit --against data/real_texts.jsonl   the nearest to real texts: are any drawn from one?
python -m training.written_audit --drop 300 -o filtered.jsonl      without the training texts that words alone give away
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import GroupKFold, GroupShuffleSplit
from tabulate import tabulate

from model.labels import LABELS
from training.baseline import fit_baseline, predict_baseline
from training.cli_options import run_script
from training.evaluation import Outcome, truth_of
from training.examples import Example, read_examples, text_id
from training.replay import WRITTEN
from training.rows import BadRow, read_rows
from training.splits import select

SHINGLE = 5
NEAR = 0.5
OPENING_WORDS = 4
_FOLDS = 5
_SHOWN = 10
_WORD = r"(?u)\b\w+\b"
# AFLite (Le Bras et al., 2020): how often a text is held out and guessed before it is called predictable.
_PARTITIONS = 20


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--drop", type=click.IntRange(min=0), default=0, help="Most predictable training texts to leave out.")
@click.option("--against", multiple=True, type=_FILE, help="Texts that none may be drawn from; may be repeated.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File for what is left; needed by --drop.")
def main(drop: int, against: tuple[Path, ...], out: Path | None) -> None:
    """Print counts, near-duplicates, repeated openings, and what bag-of-words baselines guess."""
    examples = read_examples([WRITTEN])[0]
    click.echo(f"{_counts(examples)}\n")
    near = near_duplicates(examples)
    click.echo(f"near-duplicates (over half of the {SHINGLE}-word runs shared, other group): {len(near)}")
    for first, second in near:
        click.echo(f"  {first.id} {second.id}")
    for opening, times in repeated_openings(examples).most_common(5):
        click.echo(f"opening of {times} texts: {opening}")
    for cosine, first, other in nearest(examples, _texts(against))[:_SHOWN] if against else []:
        click.echo(f"cosine {cosine:.2f} with {other}: {first.id}")
    click.echo(f"\n{_guesses(examples)}")
    if drop:
        if out is None:
            raise click.UsageError("--drop needs -o FILE")
        single = [example for example, paired in zip(examples, in_pairs(examples), strict=True) if not paired]
        _write_without(out, set(most_predictable(select(single, "train"), count=drop)))


def near_duplicates(examples: Sequence[Example]) -> list[tuple[Example, Example]]:
    """Pairs of different groups that share over half of the shorter one's word runs; white space and case aside."""
    vectorizer = CountVectorizer(ngram_range=(SHINGLE, SHINGLE), binary=True, token_pattern=_WORD)
    runs = vectorizer.fit_transform([example.text for example in examples]).astype(np.int32)
    shared = (runs @ runs.T).tocoo()
    sizes = np.asarray(runs.sum(axis=1)).ravel()
    return [
        (examples[i], examples[j])
        for i, j, count in zip(shared.row, shared.col, shared.data, strict=True)
        if i < j and count > NEAR * min(sizes[i], sizes[j]) and examples[i].group != examples[j].group
    ]


def nearest(examples: Sequence[Example], others: Mapping[str, str]) -> list[tuple[float, Example, str]]:
    """The TF-IDF cosine (words and pairs of words, common ones left out) of each example to its nearest other text,
    with that text's id, largest first."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.02, token_pattern=_WORD)
    vectorizer.fit([*(example.text for example in examples), *others.values()])
    cosines = vectorizer.transform([example.text for example in examples]) @ vectorizer.transform(others.values()).T
    best = np.asarray(cosines.argmax(axis=1)).ravel()
    ids = list(others)
    found = [(float(cosines[row, column]), examples[row], ids[column]) for row, column in enumerate(best)]
    return sorted(found, key=lambda triple: -triple[0])


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
    outcome = guess(examples)
    sets = {
        "text and context": outcome,
        "the same, minimal pairs only": outcome[in_pairs(examples)],
        "the context alone": guess(alone) if alone else outcome[np.zeros(len(examples), dtype=bool)],
    }
    rows = [
        [name, len(found.truth), found.figures().macro_f1, found.figures().accuracy]
        for name, found in sets.items()
        if len(found.truth)
    ]
    headers = ["a bag of words sees (cross-validated)", "texts", "macro F1", "accuracy"]
    return tabulate(rows, headers=headers, disable_numparse=True)


def _only(example: Example, *, text: str) -> Example:
    return replace(example, text=text, context=None)


def in_pairs(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Which texts have a twin in their group with another label; shape (texts,)."""
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


def _texts(paths: Sequence[Path]) -> dict[str, str]:
    rows = (row for path in paths for _, row in read_rows(path, required=("text",)) if not isinstance(row, BadRow))
    return {text_id(row["text"]): row["text"] for row in rows if row.get("text")}


def _write_without(path: Path, dropped: set[str]) -> None:
    lines = WRITTEN.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if json.loads(line)["id"] not in dropped]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    click.echo(f"\n{path}: {len(kept):,} texts, without {len(lines) - len(kept):,} that words alone give away")


if __name__ == "__main__":
    run_script(main)
