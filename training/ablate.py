"""What each part of the recipe is worth: runs that differ in one thing, and their figures in one table.

python -m training.ablate --data data/real_texts.jsonl -o build/ablations --table docs/experiments.csv
"""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Self

import click
from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.cli_options import data_option, run_script
from training.config import TrainConfig
from training.evaluation import Evaluation
from training.examples import Example
from training.metrics import Estimate
from training.network import average_networks
from training.prepare import prepare_examples
from training.run import Run, export, fingerprint, train_model
from training.splits import select

RECIPES = Path(__file__).parent / "recipes"
PLAN = Path(__file__).parent / "ablations.toml"
_COLUMNS = ("run", "change", "train texts", "dev texts", "macro F1", "low", "high", "calibration error")


class Ablation(BaseModel):
    """One run: settings over the common ones, and which of the training texts it sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    settings: dict[str, Any] = {}
    share: float | None = Field(None, gt=0, le=1, description="Share of the training texts; else the plan's.")
    without: tuple[str, ...] = Field((), description="Names of data files not trained on.")
    average_of: tuple[str, ...] = Field((), description="Earlier runs whose weights are averaged; nothing is trained.")

    def config(self, recipe: Path, common: dict[str, Any]) -> TrainConfig:
        settings = common | self.settings
        return TrainConfig.load(recipe, assignments=[f"{key}={value}" for key, value in settings.items()])

    def reduce(self, examples: Sequence[Example], *, share: float = 1.0) -> list[Example]:
        """Return `examples` with this run's part of the training texts, and all that are held out.

        A smaller share is part of every larger one, so that a learning curve grows by adding texts.
        """
        train = sorted(select(examples, "train"), key=lambda example: example.id)
        Random(0).shuffle(train)  # noqa: S311 not for secrets
        seen = train[: round((self.share or share) * len(train))]
        held_out = [example for example in examples if example.split != "train"]
        return [*(example for example in seen if example.file not in self.without), *held_out]

    @property
    def change(self) -> str:
        settings = [f"{key} = {value}" for key, value in self.settings.items()]
        left_out = [f"without {name}" for name in self.without]
        return ", ".join([*settings, *left_out, *(f"averaged: {name}" for name in self.average_of)])


class Plan(BaseModel):
    """`settings` go over the recipe in every run, and `share` is that of a run which names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str
    settings: dict[str, Any] = {}
    share: float = Field(1.0, gt=0, le=1)
    runs: tuple[Ablation, ...]

    @model_validator(mode="after")
    def _averages_follow_what_they_average(self) -> Self:
        names = [run.name for run in self.runs]
        for index, run in enumerate(self.runs):
            if unknown := set(run.average_of) - set(names[:index]):
                raise ValueError(
                    f"run {run.name!r} averages {', '.join(sorted(unknown))}: no run of that name precedes it"
                )
        return self


@click.command()
@data_option
@click.option("--plan", type=click.Path(exists=True, path_type=Path), default=PLAN)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder of the models.")
@click.option("--table", required=True, type=click.Path(path_type=Path), help="CSV file; its runs are not run again.")
def main(data: tuple[Path, ...], plan: Path, out: Path, table: Path) -> None:
    """Train every run of PLAN that is not in TABLE yet, and add its figures on the dev split."""
    planned = Plan.model_validate(tomllib.loads(plan.read_text(encoding="utf-8")))
    for ablation in planned.runs:
        if ablation.name in {row["run"] for row in read_table(table)}:
            continue
        config = ablation.config(RECIPES / planned.recipe, planned.settings)
        everything = prepare_examples(
            data, dev_fraction=config.dev_fraction, test_fraction=config.test_fraction, say=_say
        )
        # Choices are made on dev; a test split that is never looked at cannot be tuned to.
        unseen = [example for example in everything if example.split != "test"]
        examples = ablation.reduce(unseen, share=planned.share)
        _say(f"\n{ablation.name}: {ablation.change or 'the recipe'}")
        run = _run(ablation, config, examples, models=out, data=fingerprint(data, examples))
        _add(table, _row(ablation, examples, run.evaluations["dev"]))


def _run(
    ablation: Ablation, config: TrainConfig, examples: Sequence[Example], *, models: Path, data: dict[str, Any]
) -> Run:
    out = _folder(models, ablation.name)
    if not ablation.average_of:
        return train_model(config, examples, out=out, data=data, say=_say)
    averaged = average_networks([_folder(models, name) for name in ablation.average_of], layout=config.layout)
    return export(averaged, config, examples, out=out, data=data, say=_say)


def _folder(models: Path, run: str) -> Path:
    return models / run.replace(" ", "-")


def read_table(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def learning_curve(rows: Sequence[Mapping[str, str]]) -> list[tuple[int, Estimate]]:
    """The runs that differ in nothing but how many texts they saw: that number, and macro F1."""
    alike = [row for row in rows if not row["change"]]
    return [
        (int(row["train texts"]), Estimate(*(float(row[column]) for column in ("macro F1", "low", "high"))))
        for row in alike
    ]


def _row(ablation: Ablation, examples: Sequence[Example], dev: Evaluation) -> dict[str, str]:
    overall = dev.overall
    f1 = overall.macro_f1
    shown = [f"{value:.3f}" for value in (f1.value, f1.low, f1.high, overall.calibration_error.value)]
    counts = [str(len(select(examples, "train"))), str(overall.rows)]
    row = dict(zip(_COLUMNS, [ablation.name, ablation.change, *counts, *shown], strict=True))
    files = {f"F1 {name}": f"{figures.macro_f1.value:.3f}" for name, figures in dev.groups.get("file", {}).items()}
    return row | dict(sorted(files.items()))


def _add(path: Path, row: dict[str, str]) -> None:
    rows = [*read_table(path), row]
    columns = dict.fromkeys(column for row in rows for column in row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    run_script(main)
