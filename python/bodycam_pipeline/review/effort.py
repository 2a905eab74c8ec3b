"""How long people and machines worked on a job, told from its history."""

from collections.abc import Iterable
from dataclasses import dataclass

from bodycam_pipeline.values.event import Event


@dataclass(frozen=True, slots=True)
class Effort:
    """What a job took.

    Attributes:
        human_minutes: As people entered them.
        machine_minutes: Measured, for each worker, of runs that came to their end; to a tenth.
    """

    human_minutes: int
    machine_minutes: float


def effort_of(history: Iterable[Event]) -> Effort:
    """The sum over a history."""
    events = list(history)
    human = sum(int(event.facts["minutes"]) for event in events if event.what == "spent")
    machine = sum(float(event.facts["machine_seconds"]) for event in events if event.what == "worked")
    return Effort(human, round(machine / 60, 1))
