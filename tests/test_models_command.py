"""`stance models`."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from model.artifact import EMBEDDED, read_manifest, seal
from model.registry import Registry
from service.cli import main

METRICS = {
    "test": {
        "overall": {
            "rows": 120,
            "macro_f1": {"value": 0.7, "low": 0.65, "high": 0.75},
            "per_class": {"neutral": {"support": 40}},
            "abstained": 0.125,
            "accuracy_if_not_abstained": None,
        }
    }
}


@pytest.fixture
def home(tmp_path: Path, tiny_model: Path) -> Path:
    """A registry with two versions beside the embedded one: `NEXT` and `NEXT + 1`."""
    registry = Registry(tmp_path / "home")
    registry.register(tiny_model)
    trained = shutil.copytree(tiny_model, tmp_path / "trained")
    manifest = read_manifest(trained)
    data = {"new.csv": {"rows": 3, "sha256": "abc"}}
    seal(trained, replace(manifest, parent="tiny@1", data=data, metrics=METRICS))
    registry.register(trained)
    return tmp_path / "home"


@pytest.fixture
def versions(home: Path) -> list[str]:
    return Registry(home).versions()[1:]


@pytest.fixture
def stance(home: Path, capsys: pytest.CaptureFixture[str]):
    """Run `stance models ARGUMENTS --home HOME` and return exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(["models", *arguments, "--home", str(home)])
        shown = capsys.readouterr()
        return int(caught.value.code or 0), shown.out, shown.err

    return run


def test_list_marks_the_current_version(stance, versions: list[str]) -> None:
    first, second = versions
    embedded = read_manifest(EMBEDDED)
    code, out, err = stance("list")
    lines = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert lines[0] == ["version", "name", "parent", "created", "test", "macro", "F1"]
    assert lines[2][:3] == ["*", "embedded", embedded.reference]
    assert lines[3] == [first, f"tiny@{first}", "2026-01-01"]
    assert lines[4] == [second, f"tiny@{second}", "tiny@1", "2026-01-01", "0.700", "[0.650,", "0.750]"]


def test_list_as_json(stance, versions: list[str]) -> None:
    code, out, _ = stance("list", "--json")
    rows = json.loads(out)
    assert code == 0
    assert [row["version"] for row in rows] == ["embedded", *versions]
    assert [row["current"] for row in rows] == [True, False, False]
    assert rows[2] == {
        "version": versions[1],
        "current": False,
        "name": f"tiny@{versions[1]}",
        "parent": "tiny@1",
        "created": "2026-01-01",
        "macro_f1": {"value": 0.7, "low": 0.65, "high": 0.75},
        "error": None,
    }


def test_an_unreadable_version_is_listed_and_hides_no_other(stance, home: Path, versions: list[str]) -> None:
    (home / "models" / versions[0] / "stance.json").unlink()
    code, out, err = stance("list")
    assert (code, err) == (0, "")
    assert f"unreadable; see stance models verify {versions[0]}" in out
    assert f"tiny@{versions[1]}" in out


def test_show_prints_the_card(stance, home: Path, versions: list[str]) -> None:
    code, out, err = stance("show", versions[1])
    assert (code, err) == (0, "")
    card = [re.sub(r" +", " ", line).strip() for line in out.splitlines()]
    checksums = read_manifest(home / "models" / versions[1]).checksums
    files = [f"{name}: {digest}" for name, digest in checksums.items()]
    assert card == [
        "name tiny",
        f"version {versions[1]}",
        "parent tiny@1",
        "created 2026-01-01",
        f"directory {home / 'models' / versions[1]}",
        "temperature 1.500",
        "curves none",
        "abstains below 0.400",
        "data new.csv: rows 3, sha256 abc",
        "metrics test: rows 120, macro_f1 0.700 [0.650, 0.750], abstained 0.125",
        f"files {files[0]}",
        *files[1:],
    ]


def test_show_without_a_version_shows_the_current_one(stance, versions: list[str]) -> None:
    stance("promote", versions[0])
    assert f"version         {versions[0]}\n" in stance("show")[1]


def test_show_as_json_is_the_manifest(stance, home: Path, versions: list[str]) -> None:
    record = json.loads(stance("show", versions[1], "--json")[1])
    directory = record.pop("directory")
    assert directory == str(home / "models" / versions[1])
    assert record == json.loads((home / "models" / versions[1] / "stance.json").read_text(encoding="utf-8"))


def test_promote_and_roll_back(stance, home: Path, versions: list[str]) -> None:
    first, second = versions
    assert stance("promote", first) == (0, f"{first} is in use now, after embedded\n", "")
    assert stance("promote", first) == (0, f"{first} is in use already\n", "")
    code, out, _ = stance("promote", second, "--json")
    assert (code, json.loads(out)) == (0, {"current": second, "previous": ["embedded", first]})
    assert stance("rollback") == (0, f"{first} is in use now, after {second}\n", "")
    assert stance("rollback") == (0, f"embedded is in use now, after {first}\n", "")
    assert stance("rollback") == (1, "", "stance: nothing to roll back to: embedded is the first version in use here\n")
    assert Registry(home).pointer().current == "embedded"


def test_an_unknown_version_is_one_line_on_stderr(stance, versions: list[str]) -> None:
    expected = f"stance: no version '99'; there are: embedded, {', '.join(versions)}\n"
    for command in ("show", "promote", "verify"):
        assert stance(command, "99") == (1, "", expected)


def test_verify_checks_every_version(stance, versions: list[str]) -> None:
    assert stance("verify") == (0, f"embedded: ok\n{versions[0]}: ok\n{versions[1]}: ok\n", "")


def test_verify_names_the_bad_file_and_goes_on(stance, home: Path, versions: list[str]) -> None:
    bad = home / "models" / versions[0] / "config.json"
    bad.chmod(0o644)
    bad.write_text("{}")
    code, out, err = stance("verify", *versions)
    assert (code, out) == (1, f"{versions[0]}: bad\n{versions[1]}: ok\n")
    assert err == f"stance: {bad}: checksum differs from stance.json; restore the file\n"
    assert stance("verify", versions[1])[0] == 0


def test_verify_as_json(stance, home: Path, versions: list[str]) -> None:
    (home / "models" / versions[0] / "model.safetensors").unlink()
    code, out, _ = stance("verify", "--json", *versions)
    bad, good = json.loads(out)
    assert code == 1
    assert (bad["version"], bad["ok"]) == (versions[0], False)
    assert "model.safetensors missing" in bad["error"]
    assert good == {"version": versions[1], "ok": True, "error": None}


def test_promoting_a_corrupt_version_fails_and_leaves_the_pointer(stance, home: Path, versions: list[str]) -> None:
    (home / "models" / versions[0] / "model.safetensors").unlink()
    code, out, err = stance("promote", versions[0])
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert Registry(home).pointer().current == "embedded"


def test_home_comes_from_the_environment_too(
    home: Path, versions: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STANCE_HOME", str(home))
    with pytest.raises(SystemExit):
        main(["models", "list", "--json"])
    assert [row["version"] for row in json.loads(capsys.readouterr().out)] == ["embedded", *versions]
