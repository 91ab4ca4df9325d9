"""`stance train` from the command line to a model that can be served."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file
from training_support import TINY_RUN, learnable_rows, write_rows
from transformers import pipeline

from model.artifact import FILES, read_manifest, verify
from model.classifier import StanceClassifier
from model.labels import LABELS
from service.cli import main
from training.config import TrainConfig

EPOCH = re.compile(r"^epoch (\d+)\.0/.*$", re.MULTILINE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "labels.csv", learnable_rows(60))


def train(data: Path, out: Path, base: Path | str, *more: str) -> int:
    settings = [part for assignment in TINY_RUN for part in ("--set", assignment)]
    with pytest.raises(SystemExit) as exited:
        main(["train", "--data", str(data), "-o", str(out), "--base", str(base), *settings, *more])
    assert isinstance(exited.value.code, int)
    return exited.value.code


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_learnable_task_is_learned_from_a_random_network(
    tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]
):
    """End to end: the model is sealed, its figures are printed, and it labels new texts right."""
    path = write_rows(tmp_path / "labels.csv", learnable_rows(300))
    out = tmp_path / "models" / "mine"
    assert train(path, out, learner_base, "--set", "name=mine", "--set", "version=7") == 0
    printed = capsys.readouterr()
    manifest = verify(out)
    assert manifest.reference == "mine@7"
    assert manifest.metrics["test"]["overall"]["macro_f1"]["value"] > 0.9
    assert "training on 240 texts, 30 for development, 30 for test\n" in printed.err
    assert "it/s" not in printed.err
    assert 2 < len(EPOCH.findall(printed.err)) <= 6
    assert printed.out.startswith("\ndev split\n\nby ")
    assert "\ntest split\n\nby " in printed.out
    assert printed.out.endswith(f'\nmine@7 is in {out}; try it: stance classify --model {out} "..."\n')
    texts = ["yesterday it was peace", "putin is a trap", "i talk weather"]
    found = StanceClassifier.load(out).classify(texts)
    assert [prediction.label for prediction in found] == ["supportive", "skeptical", "neutral"]
    assert left_in(tmp_path) == {"labels.csv", "models"}
    assert left_in(out.parent) == {"mine"}


def test_the_model_loads_in_transformers_as_it_is(learned: Path):
    """Weights lie in half precision, the tokenizer and the labels beside them."""
    assert {str(tensor.dtype) for tensor in load_file(learned / FILES.weights).values()} == {"torch.float16"}
    scored = pipeline("text-classification", model=str(learned), device="cpu")("it was a trap with putin")
    assert scored[0]["label"] == "skeptical"


def test_the_whole_configuration_is_kept_with_the_model(learned: Path, learner_base: Path):
    kept = json.loads((learned / "training.json").read_text(encoding="utf-8"))
    assert TrainConfig(**kept) == TrainConfig.load(assignments=[*TINY_RUN, f"base={learner_base}", "name=tiny"])


def test_the_manifest_fingerprints_the_data(learned: Path):
    record = read_manifest(learned).data["labels.csv"]
    assert record["rows"] == 300
    assert re.fullmatch("[0-9a-f]{64}", record["sha256"])


def test_the_split_may_be_drawn(tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]):
    rows = [{"text": row["text"], "label": row["label"]} for row in learnable_rows(60)]
    path = write_rows(tmp_path / "labels.jsonl", rows)
    assert train(path, tmp_path / "out", learner_base, "--set", "epochs=1", "--set", "dev_fraction=0.3") == 0
    counts = re.search(r"training on (\d+) texts, (\d+) for development, (\d+) for test", capsys.readouterr().err)
    assert counts
    assert sum(map(int, counts.groups())) == 60
    assert int(counts[2]) > int(counts[3]) > 0


def test_a_recipe_is_read_and_set_wins_over_it(tmp_path: Path, data: Path, learner_base: Path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('name = "from-recipe"\nseed = 5\nepochs = 9\n', encoding="utf-8")
    assert train(data, tmp_path / "out", learner_base, "--config", str(recipe), "--set", "epochs=1") == 0
    kept = json.loads((tmp_path / "out" / "training.json").read_text(encoding="utf-8"))
    assert (kept["name"], kept["seed"], kept["epochs"]) == ("from-recipe", 5, 1)


def test_bad_rows_are_listed_and_end_the_run(tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]):
    rows = [*learnable_rows(60), {"text": "x", "label": "pro", "split": "train"}]
    path = write_rows(tmp_path / "labels.csv", rows)
    assert train(path, tmp_path / "out", learner_base) == 1
    assert capsys.readouterr().err == (
        "stance: 1 bad rows; correct them or pass --skip-bad-rows:\n"
        "  labels.csv:62: label: 'pro' is none of skeptical, supportive, neutral\n"
    )
    assert left_in(tmp_path) == {"labels.csv"}
    assert train(path, tmp_path / "out", learner_base, "--skip-bad-rows", "--set", "epochs=1") == 0
    assert read_manifest(tmp_path / "out").data["labels.csv"]["rows"] == 60


def test_an_existing_model_is_replaced_only_when_asked(
    tmp_path: Path, data: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert train(data, out, learner_base, "--set", "epochs=1", "--set", "name=first") == 0
    before = (out / FILES.manifest).read_bytes()
    capsys.readouterr()
    assert train(data, out, learner_base, "--set", "epochs=1", "--set", "name=second") == 2
    assert f"{out} exists; choose another directory or pass --overwrite" in capsys.readouterr().err
    assert (out / FILES.manifest).read_bytes() == before
    assert train(data, out, learner_base, "--set", "epochs=1", "--set", "name=second", "--overwrite") == 0
    assert verify(out).name == "second"


def test_overwrite_never_takes_a_folder_that_is_no_model(
    tmp_path: Path, data: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]
):
    """`-o ~ --overwrite` would else cost a home directory."""
    assert train(data, tmp_path, learner_base, "--overwrite") == 2
    assert f"{tmp_path} is no model directory, and only those are overwritten" in capsys.readouterr().err
    assert data.exists()


def test_a_run_that_fails_leaves_the_old_model_in_place(
    tmp_path: Path, data: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert train(data, out, learner_base, "--set", "epochs=1") == 0
    before = (out / FILES.manifest).read_bytes()
    only_train = write_rows(tmp_path / "other.csv", [row | {"split": "train"} for row in learnable_rows(30)])
    assert train(only_train, out, learner_base, "--overwrite") == 1
    assert "no text is in the dev split" in capsys.readouterr().err
    assert (out / FILES.manifest).read_bytes() == before
    assert left_in(tmp_path) == {"labels.csv", "other.csv", "out"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--set", "epoch=1"), "stance: --set: epoch: Extra inputs are not permitted; known keys: base,"),
        (("--set", "max_tokens=512"), "stance: max_tokens: 512 when padded, but "),
        (("--set", "context_tokens=60"), "stance: InputLayout("),
    ],
)
def test_settings_that_make_no_sense_are_bad_usage(
    tmp_path: Path,
    data: Path,
    learner_base: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, str],
    message: str,
):
    assert train(data, tmp_path / "out", learner_base, *more) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(message)
    assert left_in(tmp_path) == {"labels.csv"}


def stance(*arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [str(Path(sys.executable).with_name("stance")), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@pytest.mark.slow
def test_a_hub_id_without_a_network_is_one_clear_line(tmp_path: Path, data: Path):
    with stance("train", "--data", str(data), "--base", "nobody/such-encoder", "-o", str(tmp_path / "out")) as process:
        printed, error = process.communicate(timeout=300)
    assert (process.returncode, printed) == (1, "")
    assert error.startswith("stance: base 'nobody/such-encoder' cannot be loaded (We couldn't connect to")
    assert error.endswith(
        "; give a folder with config.json, model.safetensors and tokenizer.json, or the id of a public hub model\n"
    )
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_as_if_never_killed(
    tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]
):
    """SIGKILL after the first checkpoint; the same command goes on, and another one is refused meanwhile."""
    data = write_rows(tmp_path / "labels.csv", learnable_rows(150))
    more = ("--set", "epochs=8", "--set", "patience=8", "--set", "learning_rate=2e-3")
    out, work = tmp_path / "killed", tmp_path / "killed.checkpoints"
    settings = [part for assignment in TINY_RUN for part in ("--set", assignment)]
    command = ["train", "--data", str(data), "-o", str(out), "--base", str(learner_base), *settings, *more]
    with stance(*command) as process:
        deadline = time.monotonic() + 300
        while not list(work.glob("checkpoint-*/trainer_state.json")):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    assert not out.exists()

    assert train(data, out, learner_base, *more, "--set", "seed=1") == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"stance: {work}: checkpoints of a run with another configuration or other data; delete the folder"
    )

    assert train(data, out, learner_base, *more) == 0
    resumed = capsys.readouterr().err
    assert f"going on from {work}/checkpoint-" in resumed
    assert train(data, tmp_path / "whole", learner_base, *more) == 0
    whole = capsys.readouterr().err
    epochs = [match[0] for match in EPOCH.finditer(resumed)]
    assert 0 < len(epochs) < 8
    assert epochs == [match[0] for match in EPOCH.finditer(whole)][-len(epochs) :]
    assert (out / FILES.weights).read_bytes() == (tmp_path / "whole" / FILES.weights).read_bytes()
    assert read_manifest(out).metrics == read_manifest(tmp_path / "whole").metrics
    assert left_in(tmp_path) == {"labels.csv", "killed", "whole"}


def test_labels_are_in_the_one_order(learned: Path):
    config = json.loads((learned / FILES.config).read_text(encoding="utf-8"))
    assert [config["id2label"][str(index)] for index in range(3)] == [label.value for label in LABELS]
