"""Options that several commands share, so that they read alike everywhere."""

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

data_option = click.option("--data", required=True, multiple=True, type=_FILE, help="Labelled texts; may be repeated.")
config_option = click.option("--config", type=_FILE, help="Recipe: a TOML file of settings.")
assignments_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting; wins over the recipe; may be repeated.",
)
skip_option = click.option("--skip-bad-rows", is_flag=True, help="Leave bad rows out instead of stopping.")
home_option = click.option(
    "--home", type=click.Path(path_type=Path), envvar="STANCE_HOME", help="Folder of the model registry."
)
