"""Keys: made once, kept as hashes, found, refused, rotated."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from model.errors import DataError, SettingsError
from service.cli import stance
from service.keys import KeyRing, make_key, read_keys, write_keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(stance, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_key_is_found_again_and_only_its_hash_is_kept(file: Path):
    key = run("keys", "create", "desk", "--scope", "classify", "--keys-file", file).strip()
    assert key.rpartition("_")[2] not in file.read_text()
    found = KeyRing(file).find(key)
    assert (found.name, found.scopes) == ("desk", ("classify",))


def test_the_file_is_its_owners_alone(file: Path):
    write_keys(file, [make_key("desk", ["classify"]).record])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_another_key_is_not_found(file: Path):
    new = make_key("desk", ["classify"])
    write_keys(file, [new.record])
    for other in (new.secret[:-1], new.secret.upper(), new.secret + " ", "", "é_ü_\ud800", f"x{new.secret}"):
        assert KeyRing(file).find(other) is None


def test_a_key_of_another_id_does_not_open_this_one(file: Path):
    one, two = make_key("desk", ["classify"]), make_key("desk", ["admin"])
    write_keys(file, [one.record, two.record])
    mixed = f"stance_{two.record.id}_{one.secret.split('_', 2)[2]}"
    assert KeyRing(file).find(mixed) is None


def test_a_key_is_good_until_it_expires(file: Path):
    new = make_key("desk", ["classify"], days=1)
    write_keys(file, [new.record])
    assert KeyRing(file).find(new.secret)
    write_keys(file, [new.record.model_copy(update={"expires": datetime.now(UTC) - timedelta(seconds=1)})])
    assert KeyRing(file).find(new.secret) is None


def test_a_key_is_rotated_without_a_gap_while_the_service_runs(file: Path):
    old = run("keys", "create", "desk", "--scope", "classify", "--keys-file", file).strip()
    ring = KeyRing(file)
    new = run("keys", "create", "desk", "--scope", "classify", "--keys-file", file).strip()
    assert ring.find(old)
    assert ring.find(new)
    run("keys", "revoke", old.split("_")[1], "--keys-file", file)
    assert ring.find(old) is None
    assert ring.find(new)


def test_admin_may_do_everything():
    assert all(make_key("root", ["admin"]).record.allows(scope) for scope in ("classify", "label", "admin"))
    assert not make_key("desk", ["classify", "label"]).record.allows("admin")


def test_the_list_shows_names_and_no_secret(file: Path):
    run("keys", "create", "desk", "--scope", "label", "--days", "30", "--keys-file", file)
    shown = run("keys", "list", "--keys-file", file)
    assert "desk" in shown
    assert json.loads(file.read_text())["keys"][0]["hash"] not in shown


@pytest.mark.parametrize("content", ["", "[]", '{"keys": [{"id": "a"}]}'])
def test_a_file_of_something_else_is_refused_without_quoting_it(file: Path, content: str):
    file.write_text(content)
    with pytest.raises(DataError, match=r"keys.json: .*stance keys create"):
        read_keys(file)


def test_a_service_with_a_file_that_is_missing_or_empty_does_not_start_open_to_all(file: Path):
    with pytest.raises(SettingsError, match="no such file"):
        KeyRing(file)
    write_keys(file, [])
    with pytest.raises(SettingsError, match="holds no key"):
        KeyRing(file)


def test_revoking_what_is_not_there_says_so(file: Path):
    write_keys(file, [make_key("desk", ["classify"]).record])
    with pytest.raises(SettingsError, match="no key 'zz'"):
        CliRunner().invoke(stance, ["keys", "revoke", "zz", "--keys-file", str(file)], catch_exceptions=False)
