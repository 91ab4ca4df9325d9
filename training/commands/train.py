"""`stance train`."""

from pathlib import Path

import click

from training.cli_options import assignments_option, config_option, data_option, skip_option


@click.command()
@data_option
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Directory of the new model.")
@click.option("--base", help="Encoder to start from: a local folder, a hub id, or `embedded` (the default).")
@config_option
@assignments_option
@skip_option
@click.option("--overwrite", is_flag=True, help="Replace OUT if it is a model directory.")
def train(
    data: tuple[Path, ...],
    out: Path,
    base: str | None,
    config: Path | None,
    assignments: tuple[str, ...],
    skip_bad_rows: bool,
    overwrite: bool,
) -> None:
    """Fine-tune a model from a base encoder.

    Data files are JSON Lines, CSV or Parquet with the columns `text` and `label`, and optionally `context`,
    `id`, `group`, `sure`, `split`, `kind` and `source`. A killed run goes on from its last epoch when it is
    started again with the same arguments.

    \b
    Example:
        stance train --data labels.csv --base microsoft/deberta-v3-small -o my-model --set epochs=3
    """
    from model.artifact import FILES

    if out.exists() and not overwrite:
        raise click.UsageError(f"{out} exists; choose another directory or pass --overwrite")
    if out.exists() and not (out / FILES.manifest).is_file():
        raise click.UsageError(f"{out} is no model directory, and only those are overwritten; choose another directory")
    from training.config import TrainConfig
    from training.prepare import prepare_examples
    from training.report import group_table
    from training.run import fingerprint, train_model

    overrides = [f"base={base}"] if base else []
    settings = TrainConfig.load(config, assignments=[*overrides, *assignments])
    examples = prepare_examples(
        data,
        dev_fraction=settings.dev_fraction,
        test_fraction=settings.test_fraction,
        skip_bad_rows=skip_bad_rows,
        say=_say,
    )
    run = train_model(settings, examples, out=out, data=fingerprint(data, examples), say=_say)
    for split, evaluation in run.evaluations.items():
        click.echo(f"\n{split} split\n\n{group_table(evaluation)}")
    click.echo(f'\n{run.manifest.reference} is in {out}; try it: stance classify --model {out} "..."')


def _say(line: str) -> None:
    click.echo(line, err=True)
