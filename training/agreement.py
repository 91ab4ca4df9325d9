"""How far two annotators who did not see each other's labels agree on the same real texts.

python -m training.agreement
"""

import csv
from pathlib import Path

import click
from sklearn.metrics import cohen_kappa_score

from training.cli_options import run_script
from training.join_labels import LABELS

SECOND = Path(__file__).parent / "data" / "second_labels.csv"


@click.command()
def main() -> None:
    """Print agreement and Cohen's kappa."""
    first, second = _read(LABELS), _read(SECOND)
    labels, others = [first[identity] for identity in second], list(second.values())
    same = sum(one == other for one, other in zip(labels, others, strict=True))
    kappa = cohen_kappa_score(labels, others)
    click.echo(f"{len(labels):,} texts labelled twice: {same / len(labels):.1%} agree, Cohen's kappa {kappa:.3f}")


def _read(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row["label"] for row in csv.DictReader(stream)}


if __name__ == "__main__":
    run_script(main)
