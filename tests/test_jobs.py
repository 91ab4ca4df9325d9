"""Which inputs go where, and who may write there."""

from pathlib import Path

import pytest

from model.errors import DataError, SettingsError
from service.jobs import check_output, locked, plan_jobs


def test_without_an_output_each_input_has_its_own(tmp_path: Path):
    jobs = plan_jobs([tmp_path / "a.csv.gz", tmp_path / "b.c.jsonl"], None)
    assert [job.output for job in jobs] == [tmp_path / "a.stance.jsonl", tmp_path / "b.c.stance.jsonl"]


@pytest.mark.parametrize(
    ("inputs", "output", "message"),
    [
        (["a.csv"], "a.csv", "is an input, or the output of two inputs"),
        (["a.csv", "a.tsv"], None, r"a\.stance\.jsonl: is an input, or the output of two inputs"),
        (["a.csv"], "no/o.csv", "create the folder .*no or name another"),
        (["a.csv"], "o.xlsx", r"o\.xlsx: unknown format"),
        (["a.doc"], "o.csv", r"a\.doc: unknown format"),
    ],
)
def test_an_output_that_makes_no_sense_is_refused(tmp_path: Path, inputs: list[str], output: str | None, message: str):
    with pytest.raises(SettingsError, match=message):
        plan_jobs([tmp_path / name for name in inputs], tmp_path / output if output else None)


def test_an_output_is_replaced_only_on_demand_or_beside_its_journal(tmp_path: Path):
    [job] = plan_jobs([tmp_path / "a.csv"], tmp_path / "o.csv")
    check_output(job, overwrite=False)
    job.output.touch()
    with pytest.raises(SettingsError, match=r"o\.csv: exists already; .*--overwrite"):
        check_output(job, overwrite=False)
    check_output(job, overwrite=True)
    job.journal.touch()
    check_output(job, overwrite=False)


def test_two_runs_on_one_output_exclude_each_other(tmp_path: Path):
    jobs = plan_jobs([tmp_path / "a.csv"], tmp_path / "o.csv")
    with locked(jobs):
        with pytest.raises(DataError, match="another process is writing it"), locked(jobs):
            pass
        assert jobs[0].lock.exists()
    assert not jobs[0].lock.exists()
    with locked(jobs):
        pass
