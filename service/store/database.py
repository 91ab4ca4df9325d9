"""Opens the database and brings its tables up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from model.errors import MissingExtraError, SettingsError, StanceError

_MIGRATIONS = Path(__file__).with_name("migrations")
# Longer than any write of ours takes, shorter than a request's deadline.
_LOCK_SECONDS = 10
_READS = "stance_reads"
_KNOWN_URLS = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
# PostgreSQL lets one process migrate while others wait; any number that no other program uses will do.
_MIGRATION_LOCK = 7_303_014


class DatabaseError(StanceError):
    """The database cannot be reached or written now; nothing was stored."""


def open_database(url: str) -> Engine:
    """Connect to the database at `url` and create or migrate its tables; several processes may do so at once.

    Raises:
        SettingsError: the URL is of no database that we know, or a SQLite file cannot be made there.
        MissingExtraError: the driver for PostgreSQL is not installed.
        DatabaseError: the database does not answer.
    """
    engine = _engine(url)
    try:
        with explain_failure():
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def explain_failure() -> Iterator[None]:
    """Raises `DatabaseError` in place of what the driver raises, without the statement and its texts."""
    try:
        yield
    except PoolTimeoutError as error:
        raise DatabaseError("the database does not answer: all connections to it are busy") from error
    except DBAPIError as error:
        # These two may quote the values that did not fit, and values are readers' texts.
        quoting = isinstance(error, IntegrityError | DataError)
        reason = "a value does not fit" if quoting else (str(error.orig).strip().splitlines() or ["no reason given"])[0]
        raise DatabaseError(f"the database failed: {reason}") from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that writes nothing, and so waits for nobody who does."""
    with engine.connect().execution_options(**{_READS: True}) as connection:
        yield connection


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql" and parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed.database or "", url=parsed)
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            "STANCE_DATABASE_URL: use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        ) from error
    except ModuleNotFoundError as error:
        raise MissingExtraError(feature="PostgreSQL", extra="postgres") from error


def _sqlite(file: str, *, url: Any) -> Engine:
    if file in ("", ":memory:"):
        raise SettingsError("STANCE_DATABASE_URL: a database in memory would be gone with the process; name a file")
    try:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{file}: no place for a database ({error.strerror}); see STANCE_DATABASE_URL") from error
    engine = create_engine(url, connect_args={"timeout": _LOCK_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # sqlite3 would begin transactions by itself, and later than we mean.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    # A label that was acknowledged is on the disk, not in a cache.
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # Taken at once, the write lock can be waited for; taken halfway through, it fails where another came first.
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS.as_posix().replace("%", "%%"))
    with _one_at_a_time(engine), engine.connect() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise DatabaseError("the database is of a newer release than this one; update this one") from error


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        with FileLock(f"{engine.url.database}.lock"):
            yield
        return
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:number)"), {"number": _MIGRATION_LOCK})
        yield
        connection.execute(text("select pg_advisory_unlock(:number)"), {"number": _MIGRATION_LOCK})
