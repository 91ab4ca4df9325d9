"""`stance keys`: who may use the service."""

from pathlib import Path
from typing import Any

import click
from filelock import BaseFileLock, FileLock
from tabulate import tabulate

from model.errors import SettingsError
from service.keys import SCOPES, KeyRecord, Scope, make_key, read_keys, write_keys
from service.settings import read_settings

_file = click.option(
    "--keys-file", type=click.Path(path_type=Path, dir_okay=False), help="File of the keys (STANCE_KEYS_FILE)."
)


@click.group()
def keys() -> None:
    """Make, list and revoke API keys.

    \b
    Example:
        stance keys create newsdesk --scope classify --keys-file keys.json
        stance serve --keys-file keys.json
    """


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="May be repeated.")
@click.option(
    "--days", type=click.IntRange(min=1, max=36_500), help="How long the key is good; for ever unless told otherwise."
)
@_file
def create(name: str, scopes: tuple[Scope, ...], days: int | None, keys_file: Path | None) -> None:
    """Make a key and print it, this once: only its hash is kept.

    To rotate a key, make a second one under the same NAME, and revoke the first when nobody uses it any more.

    \b
    Example:
        stance keys create newsdesk --scope classify --scope label --days 365 --keys-file keys.json
    """
    path = _path(keys_file)
    new = make_key(name, scopes, days=days)
    with _locked(path):
        write_keys(path, [*read_keys(path), new.record])
    click.echo(f"{path}: key {new.record.id} for {name}; keep it, it is not shown again", err=True)
    click.echo(new.secret)


@keys.command("list")
@_file
def list_keys(keys_file: Path | None) -> None:
    """List the keys, without their secrets.

    \b
    Example:
        stance keys list --keys-file keys.json
    """
    rows = [_row(key) for key in read_keys(_path(keys_file))]
    click.echo(tabulate(rows, headers=["id", "name", "scopes", "created", "expires"], disable_numparse=True))


@keys.command()
@click.argument("id")
@_file
def revoke(id: str, keys_file: Path | None) -> None:  # noqa: A002 as the interface calls it
    """Take a key out: a running service refuses it from the next request on.

    \b
    Example:
        stance keys revoke 1f0c2a9b --keys-file keys.json
    """
    path = _path(keys_file)
    with _locked(path):
        found = read_keys(path)
        kept = [key for key in found if key.id != id]
        if len(kept) == len(found):
            raise SettingsError(f"{path}: no key {id!r}; `stance keys list` shows those there are")
        write_keys(path, kept)
    click.echo(f"{path}: key {id} revoked")


def _path(given: Path | None) -> Path:
    path = read_settings(keys_file=given).keys_file
    if path is None:
        raise SettingsError("name the file of keys with --keys-file or STANCE_KEYS_FILE")
    return path


def _locked(path: Path) -> BaseFileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name(f"{path.name}.lock"))


def _row(key: KeyRecord) -> list[Any]:
    expires = key.expires.date() if key.expires else "never"
    return [key.id, key.name, ", ".join(key.scopes), key.created.date(), expires]
