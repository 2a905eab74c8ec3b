"""The local runner: worker processes on this machine, one task each at a time.

Processes, not threads: a decoder that crashes on a hostile file takes one worker with it, not the job.
"""

import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Self

from bodycam_pipeline.running.attempts import TASK_LIMIT_SECONDS, Queue, attempt, given_up
from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.values.errors import WorkerError

_SPAWN = multiprocessing.get_context("spawn")


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    number: int | None = None
    deadline: float = field(default=0.0)

    def stop(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()


class LocalRunner:
    """Worker processes on this machine.

    A context manager: leaving it ends the workers.
    """

    def __init__(self, workers: int, *, task_limit_seconds: float = TASK_LIMIT_SECONDS) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self._count = workers
        self._limit = task_limit_seconds
        self._pool: list[_Worker] = []

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        return self._count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        while self._pool:
            self._pool.pop().stop()

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        """Yield one outcome per task, in the order they end.

        Abandoning the iterator ends the workers that are still at its tasks.
        """
        queue = Queue(deque(range(len(tasks))))
        try:
            while queue.waiting or self._busy():
                self._hand_out(step, tasks, queue)
                yield from self._collect(queue)
        finally:
            for worker in self._busy():
                self._drop(worker)

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._pool if worker.number is not None]

    def _hand_out(self, step: Callable[[Task], Result], tasks: Sequence[Task], queue: Queue) -> None:
        while queue.waiting and len(self._busy()) < self._count:
            worker = self._idle() or self._start()
            number = queue.waiting.popleft()
            try:
                worker.pipe.send((step, tasks[number]))
            except OSError:  # died while idle: nobody's fault, and not a try
                self._drop(worker)
                queue.waiting.appendleft(number)
                continue
            worker.number, worker.deadline = number, time.monotonic() + self._limit
            queue.tried(number)

    def _idle(self) -> _Worker | None:
        """A living worker without a task; one that died while idle is dropped, since that is nobody's try."""
        for worker in [worker for worker in self._pool if worker.number is None]:
            if worker.process.is_alive():
                return worker
            self._drop(worker)
        return None

    def _start(self) -> _Worker:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._pool.append(worker)
        return worker

    def _drop(self, worker: _Worker) -> None:
        self._pool.remove(worker)
        worker.stop()

    def _collect(self, queue: Queue) -> Iterator[Outcome[Any]]:
        busy = self._busy()
        ready = wait([w.pipe for w in busy], timeout=max(0.0, min(w.deadline for w in busy) - time.monotonic()))
        for worker in busy:
            if worker.pipe in ready:
                yield from self._answer(worker, queue)
            elif time.monotonic() >= worker.deadline:
                yield from self._lost(worker, queue, f"took longer than {self._limit:.0f} s")

    def _answer(self, worker: _Worker, queue: Queue) -> Iterator[Outcome[Any]]:
        number = worker.number
        assert number is not None  # noqa: S101 - a busy worker has a task
        try:
            result, error = worker.pipe.recv()
        except (EOFError, OSError):
            yield from self._lost(worker, queue, "ended its worker process")
            return
        worker.number = None
        if isinstance(error, WorkerError) and queue.try_again(number):
            return
        yield Outcome(number, result, error)

    def _lost(self, worker: _Worker, queue: Queue, how: str) -> Iterator[Outcome[Any]]:
        number = worker.number
        assert number is not None  # noqa: S101 - a lost worker had a task
        self._drop(worker)
        if not queue.try_again(number):
            yield Outcome(number, error=given_up(how))


def _work(pipe: Connection) -> None:
    """Answer tasks until the driver closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    with suppress(EOFError, OSError):
        while True:
            step, task = pipe.recv()
            pipe.send(attempt(step, task))
