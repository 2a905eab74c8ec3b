"""One thing that somebody did to a job, with name, time and reason."""

from dataclasses import dataclass, field
from typing import Literal

What = Literal[
    "worked",
    "submitted",
    "approved",
    "rejected",
    "released",
    "disclosed",
    "opened",
    "spent",
    "decided",
    "watched",
    "commented",
]
"""worked: the machine; released: packaged; opened: a frame's source was shown; spent: a person's minutes;
decided: edits.toml was changed; watched: parts of the finished file that a person saw; commented: a person said
something of a place in a frame."""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a job's history.

    Attributes:
        at: When, by the clock of the machine, in UTC: ``2026-11-25T12:00:00Z``.
        what: What was done.
        by: The person's name as they gave it; nobody's identity is proved by it.
        why: The reason, as they gave it.
        release: SHA-256 of the manifest of the release that it was done to, or "".
        facts: What else belongs to this kind of event.
    """

    at: str
    what: What
    by: str
    why: str = ""
    release: str = ""
    facts: dict[str, str] = field(default_factory=dict)
