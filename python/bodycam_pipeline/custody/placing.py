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

from bodycam_pipeline.custody.session import RecordingStatus, VaultSession, apply_entry
from bodycam_pipeline.custody.whole import unlike
from bodycam_pipeline.durable import locked
from bodycam_pipeline.values.errors import Place, RecordingError, StorageError
from bodycam_pipeline.vault.log import LogEntry
from bodycam_pipeline.vault.place import numbered_place, place_of

STALE_STAGING = ".lock"


class Shelves:
    """What the log says is where, kept up with while recordings are put in place."""

    def __init__(self, session: VaultSession) -> None:
        self._session, self._entries = session, -1
        self._recordings: dict[str, RecordingStatus] = {}

    def put(self, id_: str, staged: Path, facts: LogEntry) -> bool:
        """Put a staged recording in its place; False where it lies in the vault already, whole to the last byte.

        Raises:
            RecordingError: its destruction was ordered: a person has to decide.
            StorageError: the disk or the store refused, or gives back something else.
        """
        with self._session.committing():
            status = self._known(id_)
            if status is not None and status.destroyed:
                raise _was_destroyed(id_)
            if status is not None and status.key and not any(unlike(self._session.vault, status.entry, status.key)):
                return False
            self._put(id_, staged, facts, 1 + len(status.places) if status else 1)
            return True

    def _known(self, id_: str) -> RecordingStatus | None:
        """What the log says of a recording now: others may have added to it."""
        if (entries := self._session.log.checkpoint().size) != self._entries:
            self._recordings, self._entries = self._session.recordings(), entries
        return self._recordings.get(id_)

    def _put(self, id_: str, staged: Path, facts: LogEntry, copy: int) -> None:
        for number in count(copy):
            fields = facts | {"recording": id_, "place": numbered_place(id_, number)}
            intent = self._record("intent", fields)
            if self._session.vault.add(fields["place"], staged):
                break  # else something lies there that the log does not know
        _read_back(self._session, fields)
        number = self._record("ingest", fields | {"intent": intent})
        _read_entry_back(self._session, number, fields)

    def _record(self, event: str, fields: LogEntry) -> int:
        number = self._session.record(event, **fields)
        if number == self._entries:  # nobody else added to it meanwhile
            self._entries += 1
            apply_entry(self._recordings, number, {"event": event} | fields)
        return number


def adopt(session: VaultSession) -> None:
    """Add the ingests of what killed ingests put in place without coming to say so: of what an intent names, and no
    other thing that lies in the vault.

    Raises:
        CustodyLogError: the log was rewritten.
        StorageError: the disk refused.
    """
    for number, intent in _unfinished(session):
        if session.vault.has(place_of(intent)) and not any(unlike(session.vault, intent, intent["key"])):
            fields = {name: value for name, value in intent.items() if name not in {"at", "by", "event"}}
            session.record("ingest", **fields, intent=number, note="found after a crash")


def sweep_staging(session: VaultSession) -> None:
    """Clear the staging folders that killed ingests left.

    Raises:
        StorageError: the disk refused.
    """
    parent = session.vault.staging()
    for folder in parent.glob("ingest-*") if parent else ():
        with suppress(OSError):
            _clear_unheld(folder)
    session.log.sweep()


def _unfinished(session: VaultSession) -> Iterator[tuple[int, LogEntry]]:
    """The last intent for each place that no ingest followed."""
    intents: dict[str, tuple[int, LogEntry]] = {}
    for number, entry in session.log.entries():
        if entry["event"] == "intent":
            intents[place_of(entry)] = number, entry
        elif entry["event"] == "ingest":
            intents.pop(place_of(entry), None)
    yield from intents.values()


def _read_back(session: VaultSession, fields: LogEntry) -> None:
    if found := next(unlike(session.vault, fields, fields["key"]), None):
        raise StorageError(
            f"the vault gives back something else than was put there: {found} ({Place(fields['recording'])})",
            remedy="Keep the card. Check the disk of the vault, then run the same command again.",
        )


def _read_entry_back(session: VaultSession, number: int, fields: LogEntry) -> None:
    entry = session.log.entry(number)
    if any(entry.get(name) != value for name, value in fields.items()):
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
