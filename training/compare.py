"""One model, and if asked for the bag of words, on the same held-out texts of the same files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from model.classifier import StanceClassifier
from model.errors import DataError
from training.baseline import fit_baseline, predict_baseline
from training.evaluation import Evaluation, Outcome, evaluate, predict
from training.examples import Example
from training.metrics import Figures
from training.report import comparison_table, confusion_table, group_table, label_table
from training.splits import select

BASELINE = "TF-IDF + logistic regression"


@dataclass(frozen=True, slots=True)
class Measured:
    """`evaluations` maps the model's reference, then the baseline's name, to its evaluation on `split`."""

    split: str
    evaluations: dict[str, Evaluation]

    def to_dict(self) -> dict[str, Any]:
        models = {name: evaluation.to_dict() for name, evaluation in self.evaluations.items()}
        return {"split": self.split, "models": models}

    def as_text(self) -> str:
        name, evaluation = next(iter(self.evaluations.items()))
        tables = [group_table(evaluation), label_table(evaluation), confusion_table(evaluation)]
        if len(self.evaluations) > 1:
            tables.append(comparison_table({name: sets_of(found) for name, found in self.evaluations.items()}))
        return "\n\n".join([f"{name}, {self.split} split; brackets: 95 % bootstrap intervals", *tables])


def measure(
    classifier: StanceClassifier, examples: Sequence[Example], *, split: str | None = None, baseline: bool = False
) -> Measured:
    """Evaluate `classifier` on `split` of `examples`; without a split on `test`, or on all where none is named.

    Raises:
        DataError: no text is in the split, or none in `train` for the baseline to learn from.
    """
    split = split or ("test" if any(example.split == "test" for example in examples) else "all")
    held_out = list(examples) if split == "all" else select(examples, split)
    if not held_out:
        raise DataError(f"no text is in the {split} split; add a column `split`, or pass --split all")
    evaluations = {classifier.manifest.reference: evaluate(held_out, predict(classifier, held_out))}
    if baseline:
        evaluations[BASELINE] = evaluate(held_out, _baseline(examples, held_out))
    return Measured(split, evaluations)


def _baseline(examples: Sequence[Example], held_out: Sequence[Example]) -> Outcome:
    train = select(examples, "train")
    if not train:
        raise DataError("no text is in the train split: the baseline has nothing to learn from; leave --baseline out")
    return predict_baseline(fit_baseline(train), held_out)


def sets_of(evaluation: Evaluation) -> dict[str, Figures]:
    """The figures of all texts, and of each file's."""
    return {"all": evaluation.overall, **evaluation.groups.get("file", {})}
