"""A runner in this very process: for tests that run hundreds of small jobs and crash nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self, cast

from bodycam_pipeline.running.attempts import attempt
from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.running.wire import pack, unpack
from bodycam_pipeline.tasks.probe import ProbeTask, read_headers
from bodycam_pipeline.tasks.question import Question
from bodycam_pipeline.tasks.viewing import open_viewer
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


class InlineBoxes:
    """Opens recordings for the page in this very process; what is answered crosses the border all the same."""

    def open(self, task: object) -> "InlineBox":
        return InlineBox(task)

    def close(self) -> None:
        """Nothing is open."""


class InlineBox:
    def __init__(self, task: object) -> None:
        self._task: Any = task
        self._opened: Any = None

    def ask(self, question: Question[Result], *arguments: object) -> Result:
        self._opened = self._opened or open_viewer(self._task)
        packed = pack(attempt(lambda given: getattr(self._opened, question.name)(*given), arguments))
        answer, error = unpack(packed, question.answers)
        if error is not None:
            raise error
        return cast("Result", answer)

    def close(self) -> None:
        self._opened = None
