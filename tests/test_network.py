"""Any encoder as a base, and what is written of it."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from encoders import FAMILIES
from safetensors.torch import load_file
from tokenizers import Tokenizer
from training_support import TINY_RUN, learnable_rows, make_example
from transformers import AutoModel, PreTrainedTokenizerFast, pipeline

from model.artifact import FILES, verify
from model.calibration import Calibration
from model.classifier import StanceClassifier
from model.errors import ModelNotFoundError, SettingsError
from model.labels import LABELS, Stance
from model.tokenizer import InputLayout
from training.config import TrainConfig
from training.network import average_networks, load_network, save_network
from training.optimization import parameter_groups
from training.run import train_model

LAYOUT = InputLayout(64, 16, 16, 8)
NO_TOKENIZER = r"^base .* has no tokenizer\.json, and none can be made of its other files$"


def save_base(directory: Path, family: str) -> Path:
    """Save a random encoder of `family`, without a head, as it would lie in a local folder."""
    make_tokenizer, config = FAMILIES[family]
    tokenizer, config = make_tokenizer(), deepcopy(config)
    config.vocab_size = tokenizer.get_vocab_size(with_added_tokens=True)
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(directory)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(directory)
    return directory


@pytest.mark.parametrize("family", list(FAMILIES))
def test_any_family_trains_into_a_model_that_loads_everywhere(tmp_path: Path, family: str):
    """The result serves here and in `transformers.pipeline`, with the same probabilities."""
    base = save_base(tmp_path / "base", family)
    examples = [
        make_example(row["text"], Stance(row["label"]), split=row["split"], context="talk to moscow" if i % 2 else None)
        for i, row in enumerate(learnable_rows(60))
    ]
    config = TrainConfig.load(assignments=[*TINY_RUN, f"base={base}", "epochs=1"])
    run = train_model(config, examples, out=tmp_path / "out", data={}, say=print)
    assert verify(tmp_path / "out") == run.manifest
    classifier = StanceClassifier.load(tmp_path / "out", engine="torch-float32").with_calibration(Calibration())
    text = "talk to moscow and lift the sanctions"
    scored = pipeline("text-classification", model=str(tmp_path / "out"), device="cpu", top_k=None)([text])[0]
    assert classifier.classify([text])[0].scores == pytest.approx(
        {entry["label"]: entry["score"] for entry in scored}, abs=1e-4
    )


@pytest.mark.parametrize("family", list(FAMILIES))
def test_the_layers_of_any_family_learn_at_rates_of_their_own(tmp_path: Path, family: str):
    network = load_network(str(save_base(tmp_path / "base", family)), layout=LAYOUT).network
    groups = parameter_groups(network, learning_rate=1.0, layer_decay=0.5, weight_decay=0.0, decayed=set())
    depths = network.config.num_hidden_layers + 2  # embeddings, layers, head
    assert sorted({group["lr"] for group in groups}, reverse=True) == [0.5**depth for depth in range(depths)]


def test_averaged_weights_lie_midway(tmp_path: Path, tiny_base: Path):
    for seed in (0, 1):
        torch.manual_seed(seed)
        save_network(load_network(str(tiny_base), layout=LAYOUT), tmp_path / str(seed))
    loaded = [load_network(str(tmp_path / str(seed)), layout=LAYOUT).network.classifier.weight for seed in (0, 1)]
    averaged = average_networks([tmp_path / "0", tmp_path / "1"], layout=LAYOUT).network.classifier.weight
    assert not torch.equal(*loaded)
    assert torch.allclose(averaged, (loaded[0] + loaded[1]) / 2)


def test_a_base_without_a_head_gets_one_for_our_labels(tiny_base: Path):
    loaded = load_network(str(tiny_base), layout=LAYOUT)
    assert loaded.network.config.id2label == dict(enumerate(LABELS))
    assert loaded.network.classifier.out_features == len(LABELS)
    assert loaded.takes_type_ids
    assert loaded.network.dtype == torch.float32


def test_a_base_with_our_head_keeps_it(tiny_model: Path):
    """Retraining goes on where the last training stopped."""
    kept = load_file(tiny_model / FILES.weights)["classifier.weight"]
    assert torch.equal(load_network(str(tiny_model), layout=LAYOUT).network.classifier.weight, kept)


def test_weights_are_saved_in_half_precision_and_read_back_whole(tmp_path: Path, tiny_base: Path):
    loaded = load_network(str(tiny_base), layout=LAYOUT)
    save_network(loaded, tmp_path)
    saved = load_file(tmp_path / FILES.weights)
    assert {tensor.dtype for tensor in saved.values()} == {torch.float16}
    loaded.network.save_pretrained(tmp_path / "full")
    assert (tmp_path / FILES.weights).stat().st_size < 0.55 * (tmp_path / "full" / FILES.weights).stat().st_size
    again = load_network(str(tmp_path), layout=LAYOUT).network
    for name, tensor in loaded.network.state_dict().items():
        assert again.state_dict()[name].dtype == torch.float32
        torch.testing.assert_close(again.state_dict()[name], tensor, rtol=1e-3, atol=1e-4)


def test_the_folder_is_a_standard_one_that_others_may_read(tmp_path: Path, tiny_base: Path):
    save_network(load_network(str(tiny_base), layout=LAYOUT), tmp_path)
    config = json.loads((tmp_path / FILES.config).read_text(encoding="utf-8"))
    assert config["id2label"] == {str(index): label for index, label in enumerate(LABELS)}
    assert config["dtype"] == "float32"
    assert json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))["model_max_length"] == 64
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o644}


def test_limits_of_the_base_s_tokenizer_are_left_behind(tmp_path: Path, tiny_base: Path):
    """Many a `tokenizer.json` cuts and pads by itself; ours reads long texts in windows."""
    loaded = load_network(str(tiny_base), layout=LAYOUT)
    loaded.tokenizer.backend_tokenizer.enable_truncation(4)
    loaded.tokenizer.backend_tokenizer.enable_padding(length=32)
    save_network(loaded, tmp_path)
    written = Tokenizer.from_file(str(tmp_path / FILES.tokenizer))
    assert written.truncation is None
    assert written.padding is None


@pytest.mark.parametrize("spoil", ["nothing there", "no weights", "damaged weights", "pickled weights"])
def test_a_folder_that_is_no_base_is_refused_in_one_line(tmp_path: Path, spoil: str):
    base = tmp_path / "base"
    if spoil != "nothing there":
        save_base(base, "bert")
    if spoil in ("no weights", "pickled weights"):
        (base / FILES.weights).unlink()
    if spoil == "damaged weights":
        (base / FILES.weights).write_text("version https://git-lfs.github.com/spec/v1\n")
    if spoil == "pickled weights":
        torch.save({}, base / "pytorch_model.bin")
    with pytest.raises(ModelNotFoundError) as caught:
        load_network(str(base), layout=LAYOUT)
    message = str(caught.value)
    assert message.startswith(f"base '{base}' cannot be loaded (")
    assert message.endswith(
        "); give a folder with config.json, model.safetensors and tokenizer.json, or the id of a public hub model"
    )
    assert "\n" not in message


def test_a_tokenizer_that_only_python_knows_is_refused(tmp_path: Path):
    """BERTweet's has no `tokenizer.json`, and nothing here could serve it."""
    base = save_base(tmp_path, "roberta")
    (base / FILES.tokenizer).unlink()
    (base / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertweetTokenizer"}))
    (base / "vocab.txt").write_text("hello 5\n")
    (base / "bpe.codes").write_text("h e 5\n")
    with pytest.raises(ModelNotFoundError, match=NO_TOKENIZER):
        load_network(str(base), layout=LAYOUT)


def test_a_base_without_its_tokenizer_is_refused(tmp_path: Path):
    """Else every word would be unknown, in training and in serving alike, and nothing would say so."""
    base = save_base(tmp_path, "bert")
    (base / FILES.tokenizer).unlink()
    (base / "tokenizer_config.json").unlink()
    with pytest.raises(ModelNotFoundError, match=NO_TOKENIZER):
        load_network(str(base), layout=LAYOUT)


@pytest.mark.parametrize("max_tokens", [120, 128])
def test_windows_as_long_as_the_encoder_sees_are_taken(tiny_base: Path, max_tokens: int):
    assert load_network(str(tiny_base), layout=InputLayout(max_tokens, 16, 16, 8)).layout.max_tokens == max_tokens


def test_longer_windows_are_refused_before_training(tiny_base: Path):
    with pytest.raises(SettingsError, match=r"^max_tokens: 144 when padded, but .* sees only 128; lower max_tokens$"):
        load_network(str(tiny_base), layout=InputLayout(129, 16, 16, 8))


def test_windows_that_fit_only_without_padding_are_refused_too(tmp_path: Path):
    """Else training would end with a model directory that cannot be loaded."""
    base = save_base(tmp_path, "roberta")
    with pytest.raises(SettingsError, match=r"144 when padded, but .* sees only 130"):
        load_network(str(base), layout=InputLayout(130, 16, 16, 8))
