"""A request that carries an `Idempotency-Key` is done once, however often it is sent.

After the Internet-Draft "The Idempotency-Key HTTP Header Field" of the IETF's HTTPAPI group.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from model.errors import StanceError
from service.store.tables import ANSWERED

# Long enough for every retry; a key is only kept with ids, never with texts.
_KEPT = timedelta(days=7)


class KeyReusedError(StanceError):
    """An idempotency key came before with another content."""


@dataclass(frozen=True, slots=True)
class Once:
    """A client's idempotency key; other clients may use the same."""

    client: str
    key: str


def answered(connection: Connection, once: Once, fingerprint: str) -> dict[str, Any] | None:
    """Return what `remember` kept under `once`, or None.

    Raises:
        KeyReusedError: it was kept with another fingerprint.
    """
    columns = select(ANSWERED.c.fingerprint, ANSWERED.c.answer)
    row = connection.execute(columns.where(ANSWERED.c.client == once.client, ANSWERED.c.key == once.key)).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReusedError("this Idempotency-Key came before with another content; use a new one for each request")
    return dict(row.answer)


def remember(connection: Connection, once: Once, fingerprint: str, answer: dict[str, Any]) -> None:
    """Keep `answer` within the transaction that did the work, and forget keys that nobody will send again.

    Raises:
        KeyReusedError: the same key is being used by a request that came at the same time.
    """
    now = datetime.now(UTC)
    connection.execute(delete(ANSWERED).where(ANSWERED.c.created_at < now - _KEPT))
    values = {"client": once.client, "key": once.key, "fingerprint": fingerprint, "answer": answer, "created_at": now}
    try:
        connection.execute(insert(ANSWERED).values(values))
    except IntegrityError as error:
        raise KeyReusedError("a request with this Idempotency-Key is under way; send it again in a moment") from error
