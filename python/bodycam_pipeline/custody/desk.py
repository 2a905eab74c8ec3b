"""The desk at which a vault is worked with: the vault, its log, and this machine's keys."""

import json
import threading
from collections.abc import Iterator
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
from bodycam_pipeline.vault.log import CustodyLog, Entry
from bodycam_pipeline.vault.naming import is_sealed, parse, vault_address
from bodycam_pipeline.vault.store import Vault


@dataclass
class Held:
    """What the log says of one recording.

    Attributes:
        ingest: Number of the entry of its ingest.
        entry: That entry.
        holds: Reasons of the legal holds in force.
        retain_until: Before this day its key is not destroyed.
        destroyed: Whether the destruction of its key was ordered.
    """

    ingest: int
    entry: Entry
    holds: list[str] = field(default_factory=list)
    retain_until: date | None = None
    destroyed: bool = False

    def copy(self) -> "Held":
        """One that nobody else changes."""
        return replace(self, **{name: copy(value) for name, value in vars(self).items()})


@dataclass(frozen=True)
class Desk:
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
        return self.log.append(read_private_key(self.ring.path("log.pem")), {"event": event} | facts)

    def held(self) -> dict[str, Held]:
        """Every recording that was ever taken in, as the verified log tells it; only what is new in it is read.

        Raises:
            CustodyLogError: the log was rewritten.
        """
        return {id_: held.copy() for id_, held in _register(self.log).now(self.log).items()}

    def one(self, id_: str) -> Held:
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
        with self.log.held("commit"):
            yield


def desk_at(address: str, keys: Path | None = None) -> Desk:
    """The desk of a vault, by the vault's address or that of a recording in it.

    Raises:
        VaultError: no vault, or no keys.
    """
    vault, ring = Vault(vault_address(address)), keyring(keys)
    return Desk(vault, ring, vault.log(ring.verifier(), ring.memory()))


def announced(address: str, purpose: str, **facts: Any) -> str:
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
    desk = desk_at(address)
    held = desk.one(sealed.id)
    if held.destroyed:
        raise VaultError("the recording's key was destroyed", remedy="`bodycam log show` tells who ordered it.")
    number = desk.record("read", recording=sealed.id, ingest=held.ingest, purpose=purpose, **facts)
    return sealed.announced(number)


def noted(address: str, event: str, **facts: Any) -> None:
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
        desk_at(address).record(event, recording=parse(address).id, **facts)


class _Register:
    """What a log says of every recording, kept in this process: from question to question, only what is new is read."""

    def __init__(self) -> None:
        self._lock, self._seen = threading.Lock(), Frontier()
        self._known: dict[str, Held] = {}

    def now(self, log: CustodyLog) -> dict[str, Held]:
        """As it is now. Recordings of an earlier answer are never changed."""
        with self._lock:
            seen, fresh = log.grown(self._seen)
            known = dict(self._known) if fresh else self._known
            for number, line in enumerate(fresh, start=self._seen.size):
                entry = json.loads(line)
                id_ = str(entry.get("recording"))
                if id_ in known:
                    known[id_] = known[id_].copy()
                _take(known, number, entry)
            self._seen, self._known = seen, known
            return known


@lru_cache(maxsize=64)
def _register_of(_folder: Path, _verifier: str) -> _Register:
    return _Register()


def _register(log: CustodyLog) -> _Register:
    return _register_of(log.folder, str(log.verifier))


def _take(known: dict[str, Held], number: int, entry: Entry) -> None:
    id_, event = str(entry.get("recording")), entry["event"]
    if event == "ingest" and id_ not in known:
        known[id_] = Held(number, entry)
    held = known.get(id_)
    if held is None:
        return
    if event == "hold":
        held.holds.append(entry["reason"])
    elif event == "hold lifted":
        held.holds.clear()
    elif event == "retention":
        held.retain_until = date.fromisoformat(entry["until"])
    elif event == "destruction":
        held.destroyed = True
