"""What is known of sealed recordings: their facts, opened with this machine's identity, and held to the log."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from bodycam_pipeline.custody.session import RecordingStatus, VaultSession
from bodycam_pipeline.values.errors import SealBrokenError
from bodycam_pipeline.vault.opening import broken, open_key
from bodycam_pipeline.vault.place import place_of
from bodycam_pipeline.vault.store import FACTS

Known = dict[str, Any]
"""``file``, ``sha256``, ``bytes``, ``written``, ``metadata`` from people, ``headers`` of the container."""

_FORMER_NAMES = {"told": "metadata", "seen": "headers"}
"""Facts that an earlier version sealed have these names, and stay sealed as they are."""


def facts_of(session: VaultSession, id_: str, status: RecordingStatus) -> Known:
    """The facts of one recording. The caller has put the read on record.

    Raises:
        SealBrokenError: they are not those that were sealed, or not there.
        VaultError: no key, or none that opens them.
    """
    place = place_of(status.entry)
    key = open_key(session.vault, place, session.ring)
    try:
        sealed = session.vault.read(place, FACTS)
    except OSError as error:
        raise broken(id_, "the facts of the recording are not there") from error
    if hashlib.sha256(sealed).hexdigest() != status.entry["facts"]:
        raise broken(id_, "the facts of the recording are not those that were sealed")
    try:
        known: Known = json.loads(key.open_bytes(sealed))
    except ValueError as error:
        raise broken(id_, str(error)) from error
    return {_FORMER_NAMES.get(name, name): value for name, value in known.items()}


def all_facts(session: VaultSession, recordings: Mapping[str, RecordingStatus]) -> dict[str, Known]:
    """The facts of every recording that can be opened, by id; one entry of the log records the read.

    Those that are missing or damaged say only that, as ``damaged``: an audit tells more.

    Raises:
        VaultError: this machine has no identity that opens them.
        StorageError: the disk refused.
    """
    session.ring.identities()
    session.record("read", recordings=len(recordings), purpose="facts of all recordings")
    found: dict[str, Known] = {}
    for id_ in (id_ for id_, one in recordings.items() if not one.destroyed):
        try:
            found[id_] = facts_of(session, id_, recordings[id_])
        except SealBrokenError as error:
            found[id_] = {"damaged": error.what}
    return found
