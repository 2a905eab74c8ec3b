"""The ledger: what is to be done, who is at it, and what was done. Exactly-once comes from here, not from a scheduler.

A *job* is one recording under one order. Its *key* is its work by content (recording, policy, models, version), known
once the recording was read: renaming or copying a file changes nothing, because two jobs with one key are one work.

A *lease* is the right to report on a job or a segment. It carries a token that only ever grows; who reports under an
older one is refused, so a worker that was given up and comes back changes nothing. A lease does not run out by the
clock: clocks are set and machines sleep. It ends when its holder reports or is given up. Whoever holds the ledger's
lock is the only driver, so at its start every lease still in force belongs to a dead one.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from bodycam_pipeline.running.database import connect, lock_ledger, transaction, translated
from bodycam_pipeline.values.errors import LateResultError

State = Literal["queued", "leased", "left aside", "withheld", "quarantined", "needs review", "published"]
Ending = Literal["left aside", "withheld", "quarantined", "needs review", "published"]
Tried = Literal["done", "refused", "lost"]

_ENTRIES_PER_COMMIT = 1000


@dataclass(frozen=True, slots=True)
class QueueItem:
    """What a person asked for.

    Attributes:
        asked: Digest of the file (address, size, time) and the order: asked twice is asked once.
        address: The recording.
        ordered: Digest of the order.
        spec: The order itself, as JSON that the ledger does not read.
        since: Age of the recording, Unix seconds: among equals the oldest goes first.
        due: ISO date; what is due goes before what is not.
        request: The request's number at the agency.
        withhold: Why nothing of it is released; it is then on record, and not worked on.
        aside: What it is that is no recording; it is then on record, and not worked on.
    """

    asked: str
    address: str
    ordered: str
    spec: str
    since: float
    due: str | None = None
    request: str | None = None
    withhold: str | None = None
    aside: str | None = None

    @property
    def first_state(self) -> tuple[State, str]:
        """In which state it is entered, and why."""
        if self.aside:
            return "left aside", self.aside
        return ("withheld", self.withhold) if self.withhold else ("queued", "")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one job and to say how it ended."""

    job: int
    token: int
    address: str
    spec: str
    request: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentLease:
    """The right to say how one try of one segment ended."""

    job: Lease
    phase: str
    number: int
    token: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Which work a job turned out to be.

    Attributes:
        name: What its release is called, unique in the ledger.
        elsewhere: Exactly this work was done, or is in hand, under another job: this one ends with that, and its lease
            is no longer in force.
    """

    name: str
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One job as it stands."""

    job: int
    address: str
    state: State
    why: str
    name: str | None
    key: str | None
    same_as: int | None
    request: str | None
    due: str | None
    frames: int | None
    started: float | None
    ended: float | None


_ROW = "id AS job, address, state, why, name, key, same_as, request, due, frames, started, ended"


