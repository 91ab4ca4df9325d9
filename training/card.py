"""The model card, written from the run: nothing in it is typed in by hand."""

from model.artifact import Manifest
from training.config import TrainConfig
from training.evaluation import Evaluation
from training.report import confusion_table, group_table, label_table

_TEXT = """---
license: apache-2.0
language: en
pipeline_tag: text-classification
tags: [stance-detection]
---

# {name}

Labels a reader's comment or an article's paragraph as **skeptical**, **supportive** or **neutral** toward
normalization of relations between Russia and the United States or the West. English only.

It judges the position that the text puts forward, not its author; hostility to Russia, or support for Ukraine,
is not by itself a position on relations. It is wrong often enough that no single label should be printed as a
fact about a person: see the figures, and treat `abstained` texts as unknown.

## How it was made

- Fine-tuned from `{base}`{parent}, seed {seed}, {epochs:g} epochs at most, learning rate {learning_rate:g}.
- Created {created}. The whole configuration is in `training.json`.
- Calibrated by temperature {temperature:.3f}{curves}; abstains below a confidence of {threshold:.3f}. Both are
  fitted on the dev split, whose calibration error below is therefore that of a fit to itself.

Data (rows used, SHA-256 of the file):

{data}

## How good it is

Brackets hold bootstrap 95 % intervals. The test split was used for nothing but these figures.
{evaluations}
## Use

`stance serve --model DIR`, `stance score FILE --model DIR`, or, without calibration and abstention,
`transformers.pipeline("text-classification", model=DIR)`. Texts are normalized and long ones read in windows
by `stance`; a bare pipeline does neither.
"""


def write_card(manifest: Manifest, config: TrainConfig, evaluations: dict[str, Evaluation]) -> str:
    """Return the card as Markdown; `evaluations` maps a split's name to its evaluation."""
    rows = [f"- `{name}`: {facts['rows']:,} rows, `{facts['sha256'][:16]}`" for name, facts in manifest.data.items()]
    return _TEXT.format(
        name=manifest.name,
        base=config.base,
        parent=f" (parent: {manifest.parent})" if manifest.parent else "",
        seed=config.seed,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        created=manifest.created,
        temperature=manifest.calibration.temperature,
        curves=" and a curve for the confidence in each label" if manifest.calibration.curves else "",
        threshold=manifest.calibration.abstain_threshold,
        data="\n".join(rows),
        evaluations="".join(_evaluation(split, found) for split, found in evaluations.items()),
    )


def plot_name(split: str) -> str:
    """The file beside the card that its plot of a split is in."""
    return f"{split}.svg"


def _evaluation(split: str, evaluation: Evaluation) -> str:
    plot = f"![confusion, reliability, risk and coverage on the {split} split]({plot_name(split)})"
    tables = [table(evaluation, style="github") for table in (group_table, label_table, confusion_table)]
    return f"\n### {split} split\n\n" + "\n\n".join([plot, *tables]) + "\n"
