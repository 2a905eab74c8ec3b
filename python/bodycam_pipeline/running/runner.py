"""What every runner promises."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bodycam_pipeline.values.errors import BodycamError

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """How one task ended: with a result or with the error that refused it."""

    number: int
    result: Result | None = None
    error: BodycamError | None = None


class Runner(Protocol):
    """Maps a step over tasks, somewhere.

    A task whose worker dies is tried once more on a fresh worker; when that dies too the outcome is a `WorkerError`.
    An error that the step raises is an answer, not a crash: it is not tried again.
    """

    @property
    def workers(self) -> int:
        """How many tasks run at once."""

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        """Yield one outcome per task, in the order they end; ``number`` is the task's position.

        At most ``workers`` tasks and their results are in flight: nothing queues without bound.
        """


class SharedRunner(Runner, Protocol):
    """A runner that several threads use at once: each runs its own passes, and all fill the same workers."""

    def in_turn(self, turn: int) -> Runner:
        """The same workers for one of several: while a lower turn has tasks waiting, a higher one gets no worker."""

    def has_room(self) -> bool:
        """Whether a worker is without a task and no task is waiting."""

    def close(self) -> None:
        """End the workers, whatever they are doing; passes that are still at it raise `GivenUpError`."""


class GivenUpError(Exception):
    """The runner was closed while this pass was at work. Nothing went wrong with its tasks."""
