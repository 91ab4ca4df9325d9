"""The line of jobs: each is run by one, and by another when that one dies."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from service.store.idempotency import KeyReusedError, Once
from service.store.jobs import JobStore
from service.store.tables import JOBS


@pytest.fixture
def store(database: Engine) -> JobStore:
    return JobStore(database)


def create(store: JobStore, job_id: str, *, fingerprint: str = "f", once: Once | None = None) -> str:
    return store.create(job_id, client="desk", options={"input": ".csv"}, model="2", fingerprint=fingerprint, once=once)


def test_jobs_are_handed_out_once_and_in_order(store: JobStore):
    for job_id in ("a", "b"):
        create(store, job_id)
    claimed = [store.claim() for _ in range(3)]
    assert [job.id if job else None for job in claimed] == ["a", "b", None]
    assert (claimed[0].state, claimed[0].options, claimed[0].attempts) == ("running", {"input": ".csv"}, 1)


def test_the_job_of_a_dead_runner_is_given_to_another(store: JobStore, database: Engine):
    create(store, "a")
    store.claim()
    assert store.claim() is None
    with database.begin() as connection:
        connection.execute(update(JOBS).values(leased_until=datetime.now(UTC) - timedelta(seconds=1)))
    late = store.find("a")
    assert store.claim().attempts == 2
    assert not store.renew(late, rows=7)
    store.fail(late, "too late")
    assert store.find("a").state == "running"


def test_a_runner_that_renews_keeps_its_job(store: JobStore):
    create(store, "a")
    assert store.renew(store.claim(), rows=7)
    assert store.find("a").rows == 7
    assert store.claim() is None


def test_a_cancelled_job_cannot_be_renewed_or_finished(store: JobStore):
    create(store, "a")
    claimed = store.claim()
    store.cancel("a")
    assert not store.renew(claimed, rows=7)
    store.finish(claimed, rows=7, counts={})
    assert store.find("a").state == "cancelled"


def test_a_finished_job_stays_finished(store: JobStore):
    create(store, "a")
    claimed = store.claim()
    store.finish(claimed, rows=2, counts={"neutral": 2})
    store.cancel("a")
    store.fail(claimed, "late")
    found = store.find("a")
    assert (found.state, found.rows, found.counts, found.error) == ("done", 2, {"neutral": 2}, None)


def test_a_released_job_is_next_again(store: JobStore):
    create(store, "a")
    store.release(store.claim())
    assert store.claim().id == "a"


def test_an_upload_sent_again_is_the_same_job(store: JobStore):
    once = Once("desk", "k")
    assert create(store, "a", once=once) == "a"
    assert create(store, "b", once=once) == "a"
    assert store.find("b") is None
    with pytest.raises(KeyReusedError):
        create(store, "c", fingerprint="another", once=once)


def test_old_jobs_can_be_found_and_removed(store: JobStore):
    create(store, "a")
    create(store, "b")
    store.fail(store.claim(), "no column")
    assert store.finished_before(datetime.now(UTC) + timedelta(seconds=1)) == ["a"]
    store.remove("a")
    assert store.find("a") is None
