"""What a retrained model is shown again, and what never comes back."""

from pathlib import Path

import pytest
from training_support import make_example

from model.labels import Stance
from model.registry import EMBEDDED_NAME, Registry
from training.examples import Example
from training.replay import LEAST, RATIO, draw_replay, earlier_labels, keep_labels, written_examples

POOL = [make_example(f"old {index}", split="dev") for index in range(1000)]


@pytest.fixture
def registry(tmp_path: Path, tiny_model: Path) -> Registry:
    return Registry(tmp_path, embedded=tiny_model)


def register(registry: Registry, home: Path, tiny_model: Path, *texts: str) -> str:
    """Register a version made from a label for each of `texts`, without promoting it."""
    version = registry.register(tiny_model)
    keep_labels(home, version, [make_example(text) for text in texts])
    return version


def texts(examples: list[Example]) -> list[str]:
    return [example.text for example in examples]


@pytest.mark.parametrize(("new", "size"), [(0, LEAST), (20, LEAST), (300, RATIO * 300), (900, 1000)])
def test_replay_grows_with_the_new_labels(new: int, size: int):
    found = draw_replay(POOL, new=[make_example(f"new {index}") for index in range(new)], seed=0)
    assert len(found) == len(set(texts(found))) == size
    assert {example.split for example in found} == {"train"}


def test_replay_is_drawn_by_the_seed_alone():
    first, again, other = (draw_replay(POOL, new=[], seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert texts(first) != texts(other)


def test_a_relabelled_text_is_not_replayed_with_its_old_label():
    """In other letters and white space too: it is the same text to the model."""
    found = draw_replay(POOL[:50], new=[make_example("OLD  7", Stance.SKEPTICAL)], seed=0)
    assert len(found) == 49
    assert "old 7" not in texts(found)


def test_of_several_labels_of_a_text_the_last_is_replayed():
    pool = [make_example("text", Stance.NEUTRAL), make_example("Text", Stance.SKEPTICAL), make_example("other")]
    found = draw_replay(pool, new=[], seed=0)
    assert {(example.text, example.label) for example in found} == {
        ("Text", Stance.SKEPTICAL),
        ("other", Stance.NEUTRAL),
    }


def test_labels_are_kept_as_they_were(tmp_path: Path, registry: Registry, tiny_model: Path):
    example = make_example('Ünïcode,\n"text"', Stance.SUPPORTIVE, context="Parent", id="7", group="thread", sure=False)
    version = registry.register(tiny_model)
    keep_labels(tmp_path, version, [example])
    registry.promote(version)
    (found,) = earlier_labels(tmp_path, registry)
    fields = ("text", "label", "context", "id", "group", "sure")
    assert [getattr(found, name) for name in fields] == [getattr(example, name) for name in fields]


def test_a_fresh_home_has_no_earlier_labels(tmp_path: Path, registry: Registry):
    assert earlier_labels(tmp_path, registry) == []


def test_only_labels_of_versions_in_use_come_back(tmp_path: Path, registry: Registry, tiny_model: Path):
    """Of those current now or before it; not of refused ones, nor of those rolled back."""
    first, refused, second, third = (
        register(registry, tmp_path, tiny_model, name) for name in ("first", "refused", "second", "third")
    )
    for version in (first, second, third):
        registry.promote(version)
    assert texts(earlier_labels(tmp_path, registry)) == ["first", "second", "third"]
    registry.rollback()
    assert texts(earlier_labels(tmp_path, registry)) == ["first", "second"]
    assert registry.path(refused).is_dir()


def test_going_back_to_the_embedded_model_keeps_what_led_to_it(tmp_path: Path, registry: Registry, tiny_model: Path):
    registry.promote(register(registry, tmp_path, tiny_model, "first"))
    registry.promote(EMBEDDED_NAME)
    registry.promote(registry.register(tiny_model))  # made by hand: it has no labels
    assert texts(earlier_labels(tmp_path, registry)) == ["first"]


def test_written_texts_are_at_hand_in_disjoint_splits():
    splits = {name: {example.key for example in written_examples(name)} for name in ("train", "dev", "test")}
    assert all(splits.values())
    assert splits["train"].isdisjoint(splits["dev"] | splits["test"])
    assert splits["dev"].isdisjoint(splits["test"])
