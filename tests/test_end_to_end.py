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

from model.artifact import EMBEDDED, read_manifest
from model.classifier import StanceClassifier
from model.labels import LABELS
from training.examples import Example
from training.replay import WRITTEN, written_examples

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


def test_a_newcomer_posts_comments_and_gets_their_stance(served: str):
    """The service answers just what the classifier says, and abstains on what is not English."""
    texts = [example.text for example in written_examples("test")[:20]]
    russian = "Сегодня в городе хорошая погода, и мы с друзьями пойдём гулять в парк."
    answer = (
        httpx.post(f"{served}/v1/classify", json={"texts": [*texts, russian]}, timeout=60).raise_for_status().json()
    )
    expected = [prediction.to_dict() for prediction in StanceClassifier.load().classify(texts)]
    assert answer["counts"] == {"ok": 21, "failed": 0}
    assert [result["label"] for result in answer["results"][:20]] == [prediction["label"] for prediction in expected]
    for result, prediction in zip(answer["results"], expected, strict=False):
        assert result["scores"] == pytest.approx(prediction["scores"], abs=1e-4)
    assert answer["results"][20]["abstained"]
    assert answer["results"][20]["language"] == "ru"


def test_the_embedded_model_is_as_good_on_unseen_texts_as_its_card_says(tmp_path: Path):
    """Macro F1 on the written test split, by the command a user would run, is what the card promises."""
    done = stance("evaluate", "--data", str(WRITTEN), "--model", "embedded", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    found = next(iter(json.loads(done.stdout)["models"].values()))["overall"]["macro_f1"]["value"]
    promised = read_manifest(EMBEDDED).metrics["test"]["by"]["file"]["written_texts.jsonl"]["macro_f1"]["value"]
    assert promised > 0.65
    assert found == pytest.approx(promised, abs=0.01)


SAYS_NOTHING = (
    "Nice weather in Paris today.",
    "Great recipe, thanks!",
    "Who won the game last night?",
    "ok",
    "lol",
    "This.",
)


def test_short_texts_and_texts_about_something_else_take_no_side():
    """A reader who says nothing about Russia must not be counted on either side."""
    for text, prediction in zip(SAYS_NOTHING, StanceClassifier.load().classify(SAYS_NOTHING), strict=True):
        assert prediction.label == "neutral" or prediction.abstained, text


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
