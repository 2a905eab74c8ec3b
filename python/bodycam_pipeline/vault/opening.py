"""Open a sealed recording by its address: what a worker does, with the keys of its own machine.

A read has to stand in the log before it happens: without its entry, proved against the signed checkpoint, nothing is
opened. The entry leads to that of the ingest, which says how the sealed file begins; age ties all that follows to that.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from bodycam_pipeline import _native
from bodycam_pipeline.values.errors import CustodyLogError, Place, SealBrokenError, StorageError, VaultError
from bodycam_pipeline.vault.keyring import Keyring, keyring
from bodycam_pipeline.vault.log import LogEntry
from bodycam_pipeline.vault.naming import Sealed, parse
from bodycam_pipeline.vault.place import numbered_place, place_of
from bodycam_pipeline.vault.store import KEY, Vault

if TYPE_CHECKING:
    from typing import BinaryIO

_COPIES = 9
"""Among so many is looked for one whose size is that of all: nobody loses a recording oftener."""

_HEAD_LIMIT_BYTES = 4096
_MAC_LINE = b"\n--- "
_MAC_LINE_AND_NONCE_BYTES = 5 + 43 + 1 + 16
"""The header's last line (32 bytes in base64) and the nonce of what follows (C2SP age)."""


def open_sealed(address: str) -> "BinaryIO":
    """A sealed recording as a file: ``read``, ``seek``, ``tell``, ``close``.

    It has to be used as a context manager: leaving it raises what a reader inside may have taken for the file's end.

    Raises:
        CustodyLogError: the read does not stand in the log.
        SealBrokenError: it is not what was sealed.
        VaultError: no vault, no key, or not the key that opens it.
        OSError: the disk or the store refused.
    """
    sealed = parse(address)
    ring, vault = keyring(), Vault(sealed.vault)
    if sealed.id is None:
        raise VaultError("this is a vault, not a recording", remedy="Name one recording, as `bodycam vault list` does.")
    ingested = _ingest_of(sealed, ring)
    return cast("BinaryIO", SealedRecording(open_object(vault, sealed.id, ring, ingested), sealed.id))


def open_object(vault: Vault, id_: str, ring: Keyring, ingested: LogEntry) -> _native.SealedFile:
    """A sealed recording, held to the log entry of its ingest.

    Raises:
        SealBrokenError: it is not what was sealed.
        VaultError: its key is gone, or none of ours opens it.
        OSError: the disk or the store refused.
    """
    place = place_of(ingested)
    key = open_key(vault, place, ring)
    if head_of(vault, place) != ingested["head"]:
        raise SealBrokenError(
            "another file lies in the place of the recording that was sealed",
            remedy="Restore it from a copy of the vault, and find out who had access.",
            where=Place(id_),
        )
    try:
        return key.open(vault.source(place))
    except ValueError as error:
        raise broken(id_, str(error)) from error


def open_key(vault: Vault, place: str, ring: Keyring) -> _native.ObjectKey:
    """The key of the recording at a place.

    Raises:
        VaultError: destroyed, damaged, or not for us.
    """
    try:
        return _native.ObjectKey.unwrap(vault.read(place, KEY), ring.identities())
    except OSError as error:
        raise VaultError(
            "the recording or its key is missing from the vault",
            remedy="`bodycam vault show` tells why.",
            where=Place(place),
        ) from error
    except ValueError as error:
        remedy = "A custodian can wrap it again: `bodycam vault rotate`."
        raise VaultError(f"the recording's key does not open: {error}", remedy=remedy, where=Place(place)) from error


def head_of(vault: Vault, place: str) -> str:
    """SHA-256 of how a sealed recording begins: age's header and nonce. Who keeps them cannot change what follows
    unnoticed, short of holding the recording's own key.

    Raises:
        OSError: it cannot be read.
        SealBrokenError: it does not begin like a sealed file.
    """
    return head_of_file(vault.source(place), place)


def head_of_file(source: "str | Path | BinaryIO", id_: str = "") -> str:
    """The same of a file that lies in no vault yet.

    Raises:
        OSError, SealBrokenError: as `head_of`.
    """
    with open(source, "rb") if isinstance(source, str | Path) else source as file:  # noqa: PTH123
        begin = file.read(_HEAD_LIMIT_BYTES)
    end = begin.find(_MAC_LINE) + _MAC_LINE_AND_NONCE_BYTES
    if not _MAC_LINE_AND_NONCE_BYTES <= end <= len(begin):
        raise broken(id_, "the sealed file has no header")
    return hashlib.sha256(begin[:end]).hexdigest()


def broken(id_: str, why: str) -> SealBrokenError:
    """The refusal of a sealed recording that is not what was sealed."""
    return SealBrokenError(
        why,
        remedy="Restore it from a copy of the vault; `bodycam vault audit --all` tells what else.",
        where=Place(id_),
    )


class SealedRecording:
    """An open sealed recording. Leaving it tells a broken seal, however its reader took that.

    Attributes:
        read_ahead_bytes: What a demuxer should ask for at once: one chunk of age. What it reads and throws away when it
            jumps costs nothing on a disk, and its decryption here.
    """

    read_ahead_bytes = 1 << 16

    def __init__(self, file: _native.SealedFile, id_: str) -> None:
        self._file, self._id = file, id_
        self.read, self.seek, self.tell = file.read, file.seek, file.tell
        self.readable, self.seekable = file.readable, file.seekable

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        why = self._file.error
        self._file.close()
        if why is not None:
            raise self._refused(why)

    def close(self) -> None:
        """Close it; use a ``with`` block to be told of a broken seal."""
        self._file.close()

    def _refused(self, why: str) -> SealBrokenError | StorageError:
        if "broken" in why:
            return broken(self._id, why)
        return StorageError(why, remedy="Check the disk or the store, then run again.", where=Place(self._id))


@lru_cache(maxsize=64)
def _ingest_of(sealed: Sealed, ring: Keyring) -> LogEntry:
    """The entry of the recording's ingest, by way of the one of this read; proved once in a process."""
    if sealed.read is None:
        raise CustodyLogError(
            "a read of a sealed recording that stands in no log",
            remedy="Sealed recordings are opened by the product's own commands, which announce it first.",
            where=Place(sealed.id),
        )
    log = Vault(sealed.vault).log(ring.verifier(), ring.memory())
    entry = log.entry(sealed.read)
    if entry.get("event") not in {"read", "export", "verification"} or entry.get("recording") != sealed.id:
        raise CustodyLogError(
            f"entry {sealed.read} does not announce a read of this recording",
            remedy="Run the command again.",
            where=Place(sealed.id),
        )
    ingested = log.entry(entry["ingest"])
    if ingested.get("event") != "ingest" or ingested.get("recording") != sealed.id:
        raise CustodyLogError(
            f"entry {entry['ingest']} is no ingest of this recording",
            remedy="Run the command again.",
            where=Place(sealed.id),
        )
    return ingested


def size(address: str) -> int | None:
    """Bytes of a sealed recording as it lies there; None where it does not.

    Raises:
        OSError: the store refused.
    """
    sealed = parse(address)
    if sealed.id is None:
        return None
    vault = Vault(sealed.vault)
    sizes = (vault.size(numbered_place(sealed.id, copy)) for copy in range(1, _COPIES + 1))
    return next((found for found in sizes if found is not None), None)
