"""The local runner: worker processes on this machine, one task each at a time.

Processes, not threads: a decoder that crashes on a hostile file takes one worker with it, not the job.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from bodycam_pipeline.running.attempts import TASK_LIMIT_SECONDS, Answer, Lost
from bodycam_pipeline.running.scheduler import PassScheduler
from bodycam_pipeline.running.starting import started
from bodycam_pipeline.running.wire import MOST_BYTES, NO_ANSWER, MalformedAnswerError, answer_type, unpack

_ENDED = "ended its worker process"
_WORKER = "bodycam_pipeline.running.worker"


class LocalRunner(PassScheduler):
    """Worker processes on this machine; several threads may run their passes on them at once.

    A context manager: leaving it ends the workers.
    """

    def __init__(self, workers: int, *, task_limit_seconds: float = TASK_LIMIT_SECONDS) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self.processes = Processes(workers, task_limit_seconds)
        super().__init__(self.processes)


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection
    deadline: float | None = None
    """When its task has taken too long; None while it is idle."""
    awaited: Any = None
    """The type of the answer to its task."""

    def stop(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.wait()


class Processes:
    """The worker pool of a `LocalRunner`: started when first needed, replaced when lost."""

    def __init__(self, count: int, limit_seconds: float) -> None:
        self.count = count
        self.limit_seconds = limit_seconds
        self.pool: list[_Worker] = []

    def begin(self, step: Callable[[Any], Any], task: object) -> _Worker:
        """Give a task to an idle worker. One that died while idle is replaced: that is nobody's try."""
        while True:
            worker = self._idle() or self._start()
            try:
                worker.pipe.send((step, task))
            except OSError:
                self._drop(worker)
                continue
            worker.deadline, worker.awaited = time.monotonic() + self.limit_seconds, answer_type(step)
            return worker

    def answers(self, seconds: float) -> Iterator[tuple[_Worker, Answer | Lost]]:
        """Wait at most so long for answers; a worker that died or is past its limit is lost."""
        busy = [(worker, worker.deadline) for worker in self.pool if worker.deadline is not None]
        soonest = min(deadline for _, deadline in busy) - time.monotonic()
        ready = wait([worker.pipe for worker, _ in busy], timeout=max(0.0, min(seconds, soonest)))
        for worker, deadline in busy:
            if worker.pipe in ready:
                yield worker, self._answer(worker)
            elif time.monotonic() >= deadline:
                self._drop(worker)
                yield worker, Lost(f"took longer than {self.limit_seconds:.0f} s")

    def do_task(self, step: Callable[[Any], Any], task: object) -> Answer | Lost:
        """Do one task, and wait for it."""
        self.begin(step, task)
        while True:
            for _, answer in self.answers(self.limit_seconds):
                return answer

    def give_up(self, ticket: _Worker) -> None:
        """End a worker with its task."""
        self._drop(ticket)

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        while self.pool:
            self.pool.pop().stop()

    def _idle(self) -> _Worker | None:
        for worker in [worker for worker in self.pool if worker.deadline is None]:
            if worker.process.poll() is None:
                return worker
            self._drop(worker)
        return None

    def _start(self) -> _Worker:
        worker = _Worker(*started(_WORKER))
        self.pool.append(worker)
        return worker

    def _drop(self, worker: _Worker) -> None:
        self.pool.remove(worker)
        worker.stop()

    def _answer(self, worker: _Worker) -> Answer | Lost:
        try:
            content = worker.pipe.recv_bytes(MOST_BYTES)
        except (EOFError, OSError):
            self._drop(worker)
            return Lost(_ENDED)
        worker.deadline = None
        if content == NO_ANSWER:
            return Lost(_ENDED)
        try:
            return unpack(content, worker.awaited)
        except MalformedAnswerError as odd:
            self._drop(worker)
            return Lost(f"gave an answer that is none ({odd})")
