"""Adapting an encoder to the language of the texts."""

import gzip
import json
import re
import shutil
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from conftest import TINY_LAYOUT
from encoders import FAMILIES
from safetensors.torch import load_file
from training_support import learnable_rows, write_rows
from transformers import AutoModelForMaskedLM, AutoTokenizer

from model.errors import DataError, SettingsError
from training.adapt import adapt, main, read_texts, word_head
from training.network import load_network

TEXTS = [row["text"] for row in learnable_rows(120)]


def test_texts_held_out_in_any_file_stay_unseen(tmp_path: Path) -> None:
    labelled = write_rows(tmp_path / "a.csv", [{"text": "one", "split": "train"}, {"text": "two", "split": "test"}])
    pool = tmp_path / "pool.jsonl.gz"
    with gzip.open(pool, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"text": text}) + "\n" for text in ("two", "three", "three", "да"))
    assert read_texts([pool, labelled]) == ["one", "three", "да"]


def test_only_held_out_texts_are_no_texts(tmp_path: Path, tiny_base: Path) -> None:
    path = write_rows(tmp_path / "a.csv", [{"text": "one", "split": "test"}])
    result = CliRunner().invoke(main, [str(path), "--base", str(tiny_base), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, DataError)
    assert "no text outside the dev and test splits" in str(result.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("family", ["bert", "roberta", "deberta-v3"])
def test_hidden_tokens_alone_get_the_scores_that_they_get_among_all(family: str) -> None:
    tokenizer, config = FAMILIES[family]
    config = deepcopy(config)
    config.vocab_size = tokenizer().get_vocab_size()
    network = AutoModelForMaskedLM.from_config(config).eval()
    ids = torch.tensor([[5, 9, 7, 11], [6, 8, 12, 10]])
    hidden = torch.tensor([[False, True, False, False], [True, False, True, False]])
    with torch.inference_mode():
        scores = word_head(network)(network.base_model(ids)[0][hidden])
        assert torch.allclose(scores, network(ids).logits[hidden], atol=1e-5)


def test_an_encoder_whose_head_is_in_parts_is_refused() -> None:
    with pytest.raises(SettingsError, match="DistilBertForMaskedLM cannot be adapted"):
        word_head(AutoModelForMaskedLM.from_config(FAMILIES["distilbert"][1]))


def test_a_base_without_a_mask_token_is_refused(tmp_path: Path, tiny_base: Path) -> None:
    base = shutil.copytree(tiny_base, tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(base)
    with pytest.raises(SettingsError, match="no mask token"):
        adapt(str(base), TEXTS, epochs=1, out=tmp_path / "out")


@pytest.mark.slow
def test_an_adapted_encoder_has_learned_to_guess_and_is_a_base_like_any(
    tmp_path: Path, tiny_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adapt(str(tiny_base), TEXTS, epochs=30, out=tmp_path / "out")
    losses = [float(loss) for loss in re.findall(r"'loss': '([\d.]+)'", capsys.readouterr().out)]
    assert losses[-1] < losses[0] - 1
    before, after = load_file(tiny_base / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    assert before.keys() == after.keys()
    moved = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert "embeddings.word_embeddings.weight" in moved
    assert not any(name.startswith("pooler") for name in moved)
    assert load_network(str(tmp_path / "out"), layout=TINY_LAYOUT).network.config.num_labels == 3


@pytest.mark.slow
def test_the_same_seed_gives_the_same_encoder(tmp_path: Path, tiny_base: Path) -> None:
    for name in ("a", "b"):
        adapt(str(tiny_base), TEXTS[:40], epochs=1, out=tmp_path / name)
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("a", "b"))
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())
