"""A runner in this very process: for tests that run hundreds of small jobs and crash nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.tasks.probe import ProbeTask, read_headers
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.values.headers import Headers


class InlineRunner:
    """Runs each task where it is called."""

    workers = 1

    def in_turn(self, _turn: int) -> Self:
        return self

    def has_room(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        for number, task in enumerate(tasks):
            try:
                yield Outcome(number, step(task))
            except BodycamError as error:
                yield Outcome(number, error=error)


def look_here(path: Path) -> Headers:
    """Who reads the headers of a file at ingest, in this very process."""
    return read_headers(ProbeTask(str(path)))
