"""Put sealed recordings in their places, each on record before and after, and believe only what was read back.

The log first names what will lie at a place (an *intent*: id, head and digests), then the recording is put there and
read back, and then the log has the ingest. So what lies in the vault counts if the log named it before, and nothing
else does, whoever put it there. A recording that was lost is taken in again beside what is left of it; both stay on
record, and the newer one is read.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

from bodycam_pipeline.custody.desk import Desk, Held, taken_in
from bodycam_pipeline.custody.whole import unlike
from bodycam_pipeline.durable import locked
from bodycam_pipeline.values.errors import Place, RecordingError, StorageError
from bodycam_pipeline.vault.log import Entry
from bodycam_pipeline.vault.place import numbered, place_of

STALE_STAGING = ".lock"


class Shelves:
    """What the log says is where, kept up with while recordings are put in place."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._entries = desk, -1
        self._held: dict[str, Held] = {}

    def put(self, id_: str, staged: Path, facts: Entry) -> bool:
        """Put a staged recording in its place; False where it lies in the vault already, whole to the last byte.

        Raises:
            RecordingError: its destruction was ordered: a person has to decide.
            StorageError: the disk or the store refused, or gives back something else.
        """
        with self._desk.committing():
            held = self._known(id_)
            if held is not None and held.destroyed:
                raise _was_destroyed(id_)
            if held is not None and held.key and not any(unlike(self._desk.vault, held.entry, held.key)):
                return False
            self._put(id_, staged, facts, 1 + len(held.places) if held else 1)
            return True

    def _known(self, id_: str) -> Held | None:
        """What the log says of a recording now: others may have added to it."""
        if (entries := self._desk.log.checkpoint().size) != self._entries:
            self._held, self._entries = self._desk.held(), entries
        return self._held.get(id_)

    def _put(self, id_: str, staged: Path, facts: Entry, copy: int) -> None:
        for number in count(copy):
            told = facts | {"recording": id_, "place": numbered(id_, number)}
            intent = self._record("intent", told)
            if self._desk.vault.add(told["place"], staged):
                break  # else something lies there that the log does not know
        _read_back(self._desk, told)
        number = self._record("ingest", told | {"intent": intent})
        _read_entry_back(self._desk, number, told)

    def _record(self, event: str, told: Entry) -> int:
        number = self._desk.record(event, **told)
        if number == self._entries:  # nobody else added to it meanwhile
            self._entries += 1
            taken_in(self._held, number, {"event": event} | told)
        return number


def adopt(desk: Desk) -> None:
    """Add the ingests of what killed ingests put in place without coming to say so: of what an intent names, and no
    other thing that lies in the vault.

    Raises:
        CustodyLogError: the log was rewritten.
        StorageError: the disk refused.
    """
    for number, intent in _unfinished(desk):
        if desk.vault.has(place_of(intent)) and not any(unlike(desk.vault, intent, intent["key"])):
            told = {name: value for name, value in intent.items() if name not in {"at", "by", "event"}}
            desk.record("ingest", **told, intent=number, note="found after a crash")


def sweep(desk: Desk) -> None:
    """Clear the staging folders that killed ingests left.

    Raises:
        StorageError: the disk refused.
    """
    parent = desk.vault.staging()
    for folder in parent.glob("ingest-*") if parent else ():
        with suppress(OSError):
            _clear_unheld(folder)
    desk.log.sweep()


def _unfinished(desk: Desk) -> Iterator[tuple[int, Entry]]:
    """The last intent for each place that no ingest followed."""
    intents: dict[str, tuple[int, Entry]] = {}
    for number, entry in desk.log.entries():
        if entry["event"] == "intent":
            intents[place_of(entry)] = number, entry
        elif entry["event"] == "ingest":
            intents.pop(place_of(entry), None)
    yield from intents.values()


def _read_back(desk: Desk, told: Entry) -> None:
    if found := next(unlike(desk.vault, told, told["key"]), None):
        raise StorageError(
            f"the vault gives back something else than was put there: {found} ({Place(told['recording'])})",
            remedy="Keep the card. Check the disk of the vault, then run the same command again.",
        )


def _read_entry_back(desk: Desk, number: int, told: Entry) -> None:
    entry = desk.log.entry(number)
    if any(entry.get(name) != value for name, value in told.items()):
        raise StorageError(
            f"the log gives back another entry {number} than was written",
            remedy="Keep the card. Check the disk of the log, then run the same command again.",
        )


def _was_destroyed(id_: str) -> RecordingError:
    return RecordingError(
        "its destruction was ordered, and its key is gone",
        remedy="Nothing was stored: keep the card, and ask who ordered it (`bodycam log show`).",
        where=Place(id_),
    )


def _clear_unheld(folder: Path) -> None:
    def at_work(_descriptor: int) -> BlockingIOError:
        return BlockingIOError("another ingest is at work there")

    with locked(folder / STALE_STAGING, at_work):
        shutil.rmtree(folder)
