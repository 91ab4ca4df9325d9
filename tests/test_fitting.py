"""The loss, the schedule, and what is kept of a run that was cut short."""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from training_support import TINY_RUN, learnable_rows, make_example
from transformers import TrainingArguments

from model.errors import DataError, SettingsError
from model.labels import LABELS, Stance
from training.config import TrainConfig
from training.examples import Example
from training.fitting import WeightedTrainer, class_weights, fit
from training.network import Network, load_network
from training.regularization import TokenDropout
from training.run import train_model


def examples(count: int, *, seed: int = 0, sure: bool = True) -> list[Example]:
    return [
        make_example(row["text"], Stance(row["label"]), split=row["split"], sure=sure)
        for row in learnable_rows(count, seed=seed)
    ]


def configured(base: Path, *assignments: str) -> TrainConfig:
    return TrainConfig.load(assignments=[*TINY_RUN, f"base={base}", *assignments])


def fitted(base: Path, work: Path, *assignments: str, train: Sequence[Example] | None = None) -> Network:
    config = configured(base, *assignments)
    torch.manual_seed(0)
    loaded = load_network(str(base), layout=config.layout)
    fit(loaded, config, train=train or examples(60), dev=examples(30, seed=1), work=work)
    return loaded


def same_weights(first: Network, second: Network) -> bool:
    others = second.network.state_dict()
    return all(torch.equal(tensor, others[name]) for name, tensor in first.network.state_dict().items())


def labelled(*counts: int) -> list[Example]:
    return [make_example(str(i), label) for label, count in zip(LABELS, counts, strict=True) for i in range(count)]


@pytest.mark.parametrize(
    ("counts", "power", "weights"),
    [
        ((10, 10, 10), 1.0, [1, 1, 1]),
        ((10, 20, 30), 0.0, [1, 1, 1]),
        ((10, 20, 30), 1.0, [2, 1, 2 / 3]),
        ((10, 20, 30), 0.5, [math.sqrt(2), 1, math.sqrt(2 / 3)]),
        ((10, 20, 0), 1.0, [1, 0.5, 1]),
    ],
)
def test_rare_labels_weigh_more_by_the_power_of_their_rarity(
    counts: tuple[int, int, int], power: float, weights: list[float]
):
    """An absent label gets 1, and not infinity."""
    assert class_weights(labelled(*counts), power=power).tolist() == pytest.approx(weights)


class Fixed(torch.nn.Module):
    """Gives the logits that it was made with."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self) -> "Fixed":
        return self


def loss_of(
    tmp_path: Path, logits: torch.Tensor, labels: list[int], weight: list[float], *, smoothing: float = 0.0
) -> torch.Tensor:
    network = Fixed(logits)
    trainer = WeightedTrainer(
        class_weights=CLASS_WEIGHTS,
        label_smoothing=smoothing,
        token_dropout=TokenDropout(0.0, 0, ()),
        layer_decay=1.0,
        model=network,
        args=TrainingArguments(output_dir=str(tmp_path), report_to="none", use_cpu=True),
    )
    inputs = {"labels": torch.tensor(labels), "weight": torch.tensor(weight)}
    return trainer.compute_loss(network, inputs)  # type: ignore[no-any-return]


CLASS_WEIGHTS = torch.tensor([2.0, 1.0, 0.5])
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.1, 0.3], [-1.0, 1.0, 3.0]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_with_rows_of_weight_one_the_loss_is_torch_s(tmp_path: Path, smoothing: float):
    expected = torch.nn.functional.cross_entropy(
        LOGITS, torch.tensor([0, 1, 2]), weight=CLASS_WEIGHTS, label_smoothing=smoothing
    )
    assert torch.isclose(loss_of(tmp_path, LOGITS, [0, 1, 2], [1.0, 1.0, 1.0], smoothing=smoothing), expected)


def test_two_windows_of_half_weight_count_as_one_text(tmp_path: Path):
    whole = loss_of(tmp_path, LOGITS[:2], [0, 1], [1.0, 1.0])
    halves = loss_of(tmp_path, LOGITS[[0, 0, 1]], [0, 0, 1], [0.5, 0.5, 1.0])
    assert torch.isclose(whole, halves)


def test_a_batch_without_weight_teaches_nothing_and_breaks_nothing(tmp_path: Path):
    """As when `unsure_weight` is 0 and chance fills a batch with unsure texts."""
    assert loss_of(tmp_path, LOGITS, [0, 1, 2], [0.0, 0.0, 0.0]).item() == 0


def test_texts_of_no_weight_leave_the_network_whole(tmp_path: Path, learner_base: Path):
    unsure = examples(60, sure=False)
    loaded = fitted(learner_base, tmp_path / "work", "unsure_weight=0", "epochs=1", train=unsure)
    assert all(tensor.isfinite().all() for tensor in loaded.network.state_dict().values())


def test_the_same_seed_gives_the_same_weights(tmp_path: Path, learner_base: Path):
    """The whole run, the new head's first weights included; another seed gives others."""
    weights = []
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        config = configured(learner_base, f"seed={seed}", "epochs=1")
        train_model(config, examples(60), out=tmp_path / name, data={}, say=print)
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_frozen_embeddings_stay_as_they_are(tmp_path: Path, learner_base: Path):
    before = load_network(str(learner_base), layout=configured(learner_base).layout).network
    after = fitted(learner_base, tmp_path / "work", "epochs=1", "freeze_embeddings=true").network
    assert torch.equal(before.get_input_embeddings().weight, after.get_input_embeddings().weight)
    moved = fitted(learner_base, tmp_path / "other", "epochs=1").network
    assert not torch.equal(before.get_input_embeddings().weight, moved.get_input_embeddings().weight)


