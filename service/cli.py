"""The front door: `stance`. Knows every command's name and one line about it, and imports none until called.

This is the one place in `service` that names `training`, and it does so as text, loaded lazily.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, cast

import click

from model.errors import MissingExtraError, SettingsError, StanceError

_COMMANDS = {
    "serve": ("service.commands.serve", "Run the REST service."),
    "classify": ("service.commands.classify", "Label a few texts, here and now."),
    "score": ("service.commands.score", "Batch-score dumps of comments."),
    "train": ("training.commands.train", "Fine-tune a model from a base encoder."),
    "retrain": ("training.commands.retrain", "Put new labels on top of the current model."),
    "evaluate": ("training.commands.evaluate", "Measure a model on labelled data."),
    "doctor": ("service.commands.doctor", "Check installation, model, threads and speed."),
    "keys": ("service.commands.keys", "Make, list and revoke API keys."),
    "models": ("service.commands.models", "List, show, promote, roll back and verify versions."),
}


class LazyGroup(click.Group):
    """Lists commands without importing them, so that `stance --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        return cast(click.Command, getattr(importlib.import_module(module), cmd_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"stance {version('comment-stance')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)
def stance() -> None:
    """Label texts as skeptical, supportive or neutral toward normal relations with Russia.

    \b
    Example:
        stance classify "Talking to Moscow beats another cold war."
    """


def main(arguments: Sequence[str] | None = None) -> Any:
    """Run `stance`; exit code 0 done, 1 failed, 2 bad usage; an error is one line on stderr."""
    try:
        code = stance.main(args=arguments, prog_name="stance", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stance: interrupted", err=True)
        code = 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = error.exit_code
    except click.ClickException as error:
        code = error.exit_code
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "stance"
        hint = f"; see {command} --help" if isinstance(error, click.UsageError) else ""
        click.echo(f"{command}: {error.format_message().rstrip('.')}{hint}", err=True)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("", "model", "service", "training"):
            raise
        # Whatever needs another extra has said so by itself.
        click.echo(f"stance: {MissingExtraError(feature=f'this ({error.name} is missing)', extra='train')}", err=True)
        code = 1
    except SettingsError as error:
        click.echo(f"stance: {error}", err=True)
        code = 2
    except (StanceError, OSError) as error:
        click.echo(f"stance: {error}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
