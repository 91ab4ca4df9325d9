"""Options of the commands that load a model and run it here; each is a setting too."""

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

_OPTIONS = (
    click.option(
        "--model", metavar="DIR|VERSION", help="Model directory, registered version, `current` or `embedded`."
    ),
    click.option("--engine", help="Engine that runs the model; `auto` picks by what the processor has."),
    click.option("--threads", type=int, help="Processor threads for inference; one per core unless told otherwise."),
    click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of the model registry."),
    click.option("--max-text-chars", type=int, metavar="N", help="Longest text, in characters; 100,000 by default."),
)


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add all of them; what the user gives goes to `read_settings`."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)
