"""New labels on top of the current model: who is promoted, who is refused, and what stays apart."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from training_support import learnable_rows, make_example, write_rows

from model.artifact import read_manifest, verify
from model.errors import DataError, ModelNotFoundError
from model.labels import LABELS, Stance
from model.registry import EMBEDDED_NAME, Registry
from service.cli import main
from training.config import TrainConfig
from training.examples import Example
from training.replay import written_examples
from training.retrain import MIN_LABELS, RECIPE, Material, Retrained, gather, retrain

Row = dict[str, Any]
SETTINGS = ("epochs=1", "batch_size=16", "learning_rate=1e-3")


def unsplit(rows: Sequence[Row]) -> list[Row]:
    return [{"text": row["text"], "label": row["label"]} for row in rows]


def shuffled(rows: Sequence[Row]) -> list[Row]:
    labels = [row["label"] for row in rows]
    Random(3).shuffle(labels)  # noqa: S311 not for secrets
    return [row | {"label": label} for row, label in zip(rows, labels, strict=True)]


@dataclass(frozen=True)
class Desk:
    """A registry that starts from the tiny model, and a frozen test set that this model knows."""

    home: Path
    registry: Registry
    frozen: Path

    def retrain(self, rows: Sequence[Row], *, say: Callable[[str], None] = print, **more: Any) -> Retrained:
        labels = write_rows(self.home / "new.csv", rows)
        config = TrainConfig.load(RECIPE, assignments=SETTINGS)
        return retrain(
            [labels], home=self.home, config=config, test=[self.frozen], registry=self.registry, say=say, **more
        )


@pytest.fixture
def desk(tmp_path: Path, learned: Path) -> Desk:
    frozen = write_rows(tmp_path / "frozen.csv", unsplit(learnable_rows(90, seed=9)))
    return Desk(tmp_path, Registry(tmp_path, embedded=learned), frozen)


def examples(count: int, **changes: Any) -> list[Example]:
    return [make_example(f"new text {i}", LABELS[i % 3], **({"group": f"new {i}"} | changes)) for i in range(count)]


def gathered(found: Sequence[Example], *, pool: Sequence[Example] = (), frozen: Sequence[Example] = ()) -> Material:
    return gather(found, pool=pool, frozen=frozen or written_examples("test"), seed=0, say=print)


def texts(found: Sequence[Example]) -> set[str]:
    return {example.text for example in found}


def test_good_labels_make_a_version_that_is_promoted(desk: Desk):
    """And the version after it starts from it, names it as parent, and is shown its labels again."""
    result = desk.retrain(unsplit(learnable_rows(40, seed=5)))
    assert result.verdict.promoted, result.verdict.reasons
    assert (result.manifest.reference, result.manifest.parent) == ("tiny-local@2", "tiny@1")
    assert desk.registry.pointer().current == "2"
    assert verify(desk.registry.path("2")).metrics["gate"] == result.verdict.to_dict()
    assert result.manifest.data["new.csv"]["rows"] == 40
    assert len((desk.home / "labels" / "2.jsonl").read_text(encoding="utf-8").splitlines()) == 40
    kept = json.loads((desk.registry.path("2") / "training.json").read_text(encoding="utf-8"))
    assert kept["max_tokens"] == result.manifest.layout.max_tokens == 64
    assert kept["base"] == "tiny@1"

    following = desk.retrain(unsplit(learnable_rows(30, seed=6)))
    assert (following.manifest.reference, following.manifest.parent) == ("tiny-local@3", "tiny-local@2")


def test_too_few_labels_are_refused_before_training(desk: Desk):
    with pytest.raises(
        DataError, match=f"^19 usable new labels; at least {MIN_LABELS} are needed to judge a new model$"
    ):
        desk.retrain(unsplit(learnable_rows(19, seed=5)))
    assert desk.registry.versions() == [EMBEDDED_NAME]


def test_bad_rows_are_refused_before_training(desk: Desk):
    with pytest.raises(DataError, match=r"^1 bad rows; .*\n  new\.csv:42: label: 'pro' is none of"):
        desk.retrain([*unsplit(learnable_rows(40, seed=5)), {"text": "x", "label": "pro"}])


def test_bad_rows_of_every_file_can_be_skipped(desk: Desk):
    said: list[str] = []
    bad = {"text": "x", "label": "pro"}
    earlier = write_rows(desk.home / "earlier.csv", [bad])
    with desk.frozen.open("a", encoding="utf-8") as stream:
        stream.write("x,pro\n")
    rows = [*unsplit(learnable_rows(40, seed=5)), bad]
    desk.retrain(rows, replay=[earlier], skip_bad_rows=True, say=said.append)
    skipped = [line.split(":")[0] for line in said if line.startswith("left out")]
    assert skipped == ["left out new.csv", "left out earlier.csv", "left out frozen.csv"]


def test_texts_of_the_frozen_test_set_are_not_learned(desk: Desk):
    said: list[str] = []
    rows = [*unsplit(learnable_rows(90, seed=9))[:80], *unsplit(learnable_rows(10, seed=5))]
    with pytest.raises(DataError, match=r"^10 usable new labels"):
        desk.retrain(rows, say=said.append)
    assert said == ["left out 80 texts of the frozen test set: a model must not learn what it is judged by"]


def test_without_a_current_model_nothing_is_begun(desk: Desk):
    broken = Desk(desk.home, Registry(desk.home, embedded=desk.home / "nowhere"), desk.frozen)
    with pytest.raises(ModelNotFoundError, match="not a model directory"):
        broken.retrain(unsplit(learnable_rows(40, seed=5)))
    assert {path.name for path in desk.home.iterdir()} == {"new.csv", "frozen.csv"}


def test_every_fifth_new_label_judges_and_does_not_teach():
    material = gathered(examples(50))
    assert (len(material.train), len(material.fresh)) == (40, 10)
    assert {example.split for example in material.train} == {"train"}
    assert {example.split for example in material.fresh} == {"dev"}
    assert texts(gathered(examples(50)[::-1]).fresh) == texts(material.fresh)


def test_a_split_that_the_labels_name_does_not_count():
    """New labels are new: that they were a test split elsewhere does not keep them from being learned."""
    assert len(gathered(examples(50, split="test")).train) == 40


def test_no_text_and_no_group_is_on_both_sides():
    """What is learned shares nothing with what it is judged by, wherever the texts come from."""
    written = {name: written_examples(name) for name in ("train", "dev", "test")}
    found = [*examples(60), *written["train"][:20], *written["dev"][:20], *written["test"][:20]]
    earlier = [*examples(90)[50:], *written["dev"][20:30], *written["test"][20:30]]
    material = gathered(found, pool=[*written["train"], *earlier])
    learned, judging = [*material.train, *material.replay], [*material.fresh, *material.replay_dev, *material.frozen]
    assert {example.key for example in learned}.isdisjoint(example.key for example in judging)
    assert {example.group for example in learned}.isdisjoint(example.group for example in judging)
    everything = material.examples
    assert len({example.key for example in everything}) == len(everything)
    assert {(example.split, len(part) > 0) for part in (learned,) for example in part} == {("train", True)}


def test_a_group_of_the_frozen_test_set_is_not_learned_either():
    frozen = [make_example("judged", group="thread 1")]
    material = gathered([*examples(30), *examples(10, group="thread 1")], frozen=frozen)
    assert len(material.new) == 30


def test_labels_of_one_group_cannot_be_learned_and_judged():
    with pytest.raises(DataError, match=r"^all new labels are of one group, which is either learned or judged by; "):
        gathered(examples(30, group="thread 1"))


def test_corrected_texts_are_not_replayed_with_their_old_labels():
    old = written_examples("train")[:30]
    corrected = [make_example(e.text, Stance.NEUTRAL, context=e.context, group=e.group) for e in old]
    material = gathered(corrected, pool=written_examples("train"))
    assert texts(material.replay).isdisjoint(example.text for example in old)


def run(*arguments: str | Path) -> int:
    settings = [part for assignment in SETTINGS for part in ("--set", assignment)]
    with pytest.raises(SystemExit) as exited:
        main(["retrain", *map(str, arguments), *settings])
    assert isinstance(exited.value.code, int)
    return exited.value.code


@pytest.fixture
def home(desk: Desk, learned: Path) -> Path:
    """A home where the tiny model is current: the command itself starts from the embedded one, which is large."""
    desk.registry.promote(desk.registry.register(learned))
    return desk.home


def test_shuffled_labels_are_registered_and_refused(home: Path, capsys: pytest.CaptureFixture[str]):
    """The version can be looked at, the current model stays, and the labels never come back."""
    labels = write_rows(home / "new.csv", shuffled(unsplit(learnable_rows(60, seed=5))))
    assert run("--labels", labels, "--test", home / "frozen.csv", "--home", home, "--json") == 0
    registry = Registry(home)
    verdict = json.loads(capsys.readouterr().out)
    assert verdict.pop("version") == registry.versions()[-1] == "3"
    assert verdict == read_manifest(registry.path("3")).metrics["gate"]
    assert not verdict["promoted"]
    assert any("the new labels look unrelated to their texts" in reason for reason in verdict["reasons"])
    assert registry.pointer().current == "2"
    assert {path.name for path in home.iterdir()} == {"models", "current.json", "new.csv", "frozen.csv"}


@pytest.mark.parametrize("poisoned", [False, True])
def test_the_command_says_in_words_what_it_did(home: Path, capsys: pytest.CaptureFixture[str], poisoned: bool):
    rows = unsplit(learnable_rows(40, seed=5))
    labels = write_rows(home / "new.jsonl", shuffled(rows) if poisoned else rows)
    assert run("--labels", labels, "--test", home / "frozen.csv", "--home", home) == 0
    printed = capsys.readouterr()
    registry = Registry(home)
    version = registry.versions()[-1]
    reasons = read_manifest(registry.path(version)).metrics["gate"]["reasons"]
    expected = [f"version {version} was " + ("refused: the current model stays" if poisoned else "promoted")]
    expected += [f"- {reason}" for reason in reasons]
    if poisoned:
        expected.append(f"look at it with: stance models show {version}")
    assert printed.out == "\n".join(expected) + "\n"
    assert "training on 432 texts, " in printed.err
    assert "\ncomparing the candidate with the current model\n" in printed.err


@pytest.mark.parametrize(
    ("rows", "more", "code", "message"),
    [
        (learnable_rows(19), (), 1, r"stance: 19 usable new labels; at least 20 are needed to judge a new model\n"),
        ([{"text": "x", "label": "pro"}], (), 1, r"stance: 1 bad rows; .*\n  new\.jsonl:1: label: 'pro' is none .*\n"),
        (learnable_rows(30), ("--set", "epoch=1"), 2, r"stance: --set: epoch: Extra inputs are not permitted; .*\n"),
        (
            learnable_rows(30),
            ("--set", "base=bert-base-cased", "--set", "max_tokens=128"),
            2,
            r"stance: base, max_tokens: comes from the current model when retraining; leave it out\n",
        ),
    ],
)
def test_the_command_refuses_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str], rows: list[Row], more: tuple[str, ...], code: int, message: str
):
    labels = write_rows(home / "new.jsonl", rows)
    assert run("--labels", labels, "--test", home / "frozen.csv", "--home", home, *more) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.fullmatch(message, printed.err), printed.err
