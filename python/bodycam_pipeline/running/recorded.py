"""A runner that keeps the ledger: a try of a segment is leased before it is handed out and ended when it answers."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, overload

from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.running.runner import Outcome, Result, Runner, Task
from bodycam_pipeline.running.segment_leases import SegmentLease, Tried
from bodycam_pipeline.running.wire import answer_type
from bodycam_pipeline.values.errors import BodycamError, LateResultError, WorkerError

Stop = Callable[[], bool]
"""Asked before a segment is handed out: whether no more are."""


class StoppedError(Exception):
    """No more segments were handed out, as asked; those in hand are finished and kept. Nothing went wrong."""


@dataclass(frozen=True)
class _Timed(Generic[Task, Result]):
    """A step and the seconds that it needed, taken where it runs; None in, None out, at once."""

    step: Callable[[Task], Result]

    @property
    def answers(self) -> Any:
        """The type of what it gives."""
        return tuple[answer_type(self.step), float] | None  # type: ignore[misc]

    def __call__(self, task: Task | None) -> tuple[Result, float] | None:
        if task is None:
            return None
        began = time.monotonic()
        return self.step(task), time.monotonic() - began


class _AtHand(Sequence[Any]):
    """The tasks as the runner sees them: reaching for one leases it.

    A runner reaches again for a task whose worker was lost; that is a new try, under a newer lease.
    """

    def __init__(self, tasks: Sequence[Any], lease: Callable[[int], SegmentLease], stop: Stop) -> None:
        self._tasks, self._lease, self._stop = tasks, lease, stop
        self.leases: dict[int, SegmentLease] = {}
        self.stopped = False

    def __len__(self) -> int:
        return len(self._tasks)

    @overload
    def __getitem__(self, number: int) -> Any: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Any]: ...
    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            raise TypeError("tasks are handed out one by one")
        task = self._tasks[number]  # first: past the end nothing is leased
        self.stopped = self.stopped or self._stop()
        if self.stopped:
            return None
        self.leases[number] = self._lease(number)
        return task


class RecordedRunner:
    """Runs one job's steps on another runner, and keeps the ledger of it."""

    def __init__(self, runner: Runner, ledger: Ledger, job: Lease, stop: Stop) -> None:
        self._runner, self._ledger, self._job, self._stop = runner, ledger, job, stop

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        return self._runner.workers

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        """Yield one outcome per task, in the order they end, each on record before it is seen.

        Raises:
            StoppedError: asked to stop; the segments in hand were finished first.
            LateResultError: the job's lease is no longer in force.
            StorageError: the ledger's disk refused.
        """
        if self._stop():
            raise StoppedError
        if not getattr(step, "recorded", True):
            yield from self._runner.run(step, tasks)
            return
        phase = step.__name__.removesuffix("_segment")
        self._ledger.plan_segments(self._job, phase, len(tasks))
        at_hand = _AtHand(tasks, lambda number: self._ledger.lease_segment(self._job, phase, number), self._stop)
        try:
            for outcome in self._runner.run(_Timed(step), at_hand):
                answered = outcome.error is not None or outcome.result is not None
                if answered and outcome.number in at_hand.leases:  # else: it came too late to be handed out (again)
                    yield self._ended(at_hand.leases.pop(outcome.number), outcome)
        finally:
            self._give_up(at_hand.leases)
        if at_hand.stopped:
            raise StoppedError

    def _ended(self, lease: SegmentLease, outcome: Outcome[Any]) -> Outcome[Any]:
        if outcome.error is not None:
            self._ledger.end_segment(lease, _how(outcome.error))
            return outcome
        assert outcome.result is not None  # noqa: S101 - not answered is not ended
        result, seconds = outcome.result
        self._ledger.end_segment(lease, "done", seconds)
        return Outcome(outcome.number, result)

    def _give_up(self, leases: dict[int, SegmentLease]) -> None:
        """The pass was left before these answered."""
        for lease in leases.values():
            with suppress(LateResultError):
                self._ledger.end_segment(lease, "lost")


def _how(error: BodycamError) -> Tried:
    return "lost" if isinstance(error, WorkerError) else "refused"
