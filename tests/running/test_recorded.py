"""The runner that keeps the ledger: on record before it is handed out, and before it is believed."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.recorded import RecordedRunner, StoppedError
from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.values.errors import DamagedRecordingError, LateResultError, WorkerError
from tests.inline import InlineRunner
from tests.running import steps


def never() -> bool:
    return False


def _collect(outcomes: Iterator[Outcome[int]], into: list[Outcome[int]]) -> None:
    for outcome in outcomes:
        into.append(outcome)  # noqa: PERF402 - one by one: the stop looks at how many there are


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def job(ledger: Ledger) -> Lease:
    run = ledger.begin_run("batch")
    ledger.enter(run, [QueueItem("a", "a.mp4", "o", "{}", 0.0)])
    lease = ledger.take(run)
    assert lease is not None
    return lease


def test_every_segment_is_done_once_and_its_seconds_are_kept(ledger: Ledger, job: Lease) -> None:
    runner = RecordedRunner(InlineRunner(), ledger, job, never)
    assert [o.result for o in runner.run(steps.double, [1, 2, 3])] == [2, 4, 6]
    assert ledger.tries() == {"done": 3}
    assert list(ledger.effort(job.job)) == ["double"]
    assert set(ledger.segments(job.job).values()) == {"done"}


def test_a_refusal_is_on_record_and_left_to_the_next_try(ledger: Ledger, job: Lease) -> None:
    (outcome,) = RecordedRunner(InlineRunner(), ledger, job, never).run(steps.refuse, [7])
    assert isinstance(outcome.error, DamagedRecordingError)
    assert ledger.tries() == {"refused": 1}
    assert ledger.segments(job.job) == {("refuse", 0): "queued"}


def test_a_lost_worker_is_on_record_and_its_segment_done_once(ledger: Ledger, job: Lease, tmp_path: Path) -> None:
    marker = str(tmp_path / "marker")
    with LocalRunner(1) as local:
        (outcome,) = RecordedRunner(local, ledger, job, never).run(steps.die_once, [marker])
    assert outcome.result == marker
    assert ledger.tries() == {"done": 1, "lost": 1}


def test_two_lost_workers_are_two_lost_tries(ledger: Ledger, job: Lease, tmp_path: Path) -> None:
    with LocalRunner(1) as local:
        (outcome,) = RecordedRunner(local, ledger, job, never).run(steps.die_always, [str(tmp_path / "marker")])
    assert isinstance(outcome.error, WorkerError)
    assert ledger.tries() == {"lost": 2}


def test_asked_to_stop_it_finishes_what_is_in_hand_and_begins_nothing(ledger: Ledger, job: Lease) -> None:
    seen: list[Outcome[int]] = []
    with LocalRunner(2) as local:
        outcomes = RecordedRunner(local, ledger, job, lambda: len(seen) >= 3).run(steps.double, range(50))
        with pytest.raises(StoppedError):
            _collect(outcomes, seen)
    assert ledger.tries() == {"done": len(seen)}
    assert 3 <= len(seen) <= 3 + 3 * 2, "in hand are a task per worker, and two answers per worker that nobody took yet"
    assert list(ledger.segments(job.job).values()).count("queued") == 50 - len(seen)


def test_asked_to_stop_before_the_first_it_begins_nothing(ledger: Ledger, job: Lease) -> None:
    with pytest.raises(StoppedError):
        list(RecordedRunner(InlineRunner(), ledger, job, lambda: True).run(steps.double, [1]))
    assert ledger.tries() == {}


def test_a_pass_that_is_left_gives_its_segments_up(ledger: Ledger, job: Lease) -> None:
    class Eager(InlineRunner):
        """Has two tasks in hand before it answers."""

        def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
            first, _second = tasks[0], tasks[1]
            yield Outcome(0, step(first))

    outcomes = iter(RecordedRunner(Eager(), ledger, job, never).run(steps.double, [1, 2]))
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    assert ledger.tries() == {"done": 1, "lost": 1}


def test_a_driver_that_lost_its_job_is_refused(ledger: Ledger, job: Lease) -> None:
    ledger.give_back(job)
    with pytest.raises(LateResultError):
        list(RecordedRunner(InlineRunner(), ledger, job, never).run(steps.double, [1]))
