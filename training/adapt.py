"""Adapts an encoder to the language of our texts before it learns any label: it guesses hidden tokens from the others.

python -m training.adapt data/unlabelled_texts.jsonl.gz data/real_texts.jsonl --base build/base -o build/adapted

Masked-language modelling (Devlin et al. 2019) on texts of the task's own kind (Gururangan et al. 2020).
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import torch
from datasets import Dataset
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
    set_seed,
)

from model.batching import LENGTH_MULTIPLE
from model.engines.pytorch import has_fast_bfloat16
from model.errors import DataError, SettingsError
from training.network import errors_only
from training.regularization import set_dropout
from training.rows import read_rows
from training.sampling import ShuffledByLength

MAX_TOKENS = 128
HIDDEN_SHARE = 0.2
BATCH_SIZE = 32
LEARNING_RATE = 2e-4
WARMUP = 0.05
# Marks in the labels of a masked batch the tokens that are not to be guessed.
_NOT_HIDDEN = -100


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--base", required=True, help="Encoder to start from: a local folder or a hub id.")
@click.option("--epochs", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder of the adapted encoder.")
def main(sources: tuple[Path, ...], base: str, epochs: float, out: Path) -> None:
    """Adapt BASE to the texts of SOURCES, labelled or not; those of a dev or test split stay unseen."""
    texts = read_texts(sources)
    if not texts:
        raise DataError(f"{', '.join(map(str, sources))}: no text outside the dev and test splits")
    click.echo(f"adapting to {len(texts):,} texts", err=True)
    adapt(base, texts, epochs=epochs, out=out)


def read_texts(sources: Sequence[Path]) -> list[str]:
    """Return the different values of the column `text`, sorted, but for those held out in any of `sources`."""
    seen: set[str] = set()
    held_out: set[str] = set()
    for path in sources:
        for _, row in read_rows(path, required=("text",)):
            if isinstance(row, dict) and isinstance(row["text"], str):
                (held_out if row.get("split") in ("dev", "test") else seen).add(row["text"])
    return sorted(seen - held_out)


def adapt(base: str, texts: Sequence[str], *, epochs: float, out: Path, seed: int = 0) -> None:
    """Write the encoder `base`, adapted to `texts`, with its tokenizer to `out`.

    Raises:
        SettingsError: the encoder has no mask token, or no head for words that could be used.
    """
    tokenizer = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
    if tokenizer.mask_token_id is None:
        raise SettingsError(f"{base} has no mask token, so it cannot be adapted; train on it as it is")
    set_seed(seed)  # the head for words is new
    with errors_only():
        network = AutoModelForMaskedLM.from_pretrained(
            base, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
        )
    set_dropout(network, 0.0)
    ids = tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)["input_ids"]
    trainer = HiddenTokensTrainer(
        model=network,
        args=_arguments(out, epochs=epochs, seed=seed, steps_per_epoch=-(-len(ids) // BATCH_SIZE)),
        train_dataset=Dataset.from_dict({"input_ids": ids, "length": [len(row) for row in ids]}),
        data_collator=_Masking(tokenizer),
    )
    trainer.train()
    _save(network, base, out)
    tokenizer.save_pretrained(out)


class HiddenTokensTrainer(Trainer):
    """Scores hidden tokens only: those of all tokens would cost as much again as the encoder."""

    def _get_train_sampler(self, train_dataset: Any = None) -> ShuffledByLength:
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        return ShuffledByLength(rows["length"][:], batch_size=self.args.train_batch_size, seed=self.args.seed)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        labels = inputs.pop("labels")
        hidden = labels != _NOT_HIDDEN
        states = model.base_model(**inputs)[0]
        scores = word_head(model)(states[hidden])
        loss = torch.nn.functional.cross_entropy(scores.float(), labels[hidden])
        return (loss, scores) if return_outputs else loss


def word_head(network: torch.nn.Module) -> torch.nn.Module:
    """The one module that turns the encoder's states into scores of words.

    Raises:
        SettingsError: there is none, or several that belong together in a way of their own.
    """
    heads = [module for name, module in network.named_children() if name != network.base_model_prefix]
    if len(heads) != 1:
        raise SettingsError(f"{type(network).__name__} cannot be adapted: its head for words is not one module")
    return heads[0]


class _Masking:
    """Pads rows to few different lengths and hides some of their tokens."""

    def __init__(self, tokenizer: Any) -> None:
        self._collate = DataCollatorForLanguageModeling(
            tokenizer, mlm_probability=HIDDEN_SHARE, pad_to_multiple_of=LENGTH_MULTIPLE
        )

    def __call__(self, rows: list[dict[str, Any]]) -> Any:
        return self._collate([{"input_ids": row["input_ids"]} for row in rows])


def _arguments(out: Path, *, epochs: float, seed: int, steps_per_epoch: int) -> TrainingArguments:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return TrainingArguments(
        output_dir=str(out),
        num_train_epochs=epochs,
        per_device_train_batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        warmup_steps=int(WARMUP * epochs * steps_per_epoch),
        weight_decay=0.01,
        seed=seed,
        bf16=has_fast_bfloat16(device),
        use_cpu=device == "cpu",
        logging_steps=0.05,
        save_strategy="no",
        remove_unused_columns=False,
        dataloader_pin_memory=device != "cpu",
        report_to="none",
        disable_tqdm=not sys.stderr.isatty(),
    )


def _save(network: Any, base: str, out: Path) -> None:
    """With the parts of `base` that guessing words does not use, such as BERT's pooler, which the stance head does."""
    whole = AutoModel.from_pretrained(base, dtype=torch.float32, use_safetensors=True, trust_remote_code=False)
    whole.load_state_dict(network.base_model.state_dict(), strict=False)
    whole.save_pretrained(out)


if __name__ == "__main__":
    main()
