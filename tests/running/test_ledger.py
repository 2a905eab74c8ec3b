"""The ledger: nothing is lost, nothing is done twice, and who comes late is refused."""

import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.values.errors import LateResultError, LedgerError, StorageError


def entry(name: str, **more: object) -> QueueItem:
    facts = {"asked": name, "address": f"/dock/{name}.mp4", "ordered": "o", "spec": "{}", "since": 0.0} | more
    return QueueItem(**facts)  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


def taken(ledger: Ledger, run: int) -> Lease:
    lease = ledger.take(run)
    assert lease is not None
    return lease


def with_one_job(ledger: Ledger, name: str = "a") -> tuple[int, Lease]:
    run = ledger.begin_run("batch")
    ledger.enter(run, [entry(name)])
    return run, taken(ledger, run)


def names_in_order(ledger: Ledger, run: int) -> list[str]:
    leases: list[str] = []
    while lease := ledger.take(run):
        leases.append(Path(lease.address).stem)
    return leases


def test_what_is_due_first_goes_first_and_among_equals_the_oldest(ledger: Ledger) -> None:
    run = ledger.begin_run("batch")
    late = entry("late", due="2026-12-24", since=1.0)
    soon = [entry("soon", due="2026-12-01", since=9.0), entry("older", due="2026-12-01", since=2.0)]
    ledger.enter(run, [entry("never", since=0.0), late, *soon, entry("oldest", since=-5.0)])
    assert names_in_order(ledger, run) == ["older", "soon", "late", "oldest", "never"]


def test_a_job_is_leased_once(ledger: Ledger) -> None:
    run, _ = with_one_job(ledger)
    assert ledger.take(run) is None


def test_the_same_file_under_the_same_order_is_asked_for_once(ledger: Ledger) -> None:
    run = ledger.begin_run("batch")
    assert ledger.enter(run, [entry("a"), entry("a"), entry("b")]) == 3
    assert ledger.counts(run) == {"queued": 2}


def test_more_entries_than_one_commit_takes_are_all_entered(ledger: Ledger) -> None:
    run = ledger.begin_run("batch")
    assert ledger.enter(run, (entry(str(n)) for n in range(2001))) == 2001
    assert ledger.counts() == {"queued": 2001}


def test_what_is_published_is_not_queued_again_and_what_was_quarantined_is(ledger: Ledger) -> None:
    run, good = with_one_job(ledger)
    ledger.identify(good, "k", "a")
    ledger.finish(good, "published", frames=3)
    ledger.enter(run, [entry("bad")])
    ledger.finish(taken(ledger, run), "quarantined", "not a recording")
    second = ledger.begin_run("batch")
    ledger.enter(second, [entry("a"), entry("bad")])
    assert ledger.counts(second) == {"published": 1, "queued": 1}
    ledger.finish(taken(ledger, second), "quarantined", "not a recording")
    night = ledger.begin_run("nightly")
    ledger.enter(night, [entry("bad")], again=False)
    assert ledger.counts(night) == {"quarantined": 1}


def test_what_a_person_withheld_is_on_record_and_never_worked_on(ledger: Ledger) -> None:
    run = ledger.begin_run("batch")
    ledger.enter(run, [entry("a", withhold="FIPPA s. 14: an open investigation")])
    assert ledger.take(run) is None
    (row,) = ledger.rows(run)
    assert (row.state, row.why) == ("withheld", "FIPPA s. 14: an open investigation")


def test_a_copy_of_published_work_is_that_work(ledger: Ledger) -> None:
    run, first = with_one_job(ledger)
    ledger.identify(first, "k", "a")
    ledger.finish(first, "published", frames=3)
    ledger.enter(run, [entry("copy")])
    copy = taken(ledger, run)
    identity = ledger.identify(copy, "k", "copy")
    assert (identity.name, identity.elsewhere) == ("a", True)
    rows = list(ledger.rows(run))
    assert [(r.state, r.frames) for r in rows] == [("published", 3)] * 2
    assert rows[1].same_as == rows[0].job
    with pytest.raises(LateResultError):
        ledger.finish(copy, "published")


def test_renamed_before_it_was_finished_the_work_goes_on_under_its_first_name(ledger: Ledger) -> None:
    run, before = with_one_job(ledger, "old")
    ledger.identify(before, "k", "old")
    ledger.plan_segments(before, "detect", 2)
    ledger.end_segment(ledger.lease_segment(before, "detect", 0), "done", 1.5)
    ledger.give_back(before)
    second = ledger.begin_run("batch")
    ledger.enter(second, [entry("new")])
    after = taken(ledger, second)
    assert ledger.identify(after, "k", "new").name == "old"
    assert ledger.segments(after.job) == {("detect", 0): "done", ("detect", 1): "queued"}
    assert ledger.effort(after.job) == {"detect": 1.5}
    assert ledger.take(run) is None
    ledger.finish(after, "published", frames=9)
    assert ledger.counts() == {"published": 2}