class Ledger:
    """One ledger file. A context manager: leaving it closes the file.

    Every method is one transaction, on the disk when it returns, and may be called from any thread. Raises
    `StorageError` where the disk refuses.
    """

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
        with self._one_at_a_time, translated(self.path), transaction(self._database):
            yield self._database

    def _read(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._one_at_a_time, translated(self.path):
            return self._database.execute(query, values).fetchall()

    def _recover(self) -> None:
        with self._writing() as db:
            db.execute("UPDATE jobs SET state = 'queued', token = NULL WHERE state = 'leased'")
            db.execute("UPDATE segments SET state = 'queued', token = NULL WHERE state = 'leased'")
            db.execute("UPDATE attempts SET outcome = 'lost', ended = ? WHERE outcome = 'at work'", (self._clock(),))

    # Runs

    def begin_run(self, kind: str) -> int:
        """Note that a batch or night begins; returns its number."""
        with self._writing() as db:
            return int(
                db.execute("INSERT INTO runs (kind, started) VALUES (?, ?)", (kind, self._clock())).lastrowid or 0
            )

    def end_run(self, run: int, summary: str) -> None:
        """Note how a run ended, in its summary's JSON."""
        with self._writing() as db:
            db.execute("UPDATE runs SET ended = ?, summary = ? WHERE id = ?", (self._clock(), summary, run))

    def runs(self, kind: str) -> list[tuple[float, float | None, str | None]]:
        """Start, end and summary of every run of a kind, oldest first."""
        return [
            tuple(row)
            for row in self._read("SELECT started, ended, summary FROM runs WHERE kind = ? ORDER BY id", kind)
        ]

    def last_run(self) -> int:
        """The number of the latest run; 0 before the first."""
        return int(self._read("SELECT coalesce(max(id), 0) FROM runs")[0][0])

    # Jobs

    def enter(self, run: int, entries: Iterable[QueueItem], *, again: bool = True) -> int:
        """Ask for recordings; returns how many entries there were. What is published, withheld or left aside stays so.

        Args:
            run: The batch or night that asks.
            entries: Taken one by one; never held together in memory.
            again: Whether what was quarantined or needs review is tried again.
        """
        count, waiting = 0, iter(entries)
        while True:
            with self._writing() as db:
                entered = 0
                for entry in waiting:
                    self._enter(db, run, entry, again=again)
                    entered += 1
                    if entered == _ENTRIES_PER_COMMIT:
                        break
            count += entered
            if entered < _ENTRIES_PER_COMMIT:
                return count

    def _enter(self, db: sqlite3.Connection, run: int, entry: QueueItem, *, again: bool) -> None:
        db.execute("INSERT OR IGNORE INTO orders VALUES (?, ?)", (entry.ordered, entry.spec))
        state, why = entry.first_state
        db.execute(
            "INSERT INTO jobs (asked, address, ordered, request, due, since, run, state, why)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (asked) DO UPDATE SET run = excluded.run,"
            " request = coalesce(excluded.request, request), due = coalesce(excluded.due, due),"
            " same_as = CASE state WHEN 'queued' THEN NULL ELSE same_as END",
            (entry.asked, entry.address, entry.ordered, entry.request, entry.due, entry.since, run, state, why),
        )
        if again:
            db.execute(
                "UPDATE jobs SET state = 'queued', why = '', same_as = NULL"
                " WHERE asked = ? AND state IN ('quarantined', 'needs review')",
                (entry.asked,),
            )

    def ask_for_all(self, run: int) -> None:
        """Make everything that waits in the ledger part of this run: a night goes on where the last one stopped."""
        with self._writing() as db:
            db.execute("UPDATE jobs SET run = ? WHERE state = 'queued'", (run,))

    def take(self, run: int) -> Lease | None:
        """Lease the run's next job: by due date, then by age; None when nothing waits."""
        with self._writing() as db:
            row = db.execute(
                "SELECT id, address, spec, request FROM jobs JOIN orders ON ordered = sha256"
                " WHERE state = 'queued' AND same_as IS NULL AND run = ? ORDER BY due IS NULL, due, since, id LIMIT 1",
                (run,),
            ).fetchone()
            if row is None:
                return None
            token = _next_token(db)
            changes = "state = 'leased', token = ?, started = coalesce(started, ?)"
            db.execute(f"UPDATE jobs SET {changes} WHERE id = ?", (token, self._clock(), row["id"]))  # noqa: S608
            return Lease(row["id"], token, row["address"], row["spec"], row["request"])

    def identify(self, lease: Lease, key: str, wanted: str, mark: str = "") -> Identity:
        """Say which work a job is by content, and learn what its release is called.

        Args:
            lease: The job's.
            key: SHA-256 over everything that the release depends on.
            wanted: The name the release would like to have; another work of that name makes it longer.
            mark: What makes it longer; the key where nobody says, which whoever knows the recording can make.

        Raises:
            LateResultError: the lease is not in force.
        """
        with self._writing() as db:
            _check(db, lease)
            other = db.execute(
                "SELECT id, name, state FROM jobs WHERE key = ? AND id != ?", (key, lease.job)
            ).fetchone()
            if other is None:
                name = _name_before(db, key, lease.job) or _free_name(db, wanted, mark or key, lease.job)
                db.execute("UPDATE jobs SET key = ?, name = ? WHERE id = ?", (key, name, lease.job))
                return Identity(name)
            if other["state"] in {"published", "leased"}:
                _follow(db, lease.job, other["id"], self._clock())
                return Identity(other["name"], elsewhere=True)
            _take_over(db, other["id"], lease.job, key, other["name"])
            return Identity(other["name"])

    def finish(self, lease: Lease, state: Ending, why: str = "", *, frames: int | None = None) -> None:
        """Say how a job ended; jobs that are the same work end with it.

        Raises:
            LateResultError: the lease is not in force.
        """
        with self._writing() as db:
            _check(db, lease)
            now = self._clock()
            changes = "state = ?, why = ?, frames = ?, ended = ?, token = NULL"
            for which in ("id = ?", "same_as = ? AND state = 'queued'"):
                db.execute(f"UPDATE jobs SET {changes} WHERE {which}", (state, why, frames, now, lease.job))  # noqa: S608

    def give_back(self, lease: Lease, why: str = "") -> None:
        """Put an unfinished job back in its place in the queue.

        Raises:
            LateResultError: the lease is not in force.
        """
        with self._writing() as db:
            _check(db, lease)
            db.execute("UPDATE jobs SET state = 'queued', token = NULL, why = ? WHERE id = ?", (why, lease.job))

    # Segments

    def plan_segments(self, lease: Lease, phase: str, count: int) -> None:
        """Put the segments of one pass on record; those that are there stay as they are.

        Raises:
            LateResultError: the lease is not in force.
        """
        with self._writing() as db:
            _check(db, lease)
            rows = ((lease.job, phase, number) for number in range(count))
            db.executemany("INSERT OR IGNORE INTO segments VALUES (?, ?, ?, 'queued', NULL)", rows)

    def lease_segment(self, lease: Lease, phase: str, number: int) -> SegmentLease:
        """Begin an attempt at a segment; an attempt at it that is still open was lost.

        Raises:
            LateResultError: the job's lease is not in force.
        """
        with self._writing() as db:
            _check(db, lease)
            token, now, which = _next_token(db), self._clock(), (lease.job, phase, number)
            here = "job = ? AND phase = ? AND number = ?"
            lost = f"UPDATE attempts SET outcome = 'lost', ended = ? WHERE {here} AND outcome = 'at work'"  # noqa: S608
            db.execute(lost, (now, *which))
            leased = f"UPDATE segments SET state = 'leased', token = ? WHERE {here} AND state != 'done'"  # noqa: S608
            db.execute(leased, (token, *which))
            db.execute("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, NULL, NULL, 'at work')", (token, *which, now))
            return SegmentLease(lease, phase, number, token)

    def end_segment(self, lease: SegmentLease, tried: Tried, seconds: float | None = None) -> None:
        """Say how a try ended. A segment is done once; what is done again, after a crash, is on record as that.

        Raises:
            LateResultError: the segment was given to another worker meanwhile, or the job to another driver.
        """
        with self._writing() as db:
            _check(db, lease.job)
            here, which = "job = ? AND phase = ? AND number = ?", (lease.job.job, lease.phase, lease.number)
            state, token = ("done", None) if tried == "done" else ("queued", None)
            ours = f"UPDATE segments SET state = ?, token = ? WHERE {here} AND state = 'leased' AND token = ?"  # noqa: S608
            first = db.execute(ours, (state, token, *which, lease.token)).rowcount
            outcome = "again" if tried == "done" and not first else tried
            ended = "UPDATE attempts SET outcome = ?, ended = ?, seconds = ? WHERE token = ? AND outcome = 'at work'"
            if not db.execute(ended, (outcome, self._clock(), seconds, lease.token)).rowcount:
                raise _late(f"segment {lease.number} ({lease.phase})")

    # What the reports read

    def rows(self, run: int) -> Iterator[Row]:
        """Every job of a run, in the order of the queue; read a hundred at a time."""
        order = "ORDER BY due IS NULL, due, since, id"
        cursor = self._database.execute(f"SELECT {_ROW} FROM jobs WHERE run = ? {order}", (run,))  # noqa: S608
        while rows := cursor.fetchmany(100):
            yield from (Row(**dict(row)) for row in rows)

    def counts(self, run: int | None = None) -> dict[State, int]:
        """How many jobs of a run, or of all, are in each state."""
        query = "SELECT state, count(*) FROM jobs WHERE ? IS NULL OR run = ? GROUP BY state"
        return {row[0]: row[1] for row in self._read(query, run, run)}

    def effort(self, job: int) -> dict[str, float]:
        """Machine seconds per phase that went into a job, tries that were lost or refused included where known."""
        query = "SELECT phase, sum(seconds) FROM attempts WHERE job = ? GROUP BY phase ORDER BY min(token)"
        return {phase: seconds or 0.0 for phase, seconds in self._read(query, job)}

    def effort_since(self, moment: float) -> dict[str, float]:
        """Machine seconds per phase since a moment (Unix seconds), the greatest first."""
        query = "SELECT phase, sum(seconds) FROM attempts WHERE started >= ? GROUP BY phase ORDER BY sum(seconds) DESC"
        return {phase: seconds or 0.0 for phase, seconds in self._read(query, moment)}

    def frames(self) -> int:
        """Frames in all published releases; a copy's are not counted again."""
        query = "SELECT coalesce(sum(frames), 0) FROM jobs WHERE state = 'published' AND same_as IS NULL"
        return int(self._read(query)[0][0])

    def name_of(self, job: int) -> str | None:
        """What a job's release is called."""
        return next((row["name"] for row in self._read("SELECT name FROM jobs WHERE id = ?", job)), None)

    def tries(self) -> dict[str, int]:
        """How many tries of segments ended in each way."""
        query = "SELECT outcome, count(*) FROM attempts GROUP BY outcome"
        return {row["outcome"]: row[1] for row in self._read(query)}

    def segments(self, job: int) -> dict[tuple[str, int], str]:
        """The state of every segment of a job by phase and number."""
        rows = self._read("SELECT phase, number, state FROM segments WHERE job = ? ORDER BY phase, number", job)
        return {(phase, number): state for phase, number, state in rows}


def _next_token(db: sqlite3.Connection) -> int:
    db.execute("UPDATE fence SET token = token + 1")
    return int(db.execute("SELECT token FROM fence").fetchone()[0])


def _check(db: sqlite3.Connection, lease: Lease) -> None:
    if not db.execute("SELECT 1 FROM jobs WHERE id = ? AND token = ?", (lease.job, lease.token)).fetchone():
        raise _late(f"job {lease.job}")


def _late(what: str) -> LateResultError:
    return LateResultError(
        f"a late result for {what} was refused: its lease is no longer in force",
        remedy="Nothing was recorded twice; the work goes on under its newer lease.",
    )


def _name_before(db: sqlite3.Connection, key: str, job: int) -> str | None:
    """What this very work is called already: from an earlier try, or from the job it was taken over from."""
    row = db.execute("SELECT name FROM jobs WHERE id = ? AND key = ?", (job, key)).fetchone()
    return str(row["name"]) if row and row["name"] else None


def _free_name(db: sqlite3.Connection, wanted: str, mark: str, job: int) -> str:
    """The wanted name, or that name and the beginning of the mark: dock stations reuse file names every day."""
    taken = db.execute("SELECT 1 FROM jobs WHERE name = ? AND id != ?", (wanted, job)).fetchone()
    return f"{wanted}-{mark[:12]}" if taken else wanted


def _follow(db: sqlite3.Connection, job: int, other: int, now: float) -> None:
    """End as the other job ended, or wait until it does."""
    db.execute("UPDATE jobs SET same_as = ?, state = 'queued', token = NULL WHERE id = ?", (other, job))
    ended = "UPDATE jobs SET state = other.state, frames = other.frames, ended = ? FROM jobs AS other"
    db.execute(f"{ended} WHERE jobs.id = ? AND other.id = ? AND other.state = 'published'", (now, job, other))


def _take_over(db: sqlite3.Connection, other: int, job: int, key: str, name: str) -> None:
    """The file was renamed or copied before its work was finished: the work goes on here, and the other job follows."""
    db.execute("DELETE FROM segments WHERE job = ?", (job,))
    db.execute("UPDATE attempts SET outcome = 'again' WHERE job = ? AND outcome = 'done'", (job,))
    for table in ("segments", "attempts"):
        db.execute(f"UPDATE {table} SET job = ? WHERE job = ?", (job, other))  # noqa: S608
    release = "UPDATE jobs SET key = NULL, name = NULL, same_as = ?, state = 'queued', why = '' WHERE id = ?"
    db.execute(release, (job, other))
    db.execute("UPDATE jobs SET key = ?, name = ? WHERE id = ?", (key, name, job))
