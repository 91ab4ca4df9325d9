"""New labels on top of the current model, then the gate: better or equal, or it stays where it is."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from model.artifact import Manifest, read_manifest, seal
from model.classifier import StanceClassifier
from model.errors import DataError, SettingsError
from model.registry import Registry
from training.config import TrainConfig
from training.evaluation import predict
from training.examples import Example
from training.gate import Pair, Verdict, judge
from training.prepare import prepare_examples, read_clean
from training.replay import draw_replay, earlier_labels, keep_labels, written_examples
from training.run import fingerprint, train_model
from training.splits import hash_fraction, select

RECIPE = Path(__file__).parent / "recipes" / "retrain.toml"
# Fewer cannot be judged: the fifth that is kept out of training would be under four texts.
MIN_LABELS = 20
FRESH_FRACTION = 0.2
# Settings that a retrained model has from the one it starts from.
INHERITED = frozenset({"base", "name", "version", "max_tokens", "overlap", "context_tokens", "max_windows"})
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Retrained:
    """A registered version and what the gate said of it."""

    manifest: Manifest
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Material:
    """The sets of one retraining: no text is in two of them, and no group in what is learned and what is judged by."""

    train: list[Example]
    fresh: list[Example]
    replay: list[Example]
    replay_dev: list[Example]
    frozen: list[Example]

    @property
    def new(self) -> list[Example]:
        return self.train + self.fresh

    @property
    def examples(self) -> list[Example]:
        return [*self.new, *self.replay, *self.replay_dev, *self.frozen]


def retrain(
    labels: Sequence[Path],
    *,
    home: Path,
    config: TrainConfig,
    replay: Sequence[Path] = (),
    test: Sequence[Path] = (),
    skip_bad_rows: bool = False,
    registry: Registry | None = None,
    say: Say,
) -> Retrained:
    """Fine-tune the current model on `labels`, register the result and promote it if the gate lets it.

    Args:
        labels: files of new labels; a fifth of them is kept out of training, to be judged on.
        replay: files of earlier labels to mix in, beside those that are always there.
        test: files of the frozen test set; without any, the test split of the project's written texts.
        registry: that of `home`, unless it starts from another model than the embedded one.

    Raises:
        DataError: bad rows, or too few usable labels to learn from some and judge by others.
        SettingsError: `config` sets what comes from the current model.
    """
    registry = registry or Registry(home)
    parent = registry.path("current")
    manifest = read_manifest(parent)
    config = _starting_from(parent, manifest, config)
    read = partial(read_clean, skip_bad_rows=skip_bad_rows, say=say)
    found = prepare_examples(labels, dev_fraction=0, test_fraction=0, skip_bad_rows=skip_bad_rows, say=say)
    # The latest label of a text comes last, and counts.
    earlier = [*written_examples("train"), *_in_split(read(replay), "train"), *earlier_labels(home, registry)]
    frozen = _in_split(read(test), "test") or written_examples("test")
    material = gather(found, pool=earlier, frozen=frozen, seed=config.seed, say=say)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".retrain-", dir=home) as staging:
        out = Path(staging) / "candidate"
        data = fingerprint(labels, material.new)
        run = train_model(config, material.examples, out=out, data=data, parent=manifest.reference, say=say)
        say("comparing the candidate with the current model")
        verdict = compare(StanceClassifier.load(parent), StanceClassifier.load(out), material)
        seal(out, replace(run.manifest, metrics=run.manifest.metrics | {"gate": verdict.to_dict()}))
        version = registry.register(out)
    if verdict.promoted:
        keep_labels(home, version, material.new)
        registry.promote(version)
    return Retrained(read_manifest(registry.path(version)), verdict)


def gather(
    found: Sequence[Example], *, pool: Sequence[Example], frozen: Sequence[Example], seed: int, say: Say
) -> Material:
    """Divide new labels into those to learn and those to judge by, and add replay and the frozen test set."""
    usable = _apart(found, frozen)
    if left_out := len(found) - len(usable):
        say(f"left out {left_out:,} texts of the frozen test set: a model must not learn what it is judged by")
    if len(usable) < MIN_LABELS:
        raise DataError(f"{len(usable)} usable new labels; at least {MIN_LABELS} are needed to judge a new model")
    new = _split_new(usable)
    train, fresh = select(new, "train"), select(new, "dev")
    if not train:
        raise DataError("all new labels are of one group, which is either learned or judged by; label other groups too")
    replay_dev = _apart(written_examples("dev"), [*frozen, *new])
    return Material(
        train=train,
        fresh=fresh,
        replay=draw_replay(_apart(pool, [*frozen, *fresh, *replay_dev]), new=new, seed=seed),
        replay_dev=replay_dev,
        frozen=[replace(example, split="test") for example in frozen],
    )


def compare(current: StanceClassifier, candidate: StanceClassifier, material: Material) -> Verdict:
    """Put both models before the gate."""
    return judge(
        frozen=Pair(predict(current, material.frozen), predict(candidate, material.frozen)),
        fresh=Pair(predict(current, material.fresh), predict(candidate, material.fresh)),
        labels=predict(current, material.new),
    )


def _starting_from(parent: Path, manifest: Manifest, config: TrainConfig) -> TrainConfig:
    if fixed := sorted(config.model_fields_set & INHERITED):
        raise SettingsError(f"{', '.join(fixed)}: comes from the current model when retraining; leave it out")
    layout = manifest.layout
    return config.model_copy(
        update={
            "base": str(parent),
            "name": manifest.name if manifest.name.endswith("-local") else f"{manifest.name}-local",
            "version": "candidate",
            "max_tokens": layout.max_tokens,
            "overlap": layout.overlap,
            "context_tokens": layout.context_tokens,
            "max_windows": layout.max_windows,
        }
    )


def _apart(examples: Sequence[Example], others: Sequence[Example]) -> list[Example]:
    """Return those of `examples` that share neither text nor group with any of `others`."""
    keys, groups = {other.key for other in others}, {other.group for other in others}
    return [example for example in examples if example.key not in keys and example.group not in groups]


def _split_new(examples: Sequence[Example]) -> list[Example]:
    """Every fifth group, in the order of their hashed names, is fresh: always some, and always the same."""
    groups = sorted({example.group for example in examples}, key=lambda group: (hash_fraction(group), group))
    every = round(1 / FRESH_FRACTION)
    fresh = set(groups[::every])
    return [replace(example, split="dev" if example.group in fresh else "train") for example in examples]


def _in_split(examples: Sequence[Example], split: str) -> list[Example]:
    return [example for example in examples if example.split in (None, split)]
