"""Take recordings in: seal each one, put it in its place, and only say so once the disk and the log gave it back.

A recording is read once. It goes, sealed, into a staging folder. What the disk gives back is compared with what was
written, and its headers are read by somebody who holds no key. `placing` puts the whole in its place, where it is read
back once more, and on record. A crash at any moment leaves a staging folder, which the next ingest sweeps, or a
recording in its place that the log has named before, whose entry the next ingest adds. Nothing else that lies there is
ever adopted.
"""

import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bodycam_pipeline import _native
from bodycam_pipeline.custody.facts import Facts, facts_beside
from bodycam_pipeline.custody.placing import STALE_STAGING, Shelves, adopt, sweep_staging
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.custody.verity import protect
from bodycam_pipeline.durable import disk_errors, locked, make_private_folder
from bodycam_pipeline.values.errors import (
    BodycamError,
    RecordingError,
    StorageError,
    UnreadableRecordingError,
    WorkListError,
)
from bodycam_pipeline.values.headers import Headers
from bodycam_pipeline.vault.log import LogEntry
from bodycam_pipeline.vault.naming import Sealed
from bodycam_pipeline.vault.opening import head_of_file
from bodycam_pipeline.vault.store import FACTS, KEY, RECORDING

NOT_RECORDINGS = {".csv", ".json", ".txt", ".xml", ".log", ".md", ".toml", ".html", ".pdf", ".db", ".ini"}
"""What cameras and docks leave beside recordings. Everything else is sealed, readable or not: it is evidence."""

HeaderReader = Callable[[Path], Headers]
"""Reads the headers of a file."""

_ENDS_BYTES = 64 << 10

State = Literal["stored", "already there", "failed"]


