"""A training run from labelled texts to a sealed model directory."""

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from transformers import set_seed

from model.artifact import FILES, Manifest, seal
from model.classifier import StanceClassifier
from model.engines.openvino import has_graph
from model.errors import EngineError, ModelCorruptError
from training.augmentation import edit_some
from training.calibrate import fit_calibration
from training.card import plot_name, write_card
from training.config import TrainConfig
from training.evaluation import Evaluation, evaluate, predict
from training.examples import Example
from training.fidelity import measure_fidelity
from training.fitting import fit
from training.graph import write_graph
from training.network import Network, load_network, save_network
from training.plots import draw
from training.splits import select

CONFIG_FILE = "training.json"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run made: the model's manifest, and its evaluation on each held-out split."""

    manifest: Manifest
    evaluations: dict[str, Evaluation]


def train_model(
    config: TrainConfig,
    examples: Sequence[Example],
    *,
    out: Path,
    data: dict[str, Any],
    parent: str | None = None,
    say: Say,
) -> Run:
    """Fit, export, calibrate and evaluate a model, and put it at `out`, whole or not at all.

    Until it is there, `OUT.checkpoints` keeps what a killed run needs to go on.

    Args:
        examples: each with a split; `dev` chooses the epoch and the calibration, `test` is only reported.
        data: fingerprint of the data files, kept in the manifest.
        say: takes each line of progress meant for a person.

    Raises:
        DataError: the train or the dev split is empty.
        ModelNotFoundError, SettingsError: see `training.network.load_network`.
    """
    set_seed(config.seed)  # the head is drawn at random where the base has none
    loaded = load_network(config.base, layout=config.layout)
    counts = {split: len(select(examples, split)) for split in ("train", "dev", "test")}
    say(f"training on {counts['train']:,} texts, {counts['dev']:,} for development, {counts['test']:,} for test")
    work = out.with_name(f"{out.name}.checkpoints")
    train = edit_some(select(examples, "train"), share=config.edited_share, seed=config.seed)
    fit(loaded, config, train=train, dev=select(examples, "dev"), work=work)
    run = export(loaded, config, examples, out=out, data=data, parent=parent, say=say)
    shutil.rmtree(work)
    return run


def export(
    loaded: Network,
    config: TrainConfig,
    examples: Sequence[Example],
    *,
    out: Path,
    data: dict[str, Any],
    parent: str | None = None,
    say: Say,
) -> Run:
    """Calibrate and evaluate a fitted network, and put it at `out`, whole or not at all; see `train_model`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as staging:
        directory = Path(staging) / "model"
        save_network(loaded, directory)
        # A parent has a name; the folder it was loaded from means nothing elsewhere.
        config = config.model_copy(update={"base": parent}) if parent else config
        (directory / CONFIG_FILE).write_text(json.dumps(config.model_dump(), indent=2) + "\n", encoding="utf-8")
        _add_graph(directory, say)
        today = datetime.now(UTC).date().isoformat()
        blank = Manifest(config.name, config.version, today, parent=parent, layout=config.layout, data=data)
        run = _finish(directory, seal(directory, blank), config, examples)
        if out.exists():
            shutil.rmtree(out)
        directory.rename(out)
    return run


def _add_graph(directory: Path, say: Say) -> None:
    try:
        write_graph(directory)
    except (EngineError, ModelCorruptError) as error:
        say(f"{error}; this model needs PyTorch wherever it is served")


def fingerprint(paths: Sequence[Path], examples: Sequence[Example]) -> dict[str, Any]:
    """Map each file's name to its SHA-256 and to how many of its rows are in `examples`."""
    rows = [example.file for example in examples]
    return {path.name: {"rows": rows.count(path.name), "sha256": _sha256(path)} for path in paths}


def _finish(directory: Path, manifest: Manifest, config: TrainConfig, examples: Sequence[Example]) -> Run:
    """Calibrate and evaluate the model as it was exported, not as it was in memory."""
    classifier = StanceClassifier.load(directory, engine="torch-float32")
    held_out = {split: found for split in ("dev", "test") if (found := select(examples, split))}
    blank = {split: predict(classifier, found) for split, found in held_out.items()}
    calibration = fit_calibration(
        blank["dev"].logits, blank["dev"].truth, accuracy=config.abstain_accuracy, max_share=config.abstain_max_share
    )
    outcomes = {split: outcome.under(calibration) for split, outcome in blank.items()}
    fidelity = measure_fidelity(directory, held_out, outcomes) if has_graph(directory) else {}
    for split, outcome in outcomes.items():
        draw(outcome, directory / plot_name(split), title=f"{manifest.reference}, {split} split")
    evaluations = {split: evaluate(found, outcomes[split]) for split, found in held_out.items()}
    metrics = {split: evaluation.to_dict() for split, evaluation in evaluations.items()}
    manifest = replace(manifest, calibration=calibration, metrics=metrics, fidelity=fidelity)
    (directory / FILES.card).write_text(write_card(manifest, config, evaluations), encoding="utf-8")
    return Run(seal(directory, manifest), evaluations)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
