"""Begin a vault: its description, its log, and the machine's keys that are not there yet."""

import os
import secrets
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.custody.desk import Desk
from bodycam_pipeline.durable import disk_errors, make_private_folder, write_atomically
from bodycam_pipeline.evidence.keys import new_key, read_private_key
from bodycam_pipeline.values.errors import KeyFileError, VaultError
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.log import CustodyLog, begin
from bodycam_pipeline.vault.store import Vault


def begin_vault(vault: Vault, ring: Keyring, origin: str, log_folder: Path | None) -> Desk:
    """Make an empty vault with an empty log; keys that the machine has already are used, and never replaced.

    Raises:
        VaultError: a vault is there, the origin is no name, recipients are missing, or a store has no log folder.
        StorageError: the disk refused.
    """
    if not origin or any(c.isspace() or c == "+" for c in origin):
        raise VaultError("a log's name has no space and no plus sign", remedy="Write it as police.example/custody.")
    folder = log_folder.absolute() if log_folder else vault.folder / "log" if vault.folder else None
    if folder is None:
        raise VaultError("a vault in a store needs a folder for its log", remedy="Name one with --log; back it up.")
    recipients = ring.recipients()
    make_private_folder(ring.folder)
    vault.describe(folder, origin)
    if not ring.path("log.pem").exists():
        new_key(ring.path("log.pem"))
    if not ring.path("id.key").exists():
        private_file(ring.path("id.key"), secrets.token_hex(32))
    log = begin(folder, origin, read_private_key(ring.path("log.pem")))
    write_atomically(ring.path("log.vkey"), f"{log.verifier}\n".encode())
    desk = Desk(vault, ring, CustodyLog(folder, log.verifier, ring.memory()))
    desk.record("created", recipients=recipients)
    return desk


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
    """Write a file that only its owner can read.

    Raises:
        KeyFileError: a file is there already.
        StorageError: the disk refused.
    """
    if os.path.lexists(path):
        raise KeyFileError(f"{path} exists already", remedy="A key is never replaced: choose another name.")
    with disk_errors(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
