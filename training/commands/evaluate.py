"""`stance evaluate`."""

import json
from pathlib import Path

import click

from training.cli_options import data_option, home_option, skip_option


@click.command()
@data_option
@click.option(
    "--model", default="current", show_default=True, help="Model directory, version, `current` or `embedded`."
)
@click.option("--split", type=click.Choice(["train", "dev", "test", "all"]), help="Default: test where rows name one.")
@click.option("--baseline", is_flag=True, help="Also train a bag of words on the train split and measure it.")
@click.option("--engine", default="auto", show_default=True, help="Engine to run the model with.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File for all figures, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@skip_option
@home_option
def evaluate(
    data: tuple[Path, ...],
    model: str,
    split: str | None,
    baseline: bool,
    engine: str,
    out: Path | None,
    as_json: bool,
    skip_bad_rows: bool,
    home: Path,
) -> None:
    """Measure a model on labelled data, every figure with its bootstrap 95 % interval.

    \b
    Example:
        stance evaluate --data labels.csv --model my-model --baseline
    """
    from model.artifact import write_atomically
    from model.classifier import StanceClassifier
    from model.registry import find_model
    from training.compare import measure
    from training.prepare import read_clean

    examples = read_clean(data, skip_bad_rows=skip_bad_rows, say=lambda line: click.echo(line, err=True))
    classifier = StanceClassifier.load(find_model(model, home=home), engine=engine)
    result = measure(classifier, examples, split=split, baseline=baseline)
    record = json.dumps(result.to_dict(), indent=2) + "\n"
    if out:
        write_atomically(out, record)
    click.echo(record if as_json else result.as_text(), nl=not as_json)
