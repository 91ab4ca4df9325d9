"""`stance doctor`: what it looks at, and that it says what to change."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from service import checks
from service.checks import examine
from service.commands.doctor import doctor
from service.settings import read_settings


def findings(**flags: object) -> dict[str, checks.Finding]:
    return {finding.subject: finding for finding in examine(read_settings(**flags))}


def test_a_sound_installation_has_no_problem_and_names_the_engine(tiny_model: Path, tmp_path: Path) -> None:
    found = findings(model=str(tiny_model), home=tmp_path)
    assert not [finding for finding in found.values() if finding.status == "problem"]
    assert found["model"].detail.startswith("tiny@1, every file as sealed")
    assert found["engine"].detail == "openvino-cpu-float32 serves (STANCE_ENGINE=auto)"
    assert {"openvino-float32", "openvino-int8", "torch-float32"} <= found.keys()
    assert "speed" not in found


def test_an_engine_that_is_named_and_slow_is_told_of_a_faster_one_that_may_be_trusted(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = {"openvino-cpu-int8": 900.0, "openvino-cpu-float32": 500.0}
    monkeypatch.setattr(checks, "tokens_per_second", lambda engine: speeds.get(engine.name, 100.0))
    found = findings(model=str(tiny_model), home=tmp_path, engine="torch-float32")
    assert found["speed"].detail == "openvino-float32 is 5.0 times as fast as torch-float32", "int8 was never measured"
    assert found["speed"].advice == "set STANCE_ENGINE to auto or to openvino-float32"


def test_a_damaged_model_fails_and_is_named(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "config.json").write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(doctor, ["--model", str(copy), "--home", str(tmp_path)])
    assert "BAD   model:" in result.output
    assert "checksum differs" in result.output
    assert "1 problem found" in str(result.exception)


def test_more_threads_than_processors_is_a_problem(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loky.cpu_count", lambda: 2)
    found = findings(model=str(tiny_model), home=tmp_path, threads=3)
    assert found["threads"].status == "problem"
    assert found["threads"].advice.startswith("lower STANCE_THREADS to 2")


def test_a_busy_machine_is_said_beside_the_speeds(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks.os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    found = findings(model=str(tiny_model), home=tmp_path)
    assert (found["threads"].status, found["threads"].detail[-9:]) == ("note", "load 99.0")


def test_a_model_without_a_graph_is_told_what_that_costs(tiny_model: Path, tmp_path: Path) -> None:
    bare = shutil.copytree(tiny_model, tmp_path / "bare")
    shutil.rmtree(bare / "openvino")
    from model.artifact import read_manifest, seal

    seal(bare, read_manifest(tiny_model))
    found = findings(model=str(bare), home=tmp_path)
    assert found["graph"].status == "note"
    assert found["engine"].detail.startswith("torch-cpu-float32 serves")


def test_a_registry_that_cannot_be_written_is_noted(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = findings(model=str(tiny_model), home=tmp_path / "file")
    assert found["registry"].status == "note"
    assert "STANCE_HOME" in found["registry"].advice


def test_json_has_one_object_a_line(tiny_model: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(doctor, ["--json", "--model", str(tiny_model), "--home", str(tmp_path)])
    for line in result.output.splitlines():
        assert json.loads(line).keys() == {"status", "subject", "detail", "advice"}
