"""From data files to clean examples with a split, saying what was left out and why."""

from collections.abc import Callable, Sequence
from pathlib import Path

from model.errors import DataError
from training.examples import Example, read_examples
from training.splits import assign_splits, deduplicate

Say = Callable[[str], None]
_SHOWN = 10


def read_clean(paths: Sequence[Path], *, skip_bad_rows: bool = False, say: Say) -> list[Example]:
    """Read the labelled texts in `paths` as they are.

    Raises:
        DataError: a file cannot be read, or a row is bad (unless skipped); every bad row is named.
    """
    examples, bad = read_examples(paths)
    if bad and not skip_bad_rows:
        listing = "\n  ".join(map(str, bad))
        raise DataError(f"{len(bad)} bad rows; correct them or pass --skip-bad-rows:\n  {listing}")
    for row in bad:
        say(f"left out {row}")
    return examples


def prepare_examples(
    paths: Sequence[Path], *, dev_fraction: float, test_fraction: float, skip_bad_rows: bool = False, say: Say
) -> list[Example]:
    """Read, deduplicate and split the labelled texts in `paths`.

    Raises:
        DataError: bad rows (unless skipped), unreadable files, or a group that straddles splits.
    """
    clean = deduplicate(read_clean(paths, skip_bad_rows=skip_bad_rows, say=say))
    if clean.duplicates:
        say(f"left out {len(clean.duplicates):,} later copies of texts already read")
    for copies in clean.contradictions[:_SHOWN]:
        places = ", ".join(f"{example.place} {example.label}" for example in copies)
        say(f"left out, same text with different labels: {places}")
    if len(clean.contradictions) > _SHOWN:
        say(f"... and {len(clean.contradictions) - _SHOWN:,} more texts with different labels")
    return assign_splits(clean.examples, dev_fraction=dev_fraction, test_fraction=test_fraction)
