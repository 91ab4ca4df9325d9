"""Joins our labels to texts fetched from their public source, by id.

python -m training.join_labels downloaded/*.jsonl --file real_texts -o data/real_texts.jsonl
"""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from training.cli_options import run_script
from training.examples import text_id
from training.rows import BadRow, read_rows

LABELS = Path(__file__).parent / "data" / "real_labels.csv"


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--file",
    "name",
    required=True,
    type=click.Choice(["real_texts", "real_prose", "selected_texts"]),
    help="Which rows.",
)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="JSON Lines file to write.")
def main(sources: tuple[Path, ...], name: str, out: Path) -> None:
    """Write a labelled text for each label whose text is in SOURCES."""
    with LABELS.open(encoding="utf-8", newline="") as stream:
        labels = {row["id"]: row for row in csv.DictReader(stream) if row["file"] == name}
    texts = {identity: text for identity, text in _texts(sources) if identity in labels}
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as stream:
        for identity, text in texts.items():
            stream.write(json.dumps(labels[identity] | {"text": text}, ensure_ascii=False) + "\n")
    click.echo(f"{len(texts):,} of {len(labels):,} labels found their text")


def _texts(sources: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for path in sources:
        for _, row in read_rows(path, required=("text",)):
            if not isinstance(row, BadRow) and isinstance(row.get("text"), str):
                yield text_id(row["text"]), row["text"]


if __name__ == "__main__":
    run_script(main)
