"""A session with a vault: the vault, its log, and this machine's keys."""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from bodycam_pipeline.evidence.keys import read_private_key
from bodycam_pipeline.values.errors import Place, VaultError
from bodycam_pipeline.vault.growth import Frontier
from bodycam_pipeline.vault.keyring import Keyring, keyring
from bodycam_pipeline.vault.log import CustodyLog, LogEntry
from bodycam_pipeline.vault.naming import is_sealed, parse, vault_address
from bodycam_pipeline.vault.place import place_of
from bodycam_pipeline.vault.store import Vault


@dataclass
class RecordingStatus:
    """What the log says of one recording.

    Attributes:
        ingest: Number of the entry of its last ingest: it is taken in again where it was lost.
        entry: That entry.
        places: Where its copies lie, the last one at the end.
        keys: SHA-256 of the wrapped key at each place, as it was wrapped last; not known of older versions' ingests.
        holds: Reasons of the legal holds in force.
        retain_until: Before this day its key is not destroyed.
        destroyed: Whether the destruction of its key was ordered.
    """

    ingest: int
    entry: LogEntry
    places: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    retain_until: date | None = None
    destroyed: bool = False

    @property
    def key(self) -> str | None:
        """SHA-256 of its wrapped key, where it has one and the log names it."""
        return None if self.destroyed else self.keys.get(place_of(self.entry))

    def take_in(self, number: int, entry: LogEntry) -> None:
        """One more ingest of it: from here on this copy is read."""
        place = place_of(entry)
        self.ingest, self.entry = number, entry
        self.places = [*(each for each in self.places if each != place), place]
        if "key" in entry:
            self.keys[place] = entry["key"]

    def copy(self) -> "RecordingStatus":
        """One that nobody else changes."""
        return replace(self, **{name: copy(value) for name, value in vars(self).items()})


@dataclass(frozen=True)
class VaultSession:
    """A vault that is being worked with."""

    vault: Vault
    ring: Keyring
    log: CustodyLog

    def record(self, event: str, **facts: Any) -> int:
        """Add one event to the log; it is on the disk, and signed, when this returns its number.

        Raises:
            CustodyLogError: the log was rewritten.
            KeyFileError: this machine may not add to it.
            StorageError: the disk refused.
        """
        return self.record_all(event, [facts])

    def record_all(self, event: str, facts: Iterable[LogEntry]) -> int:
        """Add an event for each of some facts, all in one step; returns the first one's number.

        Raises:
            CustodyLogError, KeyFileError, StorageError: as `record`; nothing was added.
        """
        key = read_private_key(self.ring.path("log.pem"))
        return self.log.append(key, *({"event": event} | each for each in facts))

    def recordings(self) -> dict[str, RecordingStatus]:
        """Every recording that was ever taken in, as the verified log tells it; only what is new in it is read.

        Raises:
            CustodyLogError: the log was rewritten.
        """
        return {id_: status.copy() for id_, status in _register(self.log).now(self.log).items()}

    def one(self, id_: str) -> RecordingStatus:
        """One of them.

        Raises:
            VaultError: it was never taken in.
        """
        found = _register(self.log).now(self.log).get(id_)
        if found is None:
            raise VaultError(
                "no such recording was ever taken in", remedy="`bodycam vault list` names them.", where=Place(id_)
            )
        return found.copy()

    @contextmanager
    def committing(self) -> Iterator[None]:
        """One process at a time puts recordings in place and logs them."""
        with self.log.locked("commit"):
            yield


def open_session(address: str, keys: Path | None = None) -> VaultSession:
    """Open a session with a vault, by the vault's address or that of a recording in it.

    Raises:
        VaultError: no vault, or no keys.
    """
    vault, ring = Vault(vault_address(address)), keyring(keys)
    return VaultSession(vault, ring, vault.log(ring.verifier(), ring.memory()))


def log_read(address: str, purpose: str, **facts: Any) -> str:
    """Write into the log that a recording is going to be read, and return the address under which it now can be.

    What lies in no vault has no log; its address comes back as it is.

    Args:
        address: A recording.
        purpose: For what.
        facts: What else the log should tell.

    Raises:
        VaultError: no such recording, destroyed, or keys are missing.
        StorageError: the disk refused.
    """
    if not is_sealed(address):
        return address
    sealed = parse(address)
    if sealed.id is None:
        raise VaultError("this is a vault, not a recording", remedy="Name one recording: `bodycam vault list`.")
    session = open_session(address)
    status = session.one(sealed.id)
    if status.destroyed:
        raise VaultError("the recording's key was destroyed", remedy="`bodycam log show` tells who ordered it.")
    number = session.record("read", recording=sealed.id, ingest=status.ingest, purpose=purpose, **facts)
    return sealed.with_read(number)


def log_event(address: str, event: str, **facts: Any) -> None:
    """Write into the log what becomes of a recording; nothing where it lies in no vault.

    Args:
        address: The recording.
        event: ``plan approved``, ``release``, ``disclosure`` and the like.
        facts: What the log should tell of it: digests and reasons, never what a recording shows.

    Raises:
        VaultError: the vault or its keys are missing.
        StorageError: the disk refused.
    """
    if is_sealed(address):
        open_session(address).record(event, recording=parse(address).id, **facts)


class _Register:
    """What a log says of every recording, kept in this process: from question to question, only what is new is read."""

    def __init__(self) -> None:
        self._lock, self._seen = threading.Lock(), Frontier()
        self._known: dict[str, RecordingStatus] = {}

    def now(self, log: CustodyLog) -> dict[str, RecordingStatus]:
        """Read what is new in the log, and return every recording as it is now. Earlier answers never change."""
        with self._lock:
            seen, fresh = log.grown(self._seen)
            known = dict(self._known) if fresh else self._known
            for number, line in enumerate(fresh, start=self._seen.size):
                entry = json.loads(line)
                id_ = str(entry.get("recording"))
                if id_ in known:
                    known[id_] = known[id_].copy()
                apply_entry(known, number, entry)
            self._seen, self._known = seen, known
            return known


@lru_cache(maxsize=64)
def _register_of(_folder: Path, _verifier: str) -> _Register:
    return _Register()


def _register(log: CustodyLog) -> _Register:
    return _register_of(log.folder, str(log.verifier))


def apply_entry(known: dict[str, RecordingStatus], number: int, entry: LogEntry) -> None:
    """Add one entry of the log to what is known of recordings."""
    id_, event = str(entry.get("recording")), entry["event"]
    if event == "ingest":
        known.setdefault(id_, RecordingStatus(number, entry)).take_in(number, entry)
    status = known.get(id_)
    if status is None:
        return
    if event == "hold":
        status.holds.append(entry["reason"])
    elif event == "hold lifted":
        status.holds.clear()
    elif event == "retention":
        status.retain_until = date.fromisoformat(entry["until"])
    elif event == "key wrapped":
        status.keys[place_of(entry)] = entry["key"]
    elif event == "destruction":
        status.destroyed = True