def test_renamed_while_a_segment_of_each_is_open_the_earlier_try_was_lost(ledger: Ledger) -> None:
    _, before = with_one_job(ledger, "old")
    ledger.identify(before, "k", "old")
    ledger.plan_segments(before, "detect", 1)
    ledger.lease_segment(before, "detect", 0)
    ledger.give_back(before)
    second = ledger.begin_run("batch")
    ledger.enter(second, [entry("new")])
    after = taken(ledger, second)
    ledger.plan_segments(after, "detect", 1)
    at_work = ledger.lease_segment(after, "detect", 0)
    assert ledger.identify(after, "k", "new").name == "old"
    assert ledger.tries() == {"at work": 1, "lost": 1}
    ledger.end_segment(at_work, "done", 1.0)
    assert ledger.tries() == {"again": 1, "lost": 1}
    ledger.end_segment(ledger.lease_segment(after, "detect", 0), "done", 1.0)
    assert ledger.segments(after.job) == {("detect", 0): "done"}


def test_renamed_there_and_back_it_is_still_one_work(ledger: Ledger) -> None:
    _, before = with_one_job(ledger, "old")
    ledger.identify(before, "k", "old")
    ledger.give_back(before)
    second = ledger.begin_run("batch")
    ledger.enter(second, [entry("new")])
    moved = taken(ledger, second)
    ledger.identify(moved, "k", "new")
    ledger.give_back(moved)
    third = ledger.begin_run("batch")
    ledger.enter(third, [entry("old")])
    back = taken(ledger, third)
    assert ledger.identify(back, "k", "old").name == "old"
    ledger.finish(back, "published")
    assert ledger.counts() == {"published": 2}


def test_taken_over_and_tried_again_it_keeps_its_first_name(ledger: Ledger) -> None:
    _, before = with_one_job(ledger, "old")
    ledger.identify(before, "k", "old")
    ledger.give_back(before)
    second = ledger.begin_run("batch")
    ledger.enter(second, [entry("new")])
    for _ in range(2):
        after = taken(ledger, second)
        assert ledger.identify(after, "k", "new").name == "old"
        ledger.give_back(after)


def test_two_jobs_at_once_that_are_one_work_end_together(ledger: Ledger) -> None:
    run, first = with_one_job(ledger)
    ledger.enter(run, [entry("twin")])
    twin = taken(ledger, run)
    ledger.identify(first, "k", "a")
    assert ledger.identify(twin, "k", "twin").elsewhere
    assert ledger.counts() == {"leased": 1, "queued": 1}
    assert ledger.take(run) is None
    ledger.finish(first, "needs review", "a hole")
    assert ledger.counts() == {"needs review": 2}


def test_two_recordings_of_one_name_get_two_releases(ledger: Ledger) -> None:
    run, first = with_one_job(ledger)
    ledger.enter(run, [entry("b")])
    second = taken(ledger, run)
    assert ledger.identify(first, "1" * 64, "0001").name == "0001"
    assert ledger.identify(second, "2" * 64, "0001").name == "0001-222222222222"


def test_an_older_lease_may_say_nothing_more(ledger: Ledger) -> None:
    run, old = with_one_job(ledger)
    ledger.give_back(old)
    new = taken(ledger, run)
    assert new.token > old.token
    for late in (
        lambda: ledger.finish(old, "published"),
        lambda: ledger.give_back(old),
        lambda: ledger.identify(old, "k", "a"),
        lambda: ledger.plan_segments(old, "detect", 1),
        lambda: ledger.lease_segment(old, "detect", 0),
    ):
        with pytest.raises(LateResultError, match="late result for job 1"):
            late()
    assert ledger.counts() == {"leased": 1}


def test_a_worker_that_was_given_up_and_comes_back_is_refused(ledger: Ledger) -> None:
    _, job = with_one_job(ledger)
    ledger.plan_segments(job, "render", 1)
    lost = ledger.lease_segment(job, "render", 0)
    fresh = ledger.lease_segment(job, "render", 0)
    with pytest.raises(LateResultError, match="segment 0"):
        ledger.end_segment(lost, "done", 2.0)
    ledger.end_segment(fresh, "done", 1.0)
    with pytest.raises(LateResultError, match="segment 0"):
        ledger.end_segment(fresh, "done", 1.0)
    assert ledger.tries() == {"done": 1, "lost": 1}
    assert ledger.effort(job.job) == {"render": 1.0}


