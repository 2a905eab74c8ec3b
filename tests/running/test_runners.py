"""One suite over every runner: each task is answered once, whatever becomes of its worker."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.locked import VARIABLE, WEAK
from bodycam_pipeline.running.local import LocalRunner, Processes
from bodycam_pipeline.running.ray import RayRunner
from bodycam_pipeline.running.runner import GivenUpError
from bodycam_pipeline.running.scheduler import PassScheduler
from bodycam_pipeline.values.errors import DamagedRecordingError, WorkerError
from tests.running import steps

Start = Callable[..., Any]


@pytest.fixture(scope="module", params=["local", "ray"])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a runner of each kind; Ray's cluster is started once and shared."""
    if request.param == "local":
        yield LocalRunner
        return
    with RayRunner("local", workers=2):
        yield lambda workers, **more: RayRunner("local", workers=workers, **more)


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_every_task_once(workers: int, start: Start) -> None:
    with start(workers) as runner:
        outcomes = list(runner.run(steps.double, range(20)))
    assert sorted((o.number, o.result) for o in outcomes) == [(n, 2 * n) for n in range(20)]


def test_runs_nothing_for_no_tasks(start: Start) -> None:
    with start(2) as runner:
        assert list(runner.run(steps.double, [])) == []


def test_a_refusal_is_an_answer_with_its_place_and_remedy(start: Start) -> None:
    with start(1) as runner:
        (outcome,) = runner.run(steps.refuse, [7])
    assert isinstance(outcome.error, DamagedRecordingError)
    assert outcome.error.what == "frame 7 is gone"
    assert outcome.error.remedy == "Withhold it."


def test_a_killed_worker_is_replaced_and_its_task_tried_again(tmp_path: Path, start: Start) -> None:
    marker = str(tmp_path / "tried")
    with start(1) as runner:
        (outcome,) = runner.run(steps.die_once, [marker])
    assert outcome.result == marker


def test_a_task_that_kills_two_workers_is_refused_and_the_others_are_answered(tmp_path: Path, start: Start) -> None:
    marker = tmp_path / "tries"
    with start(2) as runner:
        (lost,) = runner.run(steps.die_always, [str(marker)])
        others = list(runner.run(steps.double, range(5)))
    assert isinstance(lost.error, WorkerError)
    assert marker.read_text() == "tried\n" * 2
    assert sorted(o.result or 0 for o in others) == [0, 2, 4, 6, 8]


def test_a_stuck_worker_is_ended_at_its_limit(start: Start) -> None:
    with start(1, task_limit_seconds=0.5) as runner:
        (outcome,) = runner.run(steps.hang, [0])
    assert isinstance(outcome.error, WorkerError)
    assert "longer than" in outcome.error.what


def test_a_defect_says_where_it_is(start: Start) -> None:
    with start(1) as runner:
        (outcome,) = runner.run(steps.defect, [1])
    assert isinstance(outcome.error, WorkerError)
    assert "ZeroDivisionError in defect (steps.py:" in outcome.error.what


def test_workers_are_other_processes_and_are_used_again(start: Start) -> None:
    with start(1) as runner:
        seen = {outcome.result for outcome in runner.run(steps.pid, range(5))}
    assert len(seen) == 1
    assert os.getpid() not in seen


def test_refuses_to_run_without_workers(start: Start) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        start(0)


def test_a_worker_that_died_while_idle_costs_no_try(tmp_path: Path) -> None:
    marker = str(tmp_path / "tried")
    with LocalRunner(1) as runner:
        assert [o.result for o in runner.run(steps.double, [1])] == [2]
        for worker in runner.processes.pool:
            worker.process.kill()
            worker.process.wait()
        (outcome,) = runner.run(steps.die_once, [marker])
    assert outcome.result == marker


def test_passes_of_several_threads_fill_the_workers_together(start: Start) -> None:
    with start(2) as runner, ThreadPoolExecutor(3) as threads:
        passes = [threads.submit(lambda: list(runner.run(steps.pid, range(20)))) for _ in range(3)]
        answered = [one.result(timeout=60) for one in passes]
    assert [sorted(o.number for o in outcomes) for outcomes in answered] == [list(range(20))] * 3


def test_a_lower_turn_goes_first_and_a_higher_one_fills_what_is_left(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with LocalRunner(1) as runner, ThreadPoolExecutor(2) as threads:
        slow = [(str(log), "b", 0.3)] * 3
        later = threads.submit(lambda: list(runner.in_turn(2).run(steps.note, slow)))
        while not log.exists():
            time.sleep(0.01)
        assert not runner.has_room()
        list(runner.in_turn(1).run(steps.note, [(str(log), "a", 0.0)] * 2))
        later.result(timeout=60)
        assert runner.has_room()
    assert log.read_text() == "baabb"


def test_a_pass_that_is_left_ends_only_its_own_tasks(start: Start) -> None:
    with start(2) as runner, ThreadPoolExecutor(1) as threads:
        other = threads.submit(lambda: list(runner.run(steps.take_a_while, range(4))))
        mine = runner.run(steps.take_a_while, range(4))
        next(mine)
        mine.close()
        assert sorted(o.result or 0 for o in other.result(timeout=60)) == [0, 2, 4, 6]


def test_whoever_does_not_fetch_outcomes_gets_no_more_done(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with LocalRunner(2) as runner:
        outcomes = runner.run(steps.note, [(str(log), "x", 0.0)] * 20)
        next(outcomes)
        time.sleep(1.0)
        assert len(log.read_text()) <= 7
        assert len(list(outcomes)) == 19


def test_closing_ends_every_pass_and_a_new_one_finds_new_workers() -> None:
    runner = LocalRunner(1)
    with ThreadPoolExecutor(2) as threads:
        passes = [threads.submit(lambda: list(runner.run(steps.hang, [0]))) for _ in range(2)]
        while runner.has_room() or not runner.processes.pool:
            time.sleep(0.01)
        runner.close()
        for one in passes:
            with pytest.raises(GivenUpError):
                one.result(timeout=60)
    with runner:
        assert [o.result for o in runner.run(steps.double, [4])] == [8]


@pytest.mark.parametrize("value", [WEAK, None])
def test_whoever_runs_passes_says_that_the_box_is_off(
    value: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The runner on a cluster is one as well."""
    monkeypatch.delenv(VARIABLE, raising=False)
    if value:
        monkeypatch.setenv(VARIABLE, value)
    assert issubclass(RayRunner, PassScheduler)
    PassScheduler(Processes(1, 1.0))
    assert ("decoded without the box" in capsys.readouterr().err) == bool(value)
