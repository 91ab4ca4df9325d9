"""`stance doctor`: checks the installation, the model, the threads and the speed, and says what to change."""

import json
from typing import Any

import click

from model.errors import StanceError
from service.commands.model_options import model_options
from service.settings import read_settings

_MARKS = {"ok": "ok  ", "note": "note", "problem": "BAD "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@model_options
def doctor(as_json: bool, **flags: Any) -> None:
    """Check the installation, the model, the threads and the speed, and say what to change.

    Fails where something keeps the service from working well; a note is for you to judge.

    \b
    Example:
        stance doctor
    """
    from service.checks import examine

    problems = 0
    for finding in examine(read_settings(**flags)):
        problems += finding.status == "problem"
        if as_json:
            click.echo(json.dumps(finding.to_dict()))
            continue
        click.echo(f"{_MARKS[finding.status]}  {finding.subject}: {finding.detail}")
        if finding.advice:
            click.echo(f"      -> {finding.advice}")
    if problems:
        raise StanceError(f"{problems} {'problem' if problems == 1 else 'problems'} found")
