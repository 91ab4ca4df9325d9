"""The network and the tokenizer: loaded from any encoder, saved as a standard `transformers` folder."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from model.artifact import EMBEDDED, FILES
from model.batching import padded_length
from model.errors import ModelNotFoundError, SettingsError
from model.labels import LABELS
from model.tokenizer import InputLayout, StanceTokenizer


@dataclass(frozen=True, slots=True)
class Network:
    """A `transformers` sequence classifier with its tokenizer."""

    network: Any
    tokenizer: Any
    layout: InputLayout

    @property
    def takes_type_ids(self) -> bool:
        return getattr(self.network.config, "type_vocab_size", 0) > 1

    @property
    def pad_id(self) -> int:
        return self.network.config.pad_token_id or 0

    def stance_tokenizer(self) -> StanceTokenizer:
        return StanceTokenizer(self.tokenizer.backend_tokenizer, layout=self.layout)


def load_network(base: str, *, layout: InputLayout) -> Network:
    """Load `base` (a local folder, a hub id, or `embedded`) with a head for the three labels.

    Weights come from safetensors only, and no code of the base is run.

    Raises:
        ModelNotFoundError: neither a folder nor a hub repository that can be reached, or of no use as a base.
        SettingsError: the encoder sees fewer tokens than the layout has.
    """
    if not sys.stderr.isatty():
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    place = str(EMBEDDED) if base == "embedded" else base
    names = {index: label.value for index, label in enumerate(LABELS)}
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
        network = AutoModelForSequenceClassification.from_pretrained(
            place,
            id2label=names,
            label2id={name: index for index, name in names.items()},
            num_labels=len(names),
            dtype=torch.float32,
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelNotFoundError(
            f"base {base!r} cannot be loaded ({str(error).splitlines()[0]}); "
            "give a folder with config.json, model.safetensors and tokenizer.json, or the id of a public hub model"
        ) from error
    # Without its files, `transformers` makes up a tokenizer that knows no word.
    if not tokenizer.is_fast or len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ModelNotFoundError(f"base {base!r} has no tokenizer.json, and none can be made of its other files")
    length = padded_length(layout.max_tokens)
    positions = getattr(network.config, "max_position_embeddings", length)
    if length > positions:
        raise SettingsError(f"max_tokens: {length} when padded, but {base} sees only {positions}; lower max_tokens")
    return Network(network, tokenizer, layout)


def average_networks(directories: Sequence[Path], *, layout: InputLayout) -> Network:
    """Load models fitted from one base, and return the mean of their weights (model soup: Wortsman et al. 2022).

    Raises:
        ModelNotFoundError, SettingsError: see `load_network`.
    """
    average, *others = [load_network(str(directory), layout=layout) for directory in directories]
    states = [loaded.network.state_dict() for loaded in (average, *others)]
    average.network.load_state_dict({name: sum(state[name] for state in states) / len(states) for name in states[0]})
    return average


def save_network(loaded: Network, directory: Path) -> None:
    """Write weights in half precision (half the size; they are read back as float32) and the tokenizer."""
    backend = loaded.tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    loaded.tokenizer.model_max_length = loaded.layout.max_tokens
    state = {name: tensor.to("cpu", torch.float16) for name, tensor in loaded.network.state_dict().items()}
    loaded.network.save_pretrained(directory, state_dict=state)
    loaded.tokenizer.save_pretrained(directory)
    path = directory / FILES.config
    config = json.loads(path.read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    for file in directory.iterdir():
        file.chmod(0o644)  # safetensors writes for the owner only, but a model is served by other users too
