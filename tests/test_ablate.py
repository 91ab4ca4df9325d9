"""Runs that differ in one thing, and the table of their figures."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from training_support import TINY_RUN, learnable_rows, make_example, write_rows

from model.labels import LABELS
from training.ablate import PLAN, RECIPES, Ablation, Plan, main, read_table
from training.examples import Example


def examples() -> list[Example]:
    split = {8: "dev", 9: "test"}
    return [
        make_example(f"text {i}", LABELS[i % 3], split=split.get(i % 10, "train"), file=f"{i % 2}.csv")
        for i in range(100)
    ]


def test_a_smaller_share_is_part_of_a_larger_one_and_nothing_held_out_is_lost() -> None:
    quarter, half = (Ablation(name="x", share=share).reduce(examples()) for share in (0.25, 0.5))
    assert [sum(e.split == "train" for e in part) for part in (quarter, half)] == [20, 40]
    assert {e.text for e in quarter} < {e.text for e in half}
    assert [e for e in quarter if e.split != "train"] == [e for e in examples() if e.split != "train"]
    assert Ablation(name="x").reduce(examples(), share=0.5) == half
    assert Ablation(name="x", share=0.25).reduce(examples(), share=0.5) == quarter


def test_a_file_that_is_left_out_is_still_held_out_for_dev() -> None:
    left = Ablation(name="x", without=("0.csv",)).reduce(examples())
    assert {e.file for e in left if e.split == "train"} == {"1.csv"}
    assert [e for e in left if e.split == "dev"] == [e for e in examples() if e.split == "dev"]


def test_the_change_is_told_in_words() -> None:
    ablation = Ablation(name="x", settings={"seed": 1}, share=0.5, without=("a.csv",))
    assert ablation.change == "seed = 1, without a.csv"


@pytest.mark.slow
def test_runs_are_added_to_the_table_and_not_run_again(tmp_path: Path, tiny_base: Path) -> None:
    data = write_rows(tmp_path / "rows.csv", learnable_rows(60))
    settings = dict(setting.split("=") for setting in TINY_RUN) | {"base": str(tiny_base), "epochs": "1"}
    common = ", ".join(f'{key} = "{value}"' for key, value in settings.items())
    plan = tmp_path / "plan.toml"
    runs = '[[runs]]\nname = "as it is"\n[[runs]]\nname = "half"\nshare = 0.5\n'
    runs += '[[runs]]\nname = "both"\naverage_of = ["as it is", "half"]\n'
    plan.write_text(f'recipe = "default.toml"\nsettings = {{ {common} }}\n{runs}', encoding="utf-8")
    table = tmp_path / "table.csv"
    arguments = ["--data", str(data), "--plan", str(plan), "-o", str(tmp_path / "runs"), "--table", str(table)]
    first = CliRunner().invoke(main, arguments)
    assert first.exit_code == 0, first.output
    rows = read_table(table)
    assert [(row["run"], row["train texts"], row["dev texts"]) for row in rows] == [
        ("as it is", "48", "6"),
        ("half", "24", "6"),
        ("both", "48", "6"),
    ]
    assert [row["change"] for row in rows] == ["", "", "averaged: as it is, averaged: half"]
    assert all(0 <= float(row["low"]) <= float(row["macro F1"]) <= float(row["high"]) <= 1 for row in rows)
    second = CliRunner().invoke(main, arguments)
    assert second.exit_code == 0
    assert second.output == ""
    assert read_table(table) == rows


def test_the_plan_in_the_repository_is_valid() -> None:
    plan = Plan.model_validate(tomllib.loads(PLAN.read_text(encoding="utf-8")))
    assert len({run.name for run in plan.runs}) == len(plan.runs)
    for run in plan.runs:
        run.config(RECIPES / plan.recipe, plan.settings)


def test_an_average_of_what_has_not_run_is_refused() -> None:
    runs = [{"name": "both", "average_of": ["one"]}, {"name": "one"}]
    with pytest.raises(ValueError, match="averages one: no run of that name precedes it"):
        Plan.model_validate({"recipe": "default.toml", "runs": runs})
