"""A step by its name. Whoever hands one out never imports what does it: FFmpeg and ONNX Runtime stay in workers."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar, cast

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Step(Generic[Task, Result]):
    """One of the steps of `steps/`; calling it imports it, and does it here.

    Attributes:
        module, name: Where it is.
        answers: The type of what it gives.
        recorded: Whether the ledger keeps its tries: those that cost the time of the recording's footage.
    """

    module: str
    name: str
    answers: Any
    recorded: bool = True

    @property
    def __name__(self) -> str:
        return self.name

    def load(self) -> Any:
        """The module that it is in, imported."""
        return import_module(f"bodycam_pipeline.steps.{self.module}")

    def warm(self, task: Task) -> None:
        """Load what it needs whatever the recording is, so that processes that are forked from this one have it.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        ready = getattr(self.load(), "warm", None)
        if ready is not None:
            ready(task)

    def __call__(self, task: Task) -> Result:
        """Do it here."""
        return cast("Result", getattr(self.load(), self.name)(task))
