"""How many machines a backlog needs: arithmetic on measured rates."""

from dataclasses import dataclass
from math import ceil

SPARE = 0.2
"""Share of a night kept free: for what has to be done again, for joining and hashing, and for a dock that is fuller."""


@dataclass(frozen=True)
class Load:
    """What there is to do, and with what.

    Attributes:
        hours: Of footage.
        frames_per_second: Of the footage.
        nights: Until the deadline.
        night_hours: Of work per night.
        rate: Frames per second that one worker takes from looking to publishing, as measured.
        workers_per_node: One per physical core.
    """

    hours: float
    frames_per_second: float
    nights: int
    night_hours: float
    rate: float
    workers_per_node: int


@dataclass(frozen=True)
class Capacity:
    """What that takes.

    Attributes:
        frames: In all.
        machine_hours: Of one worker.
        workers: Busy every night until the deadline.
        nodes: Machines with that many workers.
        nights_with_one_node: How long a single machine would need.
    """

    frames: int
    machine_hours: float
    workers: int
    nodes: int
    nights_with_one_node: int


def capacity(load: Load) -> Capacity:
    """Workers and nodes that finish a load in time, with `SPARE` of every night to spare.

    Raises:
        ValueError: a quantity that is not positive.
    """
    if min(load.hours, load.frames_per_second, load.nights, load.night_hours, load.rate, load.workers_per_node) <= 0:
        raise ValueError("hours, rates, nights and workers must be greater than zero")
    frames = ceil(load.hours * 3600 * load.frames_per_second)
    machine_hours = frames / load.rate / 3600
    usable = load.night_hours * (1 - SPARE)
    workers = max(1, ceil(machine_hours / (usable * load.nights)))
    nights_with_one_node = max(1, ceil(machine_hours / (usable * load.workers_per_node)))
    return Capacity(frames, machine_hours, workers, ceil(workers / load.workers_per_node), nights_with_one_node)


def hours_of(terabytes: float, megabits_per_second: float) -> float:
    """Hours of footage in an amount of storage, both decimal.

    Raises:
        ValueError: a quantity that is not positive.
    """
    if terabytes <= 0 or megabits_per_second <= 0:
        raise ValueError("terabytes and megabits per second must be greater than zero")
    return terabytes * 8e6 / megabits_per_second / 3600