def test_training_stops_when_patience_is_over(tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]):
    """Nothing gets better at a learning rate of nearly nothing: after the first epoch, `patience` more are tried."""
    fitted(learner_base, tmp_path / "work", "epochs=9", "patience=2", "learning_rate=1e-12")
    epochs = [line.split(":")[0] for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    assert epochs == ["epoch 1.0/9", "epoch 2.0/9", "epoch 3.0/9"]


def test_a_finished_run_goes_on_from_its_best_epoch(
    tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str]
):
    """So that a kill between the last epoch and the finished model costs little; the result is the same."""
    first = fitted(learner_base, tmp_path / "work")
    assert "going on" not in capsys.readouterr().err
    again = fitted(learner_base, tmp_path / "work")
    assert f"going on from {tmp_path / 'work' / 'checkpoint-'}" in capsys.readouterr().err
    assert same_weights(first, again)


@pytest.mark.parametrize("lacking", ["trainer_state.json", "optimizer.pt", "model.safetensors"])
def test_a_checkpoint_cut_short_is_passed_over(
    tmp_path: Path, learner_base: Path, capsys: pytest.CaptureFixture[str], lacking: str
):
    """The kill may come while a checkpoint is written; the one before it is whole."""
    work = tmp_path / "work"
    fitted(learner_base, work, "epochs=1")
    (whole,) = work.glob("checkpoint-*")
    shutil.copytree(whole, work / "checkpoint-999")
    (work / "checkpoint-999" / lacking).unlink()
    capsys.readouterr()
    fitted(learner_base, work, "epochs=1")
    assert f"going on from {whole}\n" in capsys.readouterr().err
    assert not (work / "checkpoint-999").exists()


@pytest.mark.parametrize("change", [{"learning_rate": 1e-5}, {"train": examples(63)}], ids=["settings", "data"])
def test_checkpoints_of_another_run_are_refused(tmp_path: Path, learner_base: Path, change: dict[str, Any]):
    work = tmp_path / "work"
    fitted(learner_base, work, "epochs=1")
    message = f"^{work}: checkpoints of a run with another configuration or other data; delete the folder$"
    assignments = [f"{name}={value}" for name, value in change.items() if name != "train"]
    with pytest.raises(SettingsError, match=message):
        fitted(learner_base, work, "epochs=1", *assignments, train=change.get("train"))


@pytest.mark.parametrize("empty", ["train", "dev"])
def test_an_empty_split_is_named(tmp_path: Path, learner_base: Path, empty: str):
    found = [example for example in examples(60) if example.split != empty]
    with pytest.raises(
        DataError, match=f"^no text is in the {empty} split; add labelled texts or change the fractions$"
    ):
        train_model(configured(learner_base), found, out=tmp_path / "out", data={}, say=print)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_hidden_tokens_and_dropout_change_the_run(tiny_base: Path, tmp_path: Path):
    """The settings reach the network: each alone gives other weights, and the same setting the same."""
    settings = ("dropout=0.0",), ("dropout=0.0", "token_dropout=0.5"), ("dropout=0.5",), ("dropout=0.0",)
    plain, hidden, dropped, again = (
        fitted(tiny_base, tmp_path / str(index), "epochs=1", *chosen) for index, chosen in enumerate(settings)
    )
    assert same_weights(plain, again)
    assert not same_weights(plain, hidden)
    assert not same_weights(plain, dropped)


def test_the_layer_decay_of_the_configuration_reaches_the_optimizer(tiny_base: Path, tmp_path: Path):
    """With next to no rate below the head, the embeddings hardly move."""
    before = load_network(str(tiny_base), layout=configured(tiny_base).layout)
    moved = []
    for decay in ("1", "1e-6"):
        after = fitted(tiny_base, tmp_path / decay, f"layer_decay={decay}", "epochs=1")
        words = [loaded.network.get_input_embeddings().weight for loaded in (before, after)]
        moved.append((words[0] - words[1]).abs().max().item())
    assert moved[1] < moved[0] / 100


@pytest.mark.slow
def test_only_training_texts_are_edited(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: dict[str, list[Example]] = {}

    def keep(loaded: Network, config: TrainConfig, *, train: list[Example], dev: list[Example], work: Path) -> None:
        seen.update(train=train, dev=dev)
        work.mkdir()

    monkeypatch.setattr("training.run.fit", keep)
    rows = examples(60)
    train_model(configured(tiny_base, "edited_share=1"), rows, out=tmp_path / "out", data={}, say=print)
    before = [example.text for example in rows if example.split == "train"]
    assert sum(old != new.text for old, new in zip(before, seen["train"], strict=True)) > len(before) / 2
    assert [example.text for example in seen["dev"]] == [example.text for example in rows if example.split == "dev"]
