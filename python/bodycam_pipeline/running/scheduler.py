"""The scheduler: the tasks of several passes on one set of workers, never more of them out than there are workers.

One thread hands out and collects, whatever the workers are; the passes ask it from threads of their own. So the
segments of the next recording fill the workers that the last segments of this one leave idle.
"""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from bodycam_pipeline.locked import say_if_weak
from bodycam_pipeline.running.attempts import Answer, AttemptQueue, Lost, give_up
from bodycam_pipeline.running.runner import GivenUpError, Outcome, Result, Runner, Task
from bodycam_pipeline.values.errors import WorkerError

_LOOK_SECONDS = 0.02
"""How long a new pass waits at most for a worker that is idle while others are busy."""


class WorkerPool(Protocol):
    """The workers, as the scheduler's thread sees them; no other thread does."""

    @property
    def count(self) -> int:
        """How many there are now."""

    def begin(self, step: Callable[[Any], Any], task: object) -> Any:
        """Give a task to an idle worker; returns what its answer will be known by."""

    def answers(self, seconds: float) -> Iterator[tuple[Any, Answer | Lost]]:
        """Wait at most so long for answers, and for workers that are lost."""

    def give_up(self, ticket: Any) -> None:
        """End what is being done under a ticket; it is not answered any more."""

    def close(self) -> None:
        """End all workers."""


@dataclass(eq=False)
class _Pass:
    """One step over its tasks, and where its outcomes go."""

    turn: int
    step: Callable[[Any], Any]
    tasks: Sequence[Any]
    line: AttemptQueue
    ended: queue.SimpleQueue[Outcome[Any] | BaseException] = field(default_factory=queue.SimpleQueue)
    left: threading.Event = field(default_factory=threading.Event)


class PassScheduler:
    """Workers shared by every pass that is run on them.

    A context manager: leaving it ends the workers.
    """

    def __init__(self, pool: WorkerPool) -> None:
        say_if_weak()
        self._pool = pool
        self._asked: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._passes: list[_Pass] = []
        self._out: dict[Any, tuple[_Pass, int]] = {}
        self._thread: threading.Thread | None = None
        self._closing = False
        self._start = threading.Lock()

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        return self._pool.count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task], *, turn: int = 0) -> Iterator[Outcome[Result]]:
        """Yield one outcome per task, in the order they end.

        Abandoning the iterator ends the workers that are still at its tasks.

        Raises:
            GivenUpError: the scheduler was closed meanwhile.
        """
        mine = _Pass(turn, step, tasks, AttemptQueue.of(len(tasks)))
        self._ask(lambda: self._enter(mine))
        try:
            for _ in range(len(tasks)):
                outcome = mine.ended.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            if not mine.left.is_set():
                self._ask(lambda: self._leave(mine))
                mine.left.wait()

    def in_turn(self, turn: int) -> Runner:
        """The same workers for one of several: while a lower turn has tasks waiting, a higher one gets no worker."""
        return _InTurn(self, turn)

    def has_room(self) -> bool:
        """Whether a worker is without a task and no task is waiting."""
        return self._asked.empty() and not self._waiting() and len(self._out) < self._pool.count

    def close(self) -> None:
        """End the workers, whatever they are doing; passes that are still at it raise `GivenUpError`."""
        with self._start:  # nobody asks anything between the thread's last look and its end
            if self._thread is not None:
                self._asked.put(self._end)
                self._thread.join()
                self._thread = None
            self._pool.close()

    def _ask(self, what: Callable[[], None]) -> None:
        with self._start:
            if self._thread is None:
                self._closing = False
                self._thread = threading.Thread(target=self._work, name="scheduler", daemon=True)
                self._thread.start()
            self._asked.put(what)

    # The scheduler's own thread, which alone touches passes, tickets and the pool

    def _work(self) -> None:
        while not self._closing:
            try:
                self._hand_out()
                self._collect()
            except Exception as broken:  # the pool's: every pass has to know
                self._give_up_all(broken)
            self._listen(wait=not self._out and not self._could_hand_out())

    def _listen(self, *, wait: bool) -> None:
        """Do what was asked. With nothing to do, wait for it: for long, unless outcomes are only not fetched yet."""
        try:
            self._asked.get(block=wait, timeout=_LOOK_SECONDS if self._waiting() else None)()
            while True:
                self._asked.get_nowait()()
        except queue.Empty:
            return

    def _waiting(self) -> bool:
        return any(one.line.waiting for one in self._passes)

    def _enter(self, new: _Pass) -> None:
        self._passes = sorted([*self._passes, new], key=lambda one: one.turn)

    def _leave(self, old: _Pass) -> None:
        self._passes = [one for one in self._passes if one is not old]
        for ticket in [ticket for ticket, (whose, _) in self._out.items() if whose is old]:
            del self._out[ticket]
            self._pool.give_up(ticket)
        old.left.set()

    def _end(self) -> None:
        self._closing = True
        self._give_up_all(GivenUpError())

    def _give_up_all(self, why: Exception) -> None:
        out, self._out = self._out, {}
        passes, self._passes = self._passes, []
        for one in passes:
            one.left.set()
            one.ended.put(why)
        for ticket in out:
            self._pool.give_up(ticket)

    def _could_hand_out(self) -> bool:
        return any(self._takes_more(one) for one in self._passes)

    def _takes_more(self, one: _Pass) -> bool:
        """Whether tasks wait, and whoever runs the pass does not fall behind with fetching what has ended."""
        return bool(one.line.waiting) and one.ended.qsize() < 2 * self._pool.count

    def _hand_out(self) -> None:
        for one in self._passes:
            while self._takes_more(one) and len(self._out) < self._pool.count:
                number = one.line.waiting.popleft()
                try:
                    self._out[self._pool.begin(one.step, one.tasks[number])] = one, number
                except Exception as error:  # the pass's own to deal with: a lease that was taken away, a full disk
                    one.line.waiting.clear()
                    one.ended.put(error)
                else:
                    one.line.count_try(number)

    def _collect(self) -> None:
        if not self._out:
            return
        idle = len(self._out) < self._pool.count
        for ticket, answer in self._pool.answers(_LOOK_SECONDS if idle else 10 * _LOOK_SECONDS):
            one, number = self._out.pop(ticket)
            if (outcome := _outcome(number, answer, one.line)) is not None:
                one.ended.put(outcome)


@dataclass(frozen=True)
class _InTurn:
    """A scheduler as one of its users sees it."""

    scheduler: PassScheduler
    turn: int

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        return self.scheduler.workers

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        """Run tasks as the scheduler does."""
        return self.scheduler.run(step, tasks, turn=self.turn)


def _outcome(number: int, answer: Answer | Lost, line: AttemptQueue) -> Outcome[Any] | None:
    """How a task ended; None when it is tried again."""
    if isinstance(answer, Lost):
        return None if line.try_again(number) else Outcome(number, error=give_up(answer.how))
    result, error = answer
    if isinstance(error, WorkerError) and line.try_again(number):
        return None
    return Outcome(number, result, error)
