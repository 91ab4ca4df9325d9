"""Labels: all or none, once, in order; and what a kill leaves behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from model.labels import LABELS, Stance
from model.records import Prediction, TextInput
from service.store.database import DatabaseError, open_database
from service.store.idempotency import KeyReusedError, Once
from service.store.labels import LabelFilter, LabelStore, NewLabel, text_hash
from service.store.review import ReviewQueue

YES = NewLabel(
    "A reset is overdue. 🤝 Пора.", Stance.SUPPORTIVE, "api", context="Parent", text_id="c-1", annotator="ann"
)
NO = NewLabel("No deal.", Stance.SKEPTICAL, "page", model="comment-stance@2")


@pytest.fixture
def store(database: Engine) -> LabelStore:
    return LabelStore(database)


def test_labels_come_back_as_they_were_given(store: LabelStore):
    ids = store.add([YES, NO])
    found = store.read()
    assert [label.id for label in found] == ids == sorted(ids)
    for given, kept in zip([YES, NO], found, strict=True):
        assert {name: getattr(kept, name) for name in NewLabel.__dataclass_fields__} == {
            name: getattr(given, name) for name in NewLabel.__dataclass_fields__
        }
        assert kept.created_at.utcoffset().total_seconds() == 0


def test_pages_go_on_after_the_last_id(store: LabelStore):
    ids = store.add([replace(YES, text_id=str(number)) for number in range(5)])
    assert [label.id for label in store.read(limit=2)] == ids[:2]
    assert [label.id for label in store.read(after=ids[1], limit=2)] == ids[2:4]
    assert store.read(after=ids[-1]) == []


def test_texts_are_found_under_their_own_ids_labelled_or_waiting(store: LabelStore, database: Engine):
    store.add([YES, NO])
    prediction = Prediction("q-1", Stance.NEUTRAL, dict.fromkeys(LABELS, 1 / 3), 1 / 3, True, "en", False)
    ReviewQueue(database, max_texts=10).add([TextInput("Ha.", id="q-1")], [prediction], model="tiny@1")
    assert store.texts_of(["c-1", "q-1", "c-2"]) == {"c-1": YES.text, "q-1": "Ha."}
    assert store.texts_of([]) == {}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (LabelFilter(label=Stance.SKEPTICAL), ["No deal."]),
        (LabelFilter(source="api"), [YES.text]),
        (LabelFilter(annotator="ann", label=Stance.SKEPTICAL), []),
    ],
)
def test_labels_can_be_filtered(store: LabelStore, wanted: LabelFilter, expected: list[str]):
    store.add([YES, NO])
    assert [label.text for label in store.read(wanted=wanted)] == expected


def test_one_bad_label_keeps_the_others_out_too(store: LabelStore):
    with pytest.raises(DatabaseError):
        store.add([YES, replace(NO, source=None)])
    assert store.read() == []


def test_a_request_sent_again_is_stored_once(store: LabelStore):
    once = Once("desk", "key-1")
    ids = store.add([YES], once=once)
    assert store.add([YES], once=once) == ids
    assert len(store.read()) == 1
    assert store.add([YES], once=replace(once, client="another")) != ids


def test_a_key_for_another_content_is_refused(store: LabelStore):
    once = Once("desk", "key-1")
    store.add([YES], once=once)
    with pytest.raises(KeyReusedError, match="another content"):
        store.add([NO], once=once)
    assert len(store.read()) == 1


def test_equal_requests_at_the_same_time_are_stored_once(store: LabelStore):
    def send(_: int) -> list[int] | None:
        try:
            return store.add([YES], once=Once("desk", "key-1"))
        except KeyReusedError:
            return None  # told to send it again

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for answer in pool.map(send, range(16)) if answer]
    assert len(store.read()) == 1
    assert answers
    assert all(answer == answers[0] for answer in answers)


def test_many_writers_lose_nothing(store: LabelStore):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.add([replace(YES, text_id=str(number))]), range(64)))
    assert sorted(int(label.text_id) for label in store.read(limit=100)) == list(range(64))


def test_the_context_is_part_of_what_makes_a_text_the_same():
    assert text_hash(TextInput("Yes.")) == text_hash(TextInput("Yes.", context="", id="7"))
    assert text_hash(TextInput("Yes.")) != text_hash(TextInput("Yes.", context="Really?"))


def test_a_database_that_went_away_is_an_error_and_comes_back(store: LabelStore, database: Engine):
    with database.begin() as connection:
        connection.execute(text("alter table labels rename to hidden"))
    with pytest.raises(DatabaseError):
        store.add([YES])
    with database.begin() as connection:
        connection.execute(text("alter table hidden rename to labels"))
    assert len(store.add([YES])) == 1


WRITER = """
import sys
from model.labels import Stance
from service.store.database import open_database
from service.store.labels import LabelStore, NewLabel
store = LabelStore(open_database(sys.argv[1]))
for number in range(int(sys.argv[2]), 10**9):
    store.add([NewLabel(f"text {number}", Stance.NEUTRAL, "api", text_id=f"{number}-{part}") for part in "ab"])
    print(number, flush=True)
"""


def test_a_writer_killed_at_any_moment_loses_no_label_that_it_reported(database_url: str):
    reported: set[str] = set()
    for run, delay in enumerate((0.0, 0.004, 0.013, 0.05)):
        reported |= _write_and_kill(database_url, run * 10**6, delay=delay)
    engine = open_database(database_url)
    found = [label.text_id for label in LabelStore(engine).read(limit=10**6)]
    engine.dispose()
    assert reported <= set(found), "acknowledged and lost"
    assert len(found) == len(set(found)), "stored twice"
    assert len(found) % 2 == 0, "half of a request"


def _write_and_kill(url: str, begin: int, *, delay: float) -> set[str]:
    """Return the ids of the texts that the writer reported before it was killed."""
    with subprocess.Popen([sys.executable, "-c", WRITER, url, str(begin)], stdout=subprocess.PIPE, text=True) as writer:
        lines = [writer.stdout.readline()]
        time.sleep(delay)
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.readlines()
    return {f"{line.strip()}-{part}" for line in lines if line.endswith("\n") for part in "ab"}
