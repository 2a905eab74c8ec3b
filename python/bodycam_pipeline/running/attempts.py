"""What every runner does alike: how often a task is tried, how long it may take, and how one try ends."""

import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bodycam_pipeline.values.errors import BodycamError, WorkerError

Answer = tuple[Any, BodycamError | None]
"""What a step gave, or what refused it."""

ATTEMPTS = 2
TASK_LIMIT_SECONDS = 1800.0
"""A segment is seconds of footage; a worker that is busy with it for half an hour is stuck, not slow."""

_REMEDY = (
    "Nothing was published, and what is finished is kept: run the same command again. "
    "If it ends here again, this part of the recording needs a look (`bodycam doctor` first)."
)


@dataclass(frozen=True)
class Lost:
    """A try that nobody will answer: how its worker was lost."""

    how: str


@dataclass
class AttemptQueue:
    """Tasks not yet answered, and how often each was tried."""

    waiting: deque[int]
    tries: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int) -> "AttemptQueue":
        """All tasks, in their order."""
        return cls(deque(range(count)))

    def count_try(self, number: int) -> None:
        """Count a try."""
        self.tries[number] = self.tries.get(number, 0) + 1

    def try_again(self, number: int) -> bool:
        """Put a failed task first in line, unless it has had its attempts."""
        if self.tries[number] >= ATTEMPTS:
            return False
        self.waiting.appendleft(number)
        return True


def attempt(step: Callable[[Any], Any], task: object) -> Answer:
    """Run a step; whatever becomes of it is an answer."""
    try:
        return step(task), None
    except BodycamError as error:
        return None, error
    except Exception as defect:
        where = traceback.extract_tb(defect.__traceback__)[-1]
        what = f"{type(defect).__name__} in {where.name} ({Path(where.filename).name}:{where.lineno}): {defect}"
        return None, WorkerError(what, remedy=_REMEDY)


def give_up(how: str) -> WorkerError:
    """The error of a task that was lost with every worker that had it."""
    return WorkerError(f"a step {how}, {ATTEMPTS} times", remedy=_REMEDY)
