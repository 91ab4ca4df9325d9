"""Options that several commands share, so that they read alike everywhere."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from model.errors import StanceError

Command = Callable[..., Any]
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def file_option(name: str, *, required: bool = False, help: str) -> Callable[[Command], Command]:  # noqa: A002 as click
    """An option for existing files that may be given several times."""
    return click.option(name, required=required, multiple=True, type=_FILE, help=help)


data_option = file_option("--data", required=True, help="Labelled texts; may be repeated.")
config_option = click.option("--config", type=_FILE, help="Recipe: a TOML file of settings.")
assignments_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting; wins over the recipe; may be repeated.",
)
skip_option = click.option("--skip-bad-rows", is_flag=True, help="Leave bad rows out instead of stopping.")


def _home(_: click.Context, __: click.Parameter, given: Path | None) -> Path:
    """The flag, else the environment, else `.env`, else the user's data folder, as the service reads its settings."""
    from dotenv import dotenv_values

    from model.registry import default_home

    return given or Path(dotenv_values(".env").get("STANCE_HOME") or default_home())


home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="STANCE_HOME",
    callback=_home,
    help="Folder of the model registry; the user's data folder unless told otherwise.",
)


def run_script(command: click.Command) -> None:
    """Run a script of ours, `python -m training.NAME`: an error that we foresaw is one line, and exit code 1."""
    try:
        command()
    except (StanceError, OSError) as error:
        sys.exit(f"Error: {error}")
