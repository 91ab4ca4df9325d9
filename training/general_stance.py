"""Makes the training set of the intermediate step from public stance sets.

    python -m training.general_stance general_stance.jsonl.gz -o general.jsonl

The input has one row a text with `dataset`, `split`, `target`, `text` and `label` (`against`, `favor`,
`none`); docs/data.md says which sets these are. The target becomes the context, since what a text is about
is just what a context tells; the labels become ours, so that the head learns the same three directions.
Sets of tweets about politicians, which are far from our texts, are thinned out.
"""

import gzip
import json
from pathlib import Path

import click

from training.cli_options import run_script
from training.splits import hash_fraction

LABELS = {"against": "skeptical", "favor": "supportive", "none": "neutral"}
KEPT = {
    "vast": 1.0,
    "perspectrum": 0.6,
    "semeval2016": 0.6,
    "ibm_argq_30k": 0.25,
    "covid19_stance": 0.2,
    "pstance": 0.1,
    "mtsd": 0.1,
}


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="JSON Lines file to write.")
def main(source: Path, out: Path) -> None:
    """Write the training rows kept of each set, and VAST's development rows."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(source, "rt", encoding="utf-8") as rows, out.open("w", encoding="utf-8") as stream:
        for line in rows:
            row = json.loads(line)
            if _is_kept(row):
                stream.write(json.dumps(_converted(row), ensure_ascii=False) + "\n")


def _is_kept(row: dict[str, str]) -> bool:
    if row["dataset"] == "vast" and row["split"] == "dev":
        return True
    return row["split"] == "train" and hash_fraction(row["target"] + row["text"]) < KEPT[row["dataset"]]


def _converted(row: dict[str, str]) -> dict[str, str]:
    return {
        "text": row["text"],
        "context": row["target"],
        "label": LABELS[row["label"]],
        "split": row["split"],
        "group": f"{row['split']}:{row['text']}",
        "source": row["dataset"],
    }


if __name__ == "__main__":
    run_script(main)
