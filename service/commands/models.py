"""`stance models`: what versions there are, which one is in use, and moving between them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from model.artifact import read_manifest, verify
from model.errors import ModelError
from model.registry import Pointer, Registry
from service.model_tables import card, list_rows, list_table
from service.settings import read_settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group()
def models() -> None:
    """List, show, promote, roll back and verify versions of the model.

    \b
    Example:
        stance models list
    """


def _common(command: _Command) -> _Command:
    """Add the options that every subcommand takes."""
    home = click.option("--home", type=click.Path(path_type=Path), help="Folder of the registry (STANCE_HOME).")
    return home(click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command))


@models.command("list")
@_common
def list_versions(home: Path | None, as_json: bool) -> None:
    """List every version; a star marks the one in use.

    \b
    Example:
        stance models list --json
    """
    rows = list_rows(_registry(home))
    click.echo(_json(rows) if as_json else list_table(rows))


@models.command()
@click.argument("version", default="current")
@_common
def show(version: str, home: Path | None, as_json: bool) -> None:
    """Show the card of one version.

    VERSION is a number, `embedded`, or `current` (the default).

    \b
    Example:
        stance models show 2
    """
    directory = _registry(home).path(version)
    manifest = read_manifest(directory)
    record = {"directory": str(directory), **manifest.to_dict()}
    click.echo(_json(record) if as_json else card(manifest, directory))


@models.command()
@click.argument("version")
@_common
def promote(version: str, home: Path | None, as_json: bool) -> None:
    """Make VERSION the one in use, after verifying it.

    \b
    Example:
        stance models promote 2
    """
    registry = _registry(home)
    old = registry.pointer()
    new = registry.promote(version)
    click.echo(_move(old, new, as_json=as_json))


@models.command()
@_common
def rollback(home: Path | None, as_json: bool) -> None:
    """Go back to the version that was in use before.

    \b
    Example:
        stance models rollback
    """
    registry = _registry(home)
    old = registry.pointer()
    new = registry.rollback()
    click.echo(_move(old, new, as_json=as_json))


@models.command("verify")
@click.argument("versions", nargs=-1)
@_common
@click.pass_context
def verify_versions(ctx: click.Context, versions: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Check versions against their checksums.

    Checks all VERSIONS where none is named; exit code 1 if one is bad.

    \b
    Example:
        stance models verify 2 3
    """
    registry = _registry(home)
    errors = {version: _find_error(registry.path(version)) for version in versions or registry.versions()}
    rows = [{"version": version, "ok": not error, "error": error} for version, error in errors.items()]
    click.echo(_json(rows) if as_json else "\n".join(f"{row['version']}: {_verdict(row)}" for row in rows))
    for error in filter(None, errors.values()):
        click.echo(f"stance: {error}", err=True)
    ctx.exit(1 if any(errors.values()) else 0)


def _registry(home: Path | None) -> Registry:
    return Registry(read_settings(home=home).home)


def _move(old: Pointer, new: Pointer, *, as_json: bool) -> str:
    if as_json:
        return _json({"current": new.current, "previous": list(new.previous)})
    if new == old:
        return f"{new.current} is in use already"
    return f"{new.current} is in use now, after {old.current}"


def _find_error(directory: Path) -> str | None:
    try:
        verify(directory)
    except ModelError as error:
        return str(error)
    return None


def _verdict(row: dict[str, Any]) -> str:
    return "ok" if row["ok"] else "bad"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)
