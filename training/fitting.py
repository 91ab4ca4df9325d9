"""Fits a network on labelled texts with the `transformers` Trainer, and survives being killed."""

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer import OPTIMIZER_NAME, SCHEDULER_NAME, TRAINER_STATE_NAME
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR, get_last_checkpoint
from transformers.utils import SAFE_WEIGHTS_NAME

from model.artifact import write_atomically
from model.engines.pytorch import has_fast_bfloat16
from model.errors import DataError, SettingsError
from model.labels import LABELS
from training.config import TrainConfig
from training.encoding import make_collator, to_dataset
from training.examples import Example
from training.metrics import confusions, macro_f1_of
from training.network import Network
from training.optimization import parameter_groups
from training.regularization import TokenDropout, set_dropout
from training.sampling import ShuffledByLength

_RUN = "run.json"
# Share of the whole run between two reports of the training loss.
LOG_SHARE = 0.05
# The Trainer writes the state last; one that is removed may lack any of them.
_CHECKPOINT_FILES = (SAFE_WEIGHTS_NAME, OPTIMIZER_NAME, SCHEDULER_NAME, TRAINER_STATE_NAME)


class WeightedTrainer(Trainer):
    """Cross-entropy weighted by class and by row, over texts with some tokens hidden; the stock Trainer knows none."""

    def __init__(
        self,
        *,
        class_weights: torch.Tensor,
        label_smoothing: float,
        token_dropout: TokenDropout,
        layer_decay: float,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self._layer_decay = layer_decay
        self._class_weights = class_weights
        self._label_smoothing = label_smoothing
        self._token_dropout = token_dropout

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        network: Any = self.model if model is None else model
        if self.optimizer is None:
            kind, options = self.get_optimizer_cls_and_kwargs(self.args, network)
            groups = parameter_groups(
                network,
                learning_rate=self.args.learning_rate,
                layer_decay=self._layer_decay,
                weight_decay=self.args.weight_decay,
                decayed=set(self.get_decay_parameter_names(network)),
            )
            self.optimizer = kind(groups, **options)
        return self.optimizer

    def _get_train_sampler(self, train_dataset: Any = None) -> ShuffledByLength:
        rows: Any = self.train_dataset if train_dataset is None else train_dataset
        return ShuffledByLength(rows["length"][:], batch_size=self.args.train_batch_size, seed=self.args.seed)

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        encoder_inputs = {name: tensor for name, tensor in inputs.items() if name not in ("labels", "weight")}
        labels, row_weights = inputs["labels"], inputs["weight"]
        if model.training and self._token_dropout.share:
            encoder_inputs["input_ids"] = self._token_dropout(encoder_inputs["input_ids"])
        outputs = model(**encoder_inputs)
        class_weights = self._class_weights.to(outputs.logits.device)
        losses = torch.nn.functional.cross_entropy(
            outputs.logits.float(),
            labels,
            weight=class_weights,
            reduction="none",
            label_smoothing=self._label_smoothing,
        )
        total = (class_weights[labels] * row_weights).sum()
        loss = (losses * row_weights).sum() / total.clamp_min(1e-9)  # a batch may hold nothing but rows of weight 0
        return (loss, outputs) if return_outputs else loss


class _EpochReport(TrainerCallback):
    """One line now and then, for logs as for people."""

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        if "loss" in kwargs["logs"]:
            loss = kwargs["logs"]["loss"]
            click.echo(f"step {state.global_step:,}/{state.max_steps:,}: training loss {loss:.4f}", err=True)

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        metrics = kwargs["metrics"]
        click.echo(
            f"epoch {state.epoch:.1f}/{state.num_train_epochs}: dev macro F1 {metrics['eval_macro_f1']:.4f}, "
            f"dev loss {metrics['eval_loss']:.4f}",
            err=True,
        )


def fit(loaded: Network, config: TrainConfig, *, train: Sequence[Example], dev: Sequence[Example], work: Path) -> None:
    """Train `loaded` in place, keeping the weights of the epoch with the best dev macro F1.

    `work` holds the checkpoints; when it already does, for the same configuration and data, training
    goes on from the last one.

    Raises:
        DataError: no text to train on, or none to develop on.
        SettingsError: `work` belongs to another run.
    """
    for name, examples in (("train", train), ("dev", dev)):
        if not examples:
            raise DataError(f"no text is in the {name} split; add labelled texts or change the fractions")
    _claim(work, _fingerprint(config, train, dev))
    if config.freeze_embeddings:
        loaded.network.get_input_embeddings().requires_grad_(False)
    if config.dropout is not None:
        set_dropout(loaded.network, config.dropout)
    tokenizer = loaded.stance_tokenizer()
    train_set = to_dataset(train, tokenizer, unsure_weight=config.unsure_weight)
    trainer = WeightedTrainer(
        class_weights=class_weights(train, power=config.class_weight_power),
        label_smoothing=config.label_smoothing,
        token_dropout=TokenDropout.of(loaded.tokenizer, share=config.token_dropout),
        layer_decay=config.layer_decay,
        model=loaded.network,
        args=_arguments(config, work, steps_per_epoch=-(-len(train_set) // config.batch_size)),
        train_dataset=train_set,
        eval_dataset=to_dataset(dev, tokenizer),
        data_collator=make_collator(pad_id=loaded.pad_id, takes_type_ids=loaded.takes_type_ids),
        compute_metrics=_macro_f1,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=config.patience), _EpochReport()],
    )
    trainer.remove_callback(PrinterCallback)
    if checkpoint := _last_checkpoint(work):
        click.echo(f"going on from {checkpoint}", err=True)
    trainer.train(resume_from_checkpoint=checkpoint)


def class_weights(examples: Sequence[Example], *, power: float) -> torch.Tensor:
    """Weights proportional to (1 / class frequency) ** power, float32 of shape (labels,); an absent class gets 1."""
    counts = np.array([sum(example.label == label for example in examples) for label in LABELS])
    frequencies = counts * len(LABELS) / counts.sum()
    weights = np.where(counts > 0, np.maximum(frequencies, 1e-9) ** -power, 1.0)
    return torch.tensor(weights, dtype=torch.float32)


def _arguments(config: TrainConfig, work: Path, *, steps_per_epoch: int) -> TrainingArguments:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    bfloat16 = config.precision == "bfloat16" or (config.precision == "auto" and has_fast_bfloat16(device))
    return TrainingArguments(
        output_dir=str(work),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=config.learning_rate,
        warmup_steps=int(config.warmup * config.epochs * steps_per_epoch),
        weight_decay=config.weight_decay,
        seed=config.seed,
        bf16=bfloat16,
        use_cpu=device == "cpu",
        logging_steps=LOG_SHARE,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        restore_callback_states_from_checkpoint=True,  # else a resumed run forgets how long it has been patient
        metric_for_best_model="macro_f1",
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=device != "cpu",
        report_to="none",
        disable_tqdm=not sys.stderr.isatty(),
    )


def _last_checkpoint(work: Path) -> str | None:
    """The newest whole checkpoint; those that a kill has cut short are removed."""
    for path in work.glob(f"{PREFIX_CHECKPOINT_DIR}-*"):
        if not all((path / name).exists() for name in _CHECKPOINT_FILES):
            shutil.rmtree(path)
    return get_last_checkpoint(str(work))  # type: ignore[no-untyped-call, no-any-return]


def _macro_f1(outputs: EvalPrediction) -> dict[str, float]:
    logits = outputs.predictions[0] if isinstance(outputs.predictions, tuple) else outputs.predictions
    weights = np.ones((1, len(logits)), dtype=np.float32)
    matrices = confusions(np.asarray(outputs.label_ids), logits.argmax(axis=1), weights)
    return {"macro_f1": float(macro_f1_of(matrices)[0])}


def _fingerprint(config: TrainConfig, *sets: Sequence[Example]) -> str:
    content = [[(*example.key, example.label.value) for example in examples] for examples in sets]
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return json.dumps({"config": config.model_dump(), "data": digest})


def _claim(work: Path, fingerprint: str) -> None:
    """Remember in `work` what run it belongs to, or make sure that it is ours."""
    path = work / _RUN
    if path.exists() and path.read_text(encoding="utf-8") != fingerprint:
        raise SettingsError(f"{work}: checkpoints of a run with another configuration or other data; delete the folder")
    work.mkdir(parents=True, exist_ok=True)
    write_atomically(path, fingerprint)
