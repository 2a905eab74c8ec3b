"""What a box that stays open is asked, by its name: as a `Step`, without importing who answers."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

LIMIT_SECONDS = 120.0
"""A person waits for the answer: a decoder that is busy with it for two minutes is stuck, not slow."""


@dataclass(frozen=True)
class Question(Generic[Result]):
    """One thing that a box is asked.

    Attributes:
        name: Of the method that answers.
        answers: The type of what it gives.
        limit_seconds: How long it may take.
    """

    name: str
    answers: Any
    limit_seconds: float = LIMIT_SECONDS