def test_what_is_done_again_after_a_crash_is_on_record_as_that(ledger: Ledger) -> None:
    _, job = with_one_job(ledger)
    ledger.plan_segments(job, "verify", 1)
    for _ in range(2):
        ledger.end_segment(ledger.lease_segment(job, "verify", 0), "done", 1.0)
    assert ledger.tries() == {"again": 1, "done": 1}
    assert ledger.segments(job.job) == {("verify", 0): "done"}


def test_a_refused_segment_waits_for_its_next_try(ledger: Ledger) -> None:
    _, job = with_one_job(ledger)
    ledger.plan_segments(job, "detect", 1)
    ledger.end_segment(ledger.lease_segment(job, "detect", 0), "refused", 0.5)
    assert ledger.segments(job.job) == {("detect", 0): "queued"}


def test_the_leases_of_a_dead_driver_are_given_up_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as dead:
        run, job = with_one_job(dead)
        dead.plan_segments(job, "detect", 2)
        segment = dead.lease_segment(job, "detect", 1)
    with Ledger(path) as heir, heir.locked():
        assert heir.counts() == {"queued": 1}
        assert set(heir.segments(job.job).values()) == {"queued"}
        with pytest.raises(LateResultError):
            heir.end_segment(segment, "done")
        assert taken(heir, run).job == job.job


def test_a_night_takes_over_everything_that_waits(ledger: Ledger) -> None:
    first, job = with_one_job(ledger)
    ledger.give_back(job)
    night = ledger.begin_run("nightly")
    assert ledger.take(night) is None
    ledger.ask_for_all(night)
    assert ledger.take(first) is None
    assert ledger.take(night) is not None


def test_runs_are_kept_with_their_summaries(tmp_path: Path) -> None:
    now = iter([10.0, 20.0, 30.0])
    with Ledger(tmp_path / "ledger.sqlite", clock=lambda: next(now)) as ledger:
        run = ledger.begin_run("nightly")
        ledger.end_run(run, '{"published": 1}')
        ledger.begin_run("nightly")
        assert ledger.runs("nightly") == [(10.0, 20.0, '{"published": 1}'), (30.0, None, None)]
        assert ledger.runs("batch") == []


def _hold_and_wait(path: str, ready: "multiprocessing.synchronize.Event") -> None:
    with Ledger(Path(path)) as ledger, ledger.locked():
        ready.set()
        ready.wait()
        multiprocessing.Event().wait()


def test_a_second_driver_is_refused_by_name_while_the_first_lives(tmp_path: Path) -> None:
    path, context = tmp_path / "ledger.sqlite", multiprocessing.get_context("spawn")
    ready = context.Event()
    first = context.Process(target=_hold_and_wait, args=(str(path), ready))
    first.start()
    assert ready.wait(60)
    with Ledger(path) as second:
        with (
            pytest.raises(LedgerError, match=rf"process {first.pid}\) is working on the ledger") as refused,
            second.locked(),
        ):
            pass
        assert refused.value.remedy
        first.kill()
        first.join()
        with second.locked():
            pass


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(LedgerError, match="schema 7"):
        Ledger(path)


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE mine (x)")
    database.close()
    with pytest.raises(LedgerError, match="schema 0"):
        Ledger(path)
    database = sqlite3.connect(path)
    assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    database.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"moov" * 1024)
    with pytest.raises(LedgerError, match="cannot be read"):
        Ledger(path)
    assert path.read_bytes() == b"moov" * 1024


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write the ledger"):
        Ledger(tmp_path / "nowhere" / "ledger.sqlite")


def test_every_commit_is_durable_and_readers_are_not_in_the_way(ledger: Ledger) -> None:
    settings = {name: ledger._read(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_driver_killed_at_work_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from bodycam_pipeline.running.job_queue import QueueItem\n"
        "from bodycam_pipeline.running.ledger import Ledger\n"
        "with Ledger(Path(sys.argv[1])) as ledger, ledger.locked():\n"
        "    run = ledger.begin_run('batch')\n"
        "    ledger.enter(run, [QueueItem(str(n), 'a', 'o', '{}', 0.0) for n in range(50)])\n"
        "    ledger.take(run)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "ledger.sqlite"
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -9
    with Ledger(path) as heir, heir.locked():
        assert heir.counts() == {"queued": 50}
