"""The journal: what is in it stays in it, and what a kill left half written does no harm."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError, SettingsError
from model.labels import Stance
from model.records import Prediction
from service.dumps.columns import ColumnType
from service.journal import Entry, Journal
from service.outcomes import Outcome

RUN = {"output": "o.csv", "model": ["tiny@1", "abc"], "--text-field": ["text"]}
SCORES = {"skeptical": 0.1, "supportive": 0.7, "neutral": 1 / 3}
SURE = Prediction(None, Stance.SUPPORTIVE, SCORES, 0.7, abstained=False, language="en", truncated=False)
UNSURE = Prediction(None, Stance.SKEPTICAL, SCORES, 0.1, abstained=True, language=None, truncated=True)


def opened(path: Path, *, overwrite: bool = False, **changes: object) -> Journal:
    return Journal.open(path, {**RUN, **changes}, overwrite=overwrite)


def filled(path: Path, *windows: list[Outcome]) -> bytes:
    """Write a journal of these windows and return its bytes."""
    journal = opened(path)
    for number, outcomes in enumerate(windows):
        journal.append(Entry(0, outcomes, {"n": ColumnType.INT, f"c{number}": ColumnType.STRING}, 10 * number))
    journal.close()
    return path.read_bytes()


def test_outcomes_come_back_to_the_last_digit(tmp_path: Path):
    filled(tmp_path / "j", [SURE, "bad-row: “no”"], [UNSURE])
    journal = opened(tmp_path / "j")
    assert list(journal.outcomes()) == [SURE, "bad-row: “no”", UNSURE]
    journal.close()


def test_reopening_adds_up_what_is_there(tmp_path: Path):
    filled(tmp_path / "j", [SURE, "bad-row: x"], [UNSURE])
    journal = opened(tmp_path / "j")
    progress = journal.progress
    assert progress.rows == {0: 3}
    assert progress.position == {0: 10}
    assert progress.counts == {"supportive": 1, "skeptical": 1, "abstained": 1, "rejected": 1}
    assert list(progress.columns.items()) == [
        ("n", ColumnType.INT),
        ("c0", ColumnType.STRING),
        ("c1", ColumnType.STRING),
    ]
    assert not progress.written
    journal.mark_written()
    journal.close()
    again = opened(tmp_path / "j")
    assert again.progress.written
    again.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.data())
def test_a_journal_cut_anywhere_goes_on_after_its_last_whole_window(tmp_path: Path, data: st.DataObject):
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    content = filled(path, [SURE], ["bad-row: x", SURE], [UNSURE])
    cut = data.draw(st.integers(0, len(content)))
    tail = data.draw(st.sampled_from([b"", b"\0\0\0", b'{"sour']))
    path.write_bytes(content[:cut] + (tail if cut > content.index(b"\n") else b""))
    journal = opened(path)
    whole = journal.progress.rows[0]
    assert whole == {1: 0, 2: 1, 3: 3, 4: 4}.get(content[:cut].count(b"\n"), 0)
    journal.append(Entry(0, ["bad-row: new"], {}, 0))
    assert list(journal.outcomes()) == [*[SURE, "bad-row: x", SURE, UNSURE][:whole], "bad-row: new"]
    journal.close()


def test_another_run_is_refused_and_what_differs_is_named(tmp_path: Path):
    before = filled(tmp_path / "j", [SURE])
    with pytest.raises(SettingsError, match=r"j: of another run, --max-text-chars, model differ; .*--overwrite"):
        opened(tmp_path / "j", **{"model": ["tiny@2", "abc"], "--max-text-chars": 5})
    assert (tmp_path / "j").read_bytes() == before


def test_overwrite_begins_another_run_anew_but_goes_on_with_the_same(tmp_path: Path):
    filled(tmp_path / "j", [SURE])
    same = opened(tmp_path / "j", overwrite=True)
    assert same.progress.rows == {0: 1}
    same.close()
    other = opened(tmp_path / "j", overwrite=True, output="other")
    assert other.progress.rows == {}
    assert list(other.outcomes()) == []
    other.close()


@pytest.mark.parametrize("content", [b"my own diary\n", b"my own diary", b'{"journal": "other"}\n', b"[]\n"])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_file_that_is_no_journal_is_never_touched(tmp_path: Path, content: bytes, overwrite: bool):
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(DataError, match="in the way, and no journal of this release; move it elsewhere"):
        opened(tmp_path / "j", overwrite=overwrite)
    assert (tmp_path / "j").read_bytes() == content
