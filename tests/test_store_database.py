"""Opening the database: migrations, several processes, and URLs that lead nowhere."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from model.errors import MissingExtraError, SettingsError
from service.store.database import DatabaseError, explain_failure, open_database
from service.store.tables import METADATA


def test_the_migrations_make_just_the_tables_that_the_code_knows(database: Engine):
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_opening_an_open_database_again_changes_nothing(database_url: str):
    first = open_database(database_url)
    with first.begin() as connection:
        connection.execute(text("insert into answered values ('a', 'b', 'c', '{}', '2026-01-01 00:00:00')"))
    second = open_database(database_url)
    with second.connect() as connection:
        assert connection.execute(text("select count(*) from answered")).scalar_one() == 1
    first.dispose()
    second.dispose()


def test_many_may_open_a_new_database_at_once(database_url: str):
    with ThreadPoolExecutor(8) as pool:
        engines = list(pool.map(open_database, [database_url] * 8))
    assert "labels" in inspect(engines[0]).get_table_names()
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mysql+nothing://host/name", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_no_use_is_refused_with_the_setting_to_change(url: str):
    with pytest.raises(SettingsError, match="STANCE_DATABASE_URL: "):
        open_database(url)


def test_a_file_where_no_file_can_be_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="no place for a database"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'stance.db'}")


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"comment-stance\[postgres\]"):
        open_database("postgresql://stance@localhost/stance")


def test_a_file_that_is_no_database_is_an_error_that_says_so(tmp_path: Path):
    file = tmp_path / "stance.db"
    file.write_bytes(b"this is no database at all, and never was one" * 100)
    with pytest.raises(DatabaseError, match="file is not a database"):
        open_database(f"sqlite:///{file}")


def test_an_error_of_the_database_never_quotes_what_was_to_be_stored(database: Engine):
    with pytest.raises(DatabaseError) as caught, explain_failure(), database.begin() as connection:
        connection.execute(text("insert into nowhere values (:text)"), {"text": "a reader's own words"})
    assert "own words" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_database_of_a_newer_release_is_refused(database: Engine, database_url: str):
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer release"):
        open_database(database_url)