@dataclass(frozen=True)
class Taken:
    """What became of one file.

    Attributes:
        file: Its name.
        state: Whether it was stored now, was there already, or could not be taken in. For the first two, every byte
            of it was read back from the vault and is what the log says: the card may be wiped.
        address: Under which it can be redacted; empty where it failed.
        why: Why it failed, or what was noticed (a camera's signature, or that it is no readable video).
        size_bytes: Of the recording.
        seconds: That it took.
    """

    file: str
    state: State
    address: str
    why: str
    size_bytes: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the facts as JSON takes them."""
        return asdict(self)


def ingest(
    session: VaultSession,
    files: Iterable[Path],
    listed: Mapping[str, Facts],
    watch: Callable[[Taken], None],
    read_headers: HeaderReader,
) -> list[Taken]:
    """Take in every file; one that fails stops none of the others, and leaves nothing behind.

    Args:
        session: The vault.
        files: What is taken in.
        listed: What a list says of files, by name.
        watch: Told of each.
        read_headers: Reads the headers of a file in another process: who takes FFmpeg over must not hold the log's key.

    Raises:
        VaultError: no vault, or keys are missing: nothing was begun.
        CustodyLogError: the log was rewritten.
        StorageError: the vault's disk refused; what was stored before is stored.
    """
    session.ring.recipients()
    with _staging(session) as staging:
        with session.committing():
            sweep_staging(session)
            adopt(session)
        shelves, taken = Shelves(session), []
        for path in files:
            taken.append(_one(session, path, listed, staging / secrets.token_hex(8), shelves, read_headers))
            watch(taken[-1])
        return taken


def find_files(given: Iterable[str | Path]) -> Iterator[Path]:
    """The files that paths and folders name, in order; hidden ones and what is known to be no recording are left out.

    Raises:
        UnreadableRecordingError: a path that names nothing.
    """
    for name in map(Path, given):
        if name.is_dir():
            for root, folders, names in os.walk(name):
                folders[:] = sorted(f for f in folders if not f.startswith("."))
                paths = (Path(root, n) for n in sorted(names) if not n.startswith("."))
                yield from (p for p in paths if p.suffix.lower() not in NOT_RECORDINGS)
        elif name.exists():
            yield name
        else:
            raise UnreadableRecordingError(f"{name} is not there", remedy="Check the path; is the card mounted?")


def _one(
    session: VaultSession,
    path: Path,
    listed: Mapping[str, Facts],
    staged: Path,
    shelves: Shelves,
    read_headers: HeaderReader,
) -> Taken:
    began = time.monotonic()
    try:
        metadata = facts_beside(path) | listed.get(path.name, {})
        staged.mkdir()
        id_, entry, why, size = _sealed(session, path, metadata, staged, read_headers)
        state: State = "stored" if shelves.put(id_, staged, entry) else "already there"
        return Taken(path.name, state, str(Sealed(session.vault.address, id_)), why, size, time.monotonic() - began)
    except (RecordingError, WorkListError) as error:  # the trouble of this file alone
        return Taken(path.name, "failed", "", str(error), 0, time.monotonic() - began)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _sealed(
    session: VaultSession, path: Path, metadata: Facts, staged: Path, read_headers: HeaderReader
) -> tuple[str, LogEntry, str, int]:
    """Seal a file into a staging folder: its id, its entry in the log, what was noticed, and its size."""
    key, target = _native.ObjectKey(), staged / RECORDING
    before = _stamp(path)
    sha256, size, blake3, sealed_size = _seal(key, path, target)
    headers, why = _headers(path, read_headers)
    if _stamp(path) != before or size != before[0]:
        raise UnreadableRecordingError("the file changed while it was read", remedy="Take it in once it is finished.")
    _refuse_closed(key, target)
    facts = {
        "file": path.name,
        "sha256": sha256.hex(),
        "bytes": size,
        "written": before[1],
        "metadata": metadata,
        "headers": headers,
    }
    sealed_facts = key.seal_bytes(json.dumps(facts, sort_keys=True, default=str).encode())
    wrapped = session.ring.wrap(key)
    with disk_errors(staged):
        (staged / FACTS).write_bytes(sealed_facts)
        (staged / KEY).write_bytes(wrapped)
    entry = {
        "suite": 1,
        "head": head_of_file(target),
        "sealed_blake3": blake3.hex(),
        "sealed_bytes": sealed_size,
        "facts": hashlib.sha256(sealed_facts).hexdigest(),
        "key": hashlib.sha256(wrapped).hexdigest(),
        "protection": protect(target),
    }
    return session.ring.id_of(sha256), entry, why, size


def _seal(key: _native.ObjectKey, path: Path, target: Path) -> tuple[bytes, int, bytes, int]:
    try:
        return key.seal(path, target)
    except EOFError as error:
        remedy = "Nothing was stored: connect the card and run again."
        raise UnreadableRecordingError(f"it cannot be read to its end ({error})", remedy=remedy) from error
    except OSError as error:
        remedy = "Check the disk of the vault, then run the same command again."
        raise StorageError(f"the vault's disk refused: {error}", remedy=remedy) from error


def _headers(path: Path, read_headers: HeaderReader) -> tuple[dict[str, Any], str]:
    """What the container says, and what of it was noticed; a file that is no video is sealed all the same."""
    try:
        headers = asdict(read_headers(path))
    except BodycamError as error:  # whatever a stranger's file has it say, the file is taken in
        return {"unreadable": error.what}, f"sealed, but {error.what}"
    signature = headers["signature"]
    return headers, f"signed by the camera ({signature}, not validated)" if signature else ""


def _refuse_closed(key: _native.ObjectKey, target: Path) -> None:
    """Refuse what was sealed and does not open again: its ends are decrypted, and parsed by nobody."""
    with key.open(target) as file:
        with suppress(OSError):
            for place in (0, max(0, file.seek(0, os.SEEK_END) - _ENDS_BYTES)):
                file.seek(place)
                file.read(_ENDS_BYTES)
        if file.error is not None:
            raise StorageError(f"what was sealed does not open: {file.error}", remedy="Check the disk of the vault.")


def _stamp(path: Path) -> tuple[int, float]:
    try:
        found = path.stat()
    except OSError as error:
        raise UnreadableRecordingError(f"it is gone ({error.strerror})", remedy="Connect the card again.") from error
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableRecordingError("it is no regular file", remedy="Name files: a pipe or a device has no end.")
    return found.st_size, found.st_mtime


@contextmanager
def _staging(session: VaultSession) -> Iterator[Path]:
    """A folder for this ingest alone, on the vault's disk where it has one; held, so that nobody sweeps it."""
    parent = session.vault.staging()
    if parent:
        make_private_folder(parent)
    else:
        parent = Path(tempfile.gettempdir())
    folder = parent / f"ingest-{secrets.token_hex(8)}"
    with disk_errors(folder):
        folder.mkdir(mode=0o700)
    with locked(folder / STALE_STAGING):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
