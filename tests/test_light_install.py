"""The base package alone serves and scores; what needs more says which extra."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXTRAS = ["torch", "transformers", "safetensors", "datasets", "sklearn", "scipy", "pyarrow", "accelerate", "matplotlib"]
# Finders that do not see the packages of the extras: the interpreter is as if they had never been installed.
HIDE = f"""
import sys
class Hiding:
    def __init__(self, finder): self.finder = finder
    def __getattr__(self, name): return getattr(self.finder, name)
    def find_spec(self, name, *rest):
        return None if name.split(".")[0] in {EXTRAS} else self.finder.find_spec(name, *rest)
sys.meta_path[:] = map(Hiding, sys.meta_path)
"""


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HIDE + script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def stance(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run("from service.cli import main; main(sys.argv[1:])", *arguments)


def test_what_is_hidden_cannot_be_imported() -> None:
    assert "No module named 'torch'" in run("import torch").stderr


def test_classify_needs_no_extra() -> None:
    done = stance("classify", "--model", "embedded", "--json", "Lift the sanctions and talk.")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["label"] == "supportive"


def test_score_needs_no_extra(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,No deal with Putin will hold.\n2,\n", encoding="utf-8")
    done = stance("score", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--model", "embedded")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    assert "skeptical" in lines[1]


def test_serving_needs_no_extra() -> None:
    script = """
from fastapi.testclient import TestClient
from model.classifier import StanceClassifier
from service.api.app import create_app
from service.settings import Settings
with TestClient(create_app(Settings(_env_file=None), StanceClassifier.load())) as client:
    print(client.post("/v1/classify", json={"texts": ["Lift the sanctions and talk."]}).json()["results"][0]["label"])
    print(client.get("/info").json()["engine"])
"""
    done = run(script)
    assert done.stdout.splitlines()[0] == "supportive", done.stderr
    assert done.stdout.splitlines()[1].startswith("openvino-cpu-")


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["train", "--data", "x.csv", "-o", "out"], "train"),
        (["retrain", "--labels", "x.csv"], "train"),
        (["evaluate", "--data", "x.csv"], "train"),
        (["score", "x.parquet"], "parquet"),
        (["score", "x.csv", "-o", "y.parquet"], "parquet"),
        (["classify", "--engine", "torch-float32", "peace"], "torch"),
    ],
)
def test_a_missing_extra_is_one_line_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], extra: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("x.csv", "x.parquet"):
        (tmp_path / name).write_text("text,label\npeace,supportive\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    done = stance(*arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"pip install 'comment-stance[{extra}]'" in done.stderr


def test_the_doctor_names_the_extras_that_are_missing(tmp_path: Path) -> None:
    done = stance("doctor", "--json", "--model", "embedded", "--home", tmp_path)
    findings = {finding["subject"]: finding for finding in map(json.loads, done.stdout.splitlines())}
    assert "pip install 'comment-stance[parquet]'" in findings["extra parquet"]["advice"]
    assert "torch-float32" not in findings
    assert "tokens a second" in findings["openvino-int8"]["detail"]


def test_openvino_reports_nothing_to_its_makers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its telemetry writes an id into the home folder and sends it with each import."""
    monkeypatch.setenv("HOME", str(tmp_path))
    script = """
from model.classifier import StanceClassifier
print(StanceClassifier.load().engine.name)
print([name for name in sys.modules if name.startswith("openvino_telemetry.")], sys.modules["openvino_telemetry"])
"""
    done = run(script)
    assert done.stdout.splitlines()[1] == "[] None", done.stderr
    assert not (tmp_path / "intel").exists()
