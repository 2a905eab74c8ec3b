"""A ledger's file in a process: one transaction at a time from any thread, and one driver at a time."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bodycam_pipeline.running.database import connect, lock_ledger, transaction, translate_errors
from bodycam_pipeline.values.errors import LateResultError


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one job and to say how it ended."""

    job: int
    token: int
    address: str
    spec: str
    request: str | None = None


class LedgerFile:
    """An open ledger file. A context manager: leaving it closes the file."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._database = connect(path)
        self._one_at_a_time = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only driver of this ledger; leases that a dead one left are given up.

        Raises:
            LedgerError: another process holds it.
        """
        with lock_ledger(self.path):
            self._recover()
            yield

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._one_at_a_time, translate_errors(self.path), transaction(self._database):
            yield self._database

    def _read(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._one_at_a_time, translate_errors(self.path):
            return self._database.execute(query, values).fetchall()

    def _recover(self) -> None:
        with self._writing() as db:
            db.execute("UPDATE jobs SET state = 'queued', token = NULL WHERE state = 'leased'")
            db.execute("UPDATE segments SET state = 'queued', token = NULL WHERE state = 'leased'")
            db.execute("UPDATE attempts SET outcome = 'lost', ended = ? WHERE outcome = 'at work'", (self._clock(),))


def next_token(db: sqlite3.Connection) -> int:
    """Take the next token: higher than every one before."""
    db.execute("UPDATE fence SET token = token + 1")
    return int(db.execute("SELECT token FROM fence").fetchone()[0])


def check_lease(db: sqlite3.Connection, lease: Lease) -> None:
    """Hold a lease against the one in force.

    Raises:
        LateResultError: it is not in force any more.
    """
    if not db.execute("SELECT 1 FROM jobs WHERE id = ? AND token = ?", (lease.job, lease.token)).fetchone():
        raise late(f"job {lease.job}")


def late(what: str) -> LateResultError:
    """Build the refusal of whoever reports under a lease that is not in force."""
    return LateResultError(
        f"a late result for {what} was refused: its lease is no longer in force",
        remedy="Nothing was recorded twice; the work goes on under its newer lease.",
    )
