"""The ledger's file: SQLite, durable at every commit, of one schema, and held by one process at a time."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from bodycam_pipeline.durable import locked
from bodycam_pipeline.values.errors import LedgerError, StorageError

SCHEMA = 3
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
_WAIT_SECONDS = 30.0
"""A reader (metrics, a report) holds the file for milliseconds; half a minute is a sick disk."""


def connect(path: Path) -> sqlite3.Connection:
    """Open or create a ledger's file.

    WAL with ``synchronous=FULL``: a commit that returned survives a power cut, and readers are never in the way.
    Threads may share the connection, one at a time.

    Raises:
        StorageError: the disk refused.
        LedgerError: not a ledger, or another version's.
    """
    _make_private(path)
    with translate_errors(path):
        database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.row_factory = sqlite3.Row
            for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                database.execute(f"PRAGMA {setting}")
            with transaction(database):
                _lay_out(database, path)
        except BaseException:
            database.close()
            raise
        return database


def _make_private(path: Path) -> None:
    """The ledger names recordings: it is its owner's alone, and so are the files that SQLite puts beside it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            found = os.fstat(descriptor)
            if found.st_mode & 0o077 and found.st_uid == os.geteuid():
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        remedy = "Free some space or correct the permissions, and run the same command again: nothing is lost."
        raise StorageError(f"cannot write the ledger {path.name}: {error.strerror}", remedy=remedy) from error


def _lay_out(database: sqlite3.Connection, path: Path) -> None:
    (found,) = database.execute("PRAGMA user_version").fetchone()
    if found == SCHEMA:
        return
    if found or database.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise LedgerError(
            f"{path.name} is not a ledger of this version (schema {found}, not {SCHEMA})",
            remedy="Finish its work with the version that wrote it, or name another file with --ledger.",
        )
    for statement in _statements():
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {SCHEMA}")


def _statements() -> Iterator[str]:
    """One at a time: `executescript` would commit first, and a crash would leave half a schema."""
    text = files("bodycam_pipeline.running").joinpath("ledger.sql").read_text(encoding="utf-8")
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commit all of a block or nothing. The write lock is taken first: what is read is still true when written."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:  # a full disk has already rolled it back
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """SQLite's errors in the product's words.

    Raises:
        StorageError: the disk refused.
        LedgerError: the file is not a ledger, or damaged.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK:
            remedy = "Free some space or correct the permissions, and run the same command again: nothing is lost."
            raise StorageError(f"cannot write the ledger {path.name}: {error}", remedy=remedy) from error
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        remedy = "Name another file with --ledger: published releases are found again by their content."
        raise LedgerError(f"the ledger {path.name} cannot be read: {error}", remedy=remedy) from error


@contextmanager
def lock_ledger(path: Path) -> Iterator[None]:
    """Hold a ledger for one process; the lock is the kernel's and is gone with its holder, however that ends.

    Raises:
        LedgerError: another process holds it; named by its process id.
        StorageError: the disk refused.
    """

    def busy(descriptor: int) -> LedgerError:
        holder = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
        return LedgerError(
            f"another batch (process {holder}) is working on the ledger {path}",
            remedy="Wait for it to end, stop it with Ctrl-C, or name another file with --ledger.",
        )

    with locked(path.with_name(f"{path.name}.lock"), busy) as descriptor:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
