"""API keys: made here, kept as hashes, told apart by name, limited in what they may do.

    KEYS_FILE    {"keys": [{"id", "name", "scopes", "hash", "created", "expires"}]}
    a key        stance_ID_SECRET, shown once, when it is made

A key is rotated by making a second one under the same name, and revoking the first when nobody uses it any more.
The secret has 256 random bits, so one SHA-256 is enough: there is nothing to guess, as there is with a password.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from model.artifact import write_atomically
from model.errors import DataError, SettingsError, StanceError

logger = logging.getLogger(__name__)
Scope = Literal["classify", "label", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
_NO_HASH = hashlib.sha256(b"").hexdigest()


class KeyRecord(BaseModel):
    """A key as it is kept. `admin` may do everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name: str
    scopes: tuple[Scope, ...]
    hash: str
    created: AwareDatetime
    expires: AwareDatetime | None = None

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or "admin" in self.scopes


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: list[KeyRecord]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; `secret` is not kept anywhere."""

    record: KeyRecord
    secret: str


def make_key(name: str, scopes: Sequence[Scope], *, days: int | None = None) -> NewKey:
    """Make a key that lasts for so many days, or until it is revoked."""
    id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)  # noqa: A001 as everywhere in the interface
    now = datetime.now(UTC)
    record = KeyRecord(
        id=id,
        name=name,
        scopes=tuple(scopes),
        hash=_hash(secret),
        created=now,
        expires=now + timedelta(days=days) if days else None,
    )
    return NewKey(record, f"stance_{id}_{secret}")


def read_keys(path: Path) -> list[KeyRecord]:
    """Return the keys in a file; none where there is no file.

    Raises:
        DataError: it holds something else.
    """
    if not path.exists():
        return []
    try:
        return _File.model_validate_json(path.read_bytes()).keys
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(map(str, first["loc"])) or "the file"
        raise DataError(f"{path}: {place}: {first['msg']}; make keys with `stance keys create`") from None


def write_keys(path: Path, keys: Iterable[KeyRecord]) -> None:
    """Replace the file, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, _File(keys=list(keys)).model_dump_json(indent=2) + "\n")
    path.chmod(0o600)


class KeysError(StanceError):
    """The file of keys went away, or was changed to something else, while the service runs."""


class KeyRing:
    """The keys of a file, read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._keys: dict[str, KeyRecord] = {}
        self._refresh()
        if not self._keys:
            raise SettingsError(f"{path}: holds no key; make one with `stance keys create`")

    def find(self, sent: str) -> KeyRecord | None:
        """Return the key that `sent` is, or None; takes as long for a wrong one as for a right one.

        Raises:
            KeysError: the file cannot be read any more.
        """
        try:
            self._refresh()
        except (StanceError, OSError) as error:
            logger.error("nobody is let in: %s", error)
            raise KeysError("the service cannot read its keys; its log has the cause") from error
        prefix, _, rest = sent.partition("_")
        id, _, secret = rest.partition("_")  # noqa: A001
        record = self._keys.get(id)
        right = hmac.compare_digest(_hash(secret), record.hash if record else _NO_HASH)
        if record is None or not right or prefix != "stance":
            return None
        return record if record.expires is None or datetime.now(UTC) < record.expires else None

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            raise SettingsError(f"{self._path}: no such file of keys; make one with `stance keys create`") from None
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._keys = {key.id: key for key in read_keys(self._path)}
            self._stamp = stamp


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
