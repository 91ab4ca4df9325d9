"""One frozen configuration of a training run: defaults here, a TOML recipe on top, `--set` above all."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import SettingsError
from model.tokenizer import InputLayout


class TrainConfig(BaseModel):
    """Everything that decides a run, but for the data files. Saved with every model it makes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # What is trained, and what it is called.
    base: str = Field("embedded", description="Encoder to start from: a local folder, a hub id, or `embedded`.")
    name: str = Field("comment-stance", min_length=1, description="Name of the model.")
    version: str = Field("1", min_length=1, description="Version of the model.")

    # How texts are laid before the encoder (tokens; see `model.tokenizer.InputLayout`).
    max_tokens: int = Field(256, ge=16, description="Longest window.")
    overlap: int = Field(64, ge=0, description="Tokens that neighbouring windows share.")
    context_tokens: int = Field(64, ge=0, description="How much of the context is read.")
    max_windows: int = Field(32, ge=1, description="Windows of one text; past them it is cut, and flagged.")

    # Splits, where the data do not bring their own; shares of groups.
    dev_fraction: float = Field(0.1, ge=0, lt=0.5, description="Share of groups for development.")
    test_fraction: float = Field(0.1, ge=0, lt=0.5, description="Share of groups for test.")

    # Optimization: AdamW with linear warm-up and decay.
    epochs: float = Field(4.0, gt=0, description="Passes over the training data, at most.")
    batch_size: int = Field(32, ge=1, description="Windows in a step.")
    learning_rate: float = Field(5e-5, gt=0, description="Peak learning rate of AdamW.")
    layer_decay: float = Field(1.0, gt=0, le=1, description="Learning rate of a layer, as a share of that above it.")
    warmup: float = Field(
        0.06, ge=0, lt=1, description="Share of the steps in which the rate rises; then it falls to 0."
    )
    weight_decay: float = Field(0.01, ge=0, description="Of AdamW.")
    freeze_embeddings: bool = Field(False, description="Leave the word embeddings as they are.")
    dropout: float | None = Field(None, ge=0, lt=1, description="Of every dropout layer; none: as the base has it.")
    token_dropout: float = Field(0.0, ge=0, lt=1, description="Share of the tokens hidden behind the mask token.")
    edited_share: float = Field(0.0, ge=0, le=1, description="Share of the training texts put through harmless edits.")
    patience: int = Field(2, ge=1, description="Epochs without a better dev macro F1 before stopping.")
    seed: int = Field(0, description="Of initialization, order and dropout.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="`auto`: bfloat16 where the processor is faster with it."
    )

    # Loss: weighted cross-entropy.
    class_weight_power: float = Field(0.5, ge=0, le=1, description="0: none; 1: inverse class frequency.")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Share of each label spread over all three.")
    unsure_weight: float = Field(1.0, ge=0, le=1, description="Weight of rows with `sure: false`.")

    # Abstention, fitted on dev.
    abstain_accuracy: float = Field(0.85, gt=0, le=1, description="Accuracy wanted of the texts not abstained on.")
    abstain_max_share: float = Field(0.2, ge=0, lt=1, description="Most texts to abstain on for it.")

    @property
    def layout(self) -> InputLayout:
        return InputLayout(self.max_tokens, self.overlap, self.context_tokens, self.max_windows)

    @classmethod
    def load(cls, path: Path | None = None, *, assignments: Sequence[str] = ()) -> Self:
        """Read a TOML recipe and apply `key=value` assignments over it.

        Raises:
            SettingsError: the file or an assignment is not valid; the message names the key.
        """
        values = _read_toml(path) if path else {}
        assigned = dict(map(_parse_assignment, assignments))
        try:
            return cls.model_validate(values | assigned)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            place = "--set" if key in assigned else path
            hint = f"; known keys: {', '.join(cls.model_fields)}" if first["type"] == "extra_forbidden" else ""
            raise SettingsError(f"{place}: {key}: {first['msg']}{hint}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error


def _parse_assignment(assignment: str) -> tuple[str, str]:
    key, equals, value = assignment.partition("=")
    if not equals:
        raise SettingsError(f"--set {assignment}: write it as key=value")
    return key.strip(), value.strip()
