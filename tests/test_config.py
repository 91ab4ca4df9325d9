"""One frozen configuration, from defaults, a recipe and `--set`."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from model.errors import SettingsError
from model.tokenizer import InputLayout
from training.config import TrainConfig
from training.retrain import RECIPE

RECIPES = sorted(RECIPE.parent.glob("*.toml"))


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_a_recipe_wins_over_the_defaults_and_set_over_the_recipe(tmp_path: Path):
    recipe = write(tmp_path / "r.toml", 'name = "mine"\nepochs = 2\nseed = 7\n')
    config = TrainConfig.load(recipe, assignments=["epochs=3.5", " seed = 9 ", "seed=11", "freeze_embeddings=true"])
    assert (config.name, config.epochs, config.seed, config.freeze_embeddings) == ("mine", 3.5, 11, True)
    assert config.batch_size == TrainConfig().batch_size


def test_the_layout_is_that_of_the_settings():
    config = TrainConfig.load(assignments=["max_tokens=128", "overlap=8", "context_tokens=16", "max_windows=2"])
    assert config.layout == InputLayout(128, 8, 16, 2)


def test_a_configuration_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        TrainConfig().seed = 1  # type: ignore[misc]


def test_a_configuration_survives_its_own_record():
    config = TrainConfig.load(assignments=["epochs=2", "precision=bfloat16"])
    assert TrainConfig(**config.model_dump()) == config


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("epoch=3", "--set: epoch: Extra inputs are not permitted; known keys: base, name, version, max_tokens,"),
        ("epochs", "--set epochs: write it as key=value"),
        ("epochs=many", "--set: epochs: Input should be a valid number, unable to parse string as a number"),
        ("epochs=0", "--set: epochs: Input should be greater than 0"),
        ("epochs=inf", "--set: epochs: Input should be a finite number"),
        ("learning_rate=nan", "--set: learning_rate: Input should be a finite number"),
        ("batch_size=1.5", "--set: batch_size: Input should be a valid integer"),
        ("dev_fraction=0.5", "--set: dev_fraction: Input should be less than 0.5"),
        ("precision=int8", "--set: precision: Input should be 'auto', 'float32' or 'bfloat16'"),
        ("name=", "--set: name: String should have at least 1 character"),
    ],
)
def test_a_bad_assignment_is_refused_by_key(tmp_path: Path, assignment: str, message: str):
    """Also where the recipe beside it is sound: it is not the recipe that is blamed."""
    for recipe in (None, write(tmp_path / "r.toml", "seed = 1\n")):
        with pytest.raises(SettingsError, match="^" + re.escape(message)):
            TrainConfig.load(recipe, assignments=[assignment])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epoch = 3\n", "epoch: Extra inputs are not permitted; known keys: base, name,"),
        ("[training]\nepochs = 3\n", "training: Extra inputs are not permitted"),
        ("version = 2\n", "version: Input should be a valid string"),
        ("epochs = \n", "not valid TOML: Invalid value (at line 1, column 10)"),
    ],
)
def test_a_bad_recipe_is_refused_by_file_and_key(tmp_path: Path, content: str, message: str):
    recipe = write(tmp_path / "r.toml", content)
    with pytest.raises(SettingsError, match="^" + re.escape(f"{recipe}: {message}")):
        TrainConfig.load(recipe, assignments=["seed=1"])


def test_a_recipe_in_another_encoding_is_refused(tmp_path: Path):
    recipe = tmp_path / "r.toml"
    recipe.write_bytes('name = "Zoë"\n'.encode("latin-1"))
    with pytest.raises(SettingsError, match="not valid TOML"):
        TrainConfig.load(recipe)


def test_an_impossible_layout_is_refused():
    config = TrainConfig.load(assignments=["max_tokens=128"])
    with pytest.raises(SettingsError, match=r"max_tokens must exceed context_tokens \+ overlap"):
        _ = config.layout


def test_every_recipe_of_the_project_is_valid():
    assert len(RECIPES) > 1
    for recipe in RECIPES:
        assert TrainConfig.load(recipe).layout
