"""`stance retrain`."""

import json
from pathlib import Path

import click

from training.cli_options import assignments_option, config_option, file_option, home_option, skip_option


@click.command()
@file_option("--labels", required=True, help="New labels; may be repeated.")
@file_option("--replay", help="Earlier labels to mix in, so that they are not forgotten; may be repeated.")
@file_option("--test", help="The frozen test set to judge by, in place of the built-in one; may be repeated.")
@config_option
@assignments_option
@skip_option
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def retrain(
    labels: tuple[Path, ...],
    replay: tuple[Path, ...],
    test: tuple[Path, ...],
    config: Path | None,
    assignments: tuple[str, ...],
    skip_bad_rows: bool,
    home: Path,
    as_json: bool,
) -> None:
    """Put new labels on top of the current model.

    The result is registered as a new version, and promoted only if it is not worse than the current model on
    a frozen test set. Promoted or refused, the command is done (exit code 0) and says why.

    \b
    Example:
        stance retrain --labels corrections.csv
    """
    from training.config import TrainConfig
    from training.retrain import RECIPE
    from training.retrain import retrain as run_retrain

    settings = TrainConfig.load(config or RECIPE, assignments=assignments)
    result = run_retrain(
        labels,
        home=home,
        config=settings,
        replay=replay,
        test=test,
        skip_bad_rows=skip_bad_rows,
        say=lambda line: click.echo(line, err=True),
    )
    version, verdict = result.manifest.version, result.verdict
    if as_json:
        click.echo(json.dumps({"version": version} | verdict.to_dict()))
        return
    click.echo(f"version {version} was {'promoted' if verdict.promoted else 'refused: the current model stays'}")
    for reason in verdict.reasons:
        click.echo(f"- {reason}")
    if not verdict.promoted:
        click.echo(f"look at it with: stance models show {version}")
