"""The three jobs on the embedded model, through the installed command, as a newcomer meets them."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest
from sklearn.metrics import f1_score

from model.labels import LABELS
from training.examples import Example
from training.replay import written_examples

STANCE = str(Path(sys.executable).with_name("stance"))


def stance(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"STANCE_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    return subprocess.run([STANCE, *arguments], capture_output=True, text=True, env=environment, check=False)


def write_labels(path: Path, examples: Sequence[Example], labels: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text", "context", "label", "split"])
        for example, label in zip(examples, labels, strict=True):
            writer.writerow([example.id, example.text, example.context, label, "test"])
    return path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    environment = os.environ | {"STANCE_HOME": str(tmp_path / "home")}
    command = [STANCE, "serve", "--port", "0", "--model", "embedded"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        line = server.stdout.readline()
        assert "http://127.0.0.1:" in line
        yield next(word for word in line.split() if word.startswith("http://"))
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def test_a_newcomer_posts_a_comment_and_gets_its_stance(served: str):
    """The embedded model gets two plain comments right, and abstains on what is not English."""
    texts = [
        "Lift the sanctions, sit down with Moscow and end this pointless new cold war. Everyone would gain.",
        "Any deal with Putin is a trap. He broke every other; keep the sanctions and never trust him.",
        "Сегодня в городе хорошая погода, и мы с друзьями пойдём гулять в парк.",
    ]
    answer = httpx.post(f"{served}/v1/classify", json={"texts": texts}, timeout=60).raise_for_status().json()
    results = answer["results"]
    assert [result["label"] for result in results[:2]] == ["supportive", "skeptical"]
    assert results[2]["abstained"]
    assert results[2]["language"] == "ru"
    assert answer["counts"] == {"ok": 3, "failed": 0}


def test_scored_test_split_gives_the_figures_that_evaluate_prints(tmp_path: Path):
    """`stance score` and `stance evaluate` are one path: macro F1 and every probability agree."""
    examples = written_examples("test")[:80]
    data = write_labels(tmp_path / "test.csv", examples, [example.label for example in examples])
    scored = tmp_path / "scored.jsonl"
    done = stance("score", str(data), "-o", str(scored), "--model", "embedded", home=tmp_path)
    assert done.returncode == 0, done.stderr
    evaluated = stance("evaluate", "--data", str(data), "--model", "embedded", "--json", home=tmp_path)
    assert evaluated.returncode == 0, evaluated.stderr
    figures = next(iter(json.loads(evaluated.stdout)["models"].values()))["overall"]
    rows = [json.loads(line) for line in scored.read_text(encoding="utf-8").splitlines()]
    truth = [row["label"] for row in rows]
    found = [row["stance_label"] for row in rows]
    assert [row["id"] for row in rows] == [example.id for example in examples]
    assert figures["macro_f1"]["value"] == pytest.approx(f1_score(truth, found, average="macro"), abs=1e-9)
    assert figures["abstained"] == pytest.approx(np.mean([row["stance_abstained"] for row in rows]))
    total = [sum(row[f"stance_{label}"] for label in LABELS) for row in rows]
    assert total == pytest.approx([1.0] * len(rows), abs=1e-6)


@pytest.mark.slow
def test_shuffled_labels_never_become_the_current_model(tmp_path: Path):
    """A poisoned label file is trained on, registered, refused with a reason, and not promoted."""
    examples = written_examples("dev")[:60]
    labels = [example.label.value for example in examples]
    random.Random(7).shuffle(labels)  # noqa: S311 not for secrets
    poisoned = write_labels(tmp_path / "poisoned.csv", examples, labels)
    done = stance("retrain", "--labels", str(poisoned), "--set", "epochs=1", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert not verdict["promoted"]
    assert "unrelated to their texts" in " ".join(verdict["reasons"])
    listed = stance("models", "list", "--json", home=tmp_path)
    assert [version["current"] for version in json.loads(listed.stdout)] == [True, False]
