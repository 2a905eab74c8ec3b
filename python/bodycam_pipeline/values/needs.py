"""What one task needs of the machine, and so all that its box gets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Needs:
    """What a task opens.

    Attributes:
        recordings: Addresses that it reads.
        read: Files that it reads.
        made: Files that it makes. One that is there already it reads, or replaces.
        provider: What computes its networks; "cpu" where it has none.
    """

    recordings: tuple[str, ...]
    read: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    provider: str = "cpu"
