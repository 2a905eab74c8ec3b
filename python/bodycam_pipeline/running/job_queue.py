"""The jobs of a ledger: asked for, leased in turn, told apart by content, ended once."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.running.ledger_file import Lease, LedgerFile, check_lease, next_token

State = Literal["queued", "leased", "left aside", "withheld", "quarantined", "needs review", "published"]
Ending = Literal["left aside", "withheld", "quarantined", "needs review", "published"]

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
class Identity:
    """Which work a job turned out to be.

    Attributes:
        name: What its release is called, unique in the ledger.
        elsewhere: Exactly this work was done, or is in hand, under another job: this one ends with that, and its lease
            is no longer in force.
    """

    name: str
    elsewhere: bool = False


class JobQueue(LedgerFile):
    """What is to be done, and who is at it."""

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
            token = next_token(db)
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
            check_lease(db, lease)
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
            _take_over(db, other["id"], lease.job, key, other["name"], self._clock())
            return Identity(other["name"])

    def finish(self, lease: Lease, state: Ending, why: str = "", *, frames: int | None = None) -> None:
        """Say how a job ended; jobs that are the same work end with it.

        Raises:
            LateResultError: the lease is not in force.
        """
        with self._writing() as db:
            check_lease(db, lease)
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
            check_lease(db, lease)
            db.execute("UPDATE jobs SET state = 'queued', token = NULL, why = ? WHERE id = ?", (why, lease.job))


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


def _take_over(db: sqlite3.Connection, other: int, job: int, key: str, name: str, now: float) -> None:
    """The file was renamed or copied before its work was finished: the work goes on here, and the other job follows.

    Nobody has the other job: what is still open of it was lost, and must not meet what is at work here.
    """
    db.execute("DELETE FROM segments WHERE job = ?", (job,))
    lost = "UPDATE attempts SET outcome = 'lost', ended = ? WHERE job = ? AND outcome = 'at work'"
    db.execute(lost, (now, other))
    db.execute("UPDATE attempts SET outcome = 'again' WHERE job = ? AND outcome = 'done'", (job,))
    for table in ("segments", "attempts"):
        db.execute(f"UPDATE {table} SET job = ? WHERE job = ?", (job, other))  # noqa: S608
    release = "UPDATE jobs SET key = NULL, name = NULL, same_as = ?, state = 'queued', why = '' WHERE id = ?"
    db.execute(release, (job, other))
    db.execute("UPDATE jobs SET key = ?, name = ? WHERE id = ?", (key, name, job))
