"""Create a vault: the machine's keys that are not there yet, its log, and at last its description.

Cut off at any step it is no vault yet, and the same command finishes it.
"""

import os
import secrets
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.durable import make_private_folder, write_atomically, write_private
from bodycam_pipeline.evidence.keys import new_key, public_path, read_private_key
from bodycam_pipeline.values.errors import CustodyLogError, KeyFileError, VaultError
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.log import CustodyLog, create_log
from bodycam_pipeline.vault.note import Verifier
from bodycam_pipeline.vault.store import Vault


def create_vault(vault: Vault, ring: Keyring, origin: str, log_folder: Path | None) -> VaultSession:
    """Make an empty vault with an empty log; keys that the machine has already are used, and never replaced.

    Raises:
        VaultError: a vault is there, the origin is no name, recipients are missing, or a store has no log folder.
        CustodyLogError: the log's folder holds another log.
        StorageError: the disk refused.
    """
    if not origin or any(c.isspace() or c == "+" for c in origin):
        raise VaultError("a log's name has no space and no plus sign", remedy="Write it as police.example/custody.")
    folder = log_folder.absolute() if log_folder else vault.folder / "log" if vault.folder else None
    if folder is None:
        raise VaultError("a vault in a store needs a folder for its log", remedy="Name one with --log; back it up.")
    if _is_there(vault):
        raise VaultError(f"there is a vault at {vault.address}", remedy="Use it, or name another address.")
    recipients = ring.recipients()
    _make_missing_keys(ring)
    session = VaultSession(vault, ring, _log(folder, origin, ring))
    if not session.log.checkpoint().size:
        session.record("created", recipients=recipients)
    vault.describe(folder, origin)
    return session


def _is_there(vault: Vault) -> bool:
    try:
        return bool(vault.described)
    except VaultError:
        return False


def _make_missing_keys(ring: Keyring) -> None:
    make_private_folder(ring.folder)
    if not public_path(ring.path("log.pem")).exists():
        new_key(ring.path("log.pem"))
    if not ring.path("id.key").exists():
        private_file(ring.path("id.key"), secrets.token_hex(32))


def _log(folder: Path, origin: str, ring: Keyring) -> CustodyLog:
    """A new log, or the one that a run that was cut off has begun: it holds nothing yet, or that it was created."""
    key = read_private_key(ring.path("log.pem"))
    log = CustodyLog(folder, Verifier(origin, key.public_key()))
    if not (folder / "checkpoint").exists():
        log = create_log(folder, origin, key)
    elif any(entry["event"] != "created" for _, entry in log.entries()):
        raise CustodyLogError(f"{folder} holds a log already", remedy="A log never begins anew: name another folder.")
    write_atomically(ring.path("log.vkey"), f"{log.verifier}\n".encode())
    return CustodyLog(folder, log.verifier, ring.memory())


def new_person(path: Path) -> str:
    """Make an identity that opens recordings, in a file for its owner alone; returns the line to seal to.

    Raises:
        KeyFileError: a file is there already.
        StorageError: the disk refused.
    """
    secret, public = _native.new_identity()
    private_file(path, f"# public: {public}\n{secret}\n")
    return public


def private_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read; it is there whole or not at all.

    Raises:
        KeyFileError: a file is there already.
        StorageError: the disk refused.
    """
    if os.path.lexists(path):
        raise KeyFileError(f"{path} exists already", remedy="A key is never replaced: choose another name.")
    write_private(path, text.encode())
