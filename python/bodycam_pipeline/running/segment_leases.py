"""The segments of a ledger's jobs, each try of one under a lease of its own."""

from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.running.ledger_file import Lease, LedgerFile, check_lease, late, next_token

Tried = Literal["done", "refused", "lost"]


@dataclass(frozen=True, slots=True)
class SegmentLease:
    """The right to say how one try of one segment ended."""

    job: Lease
    phase: str
    number: int
    token: int


class SegmentLeases(LedgerFile):
    """Which segments of a job are done, and every try of them."""

    def plan_segments(self, lease: Lease, phase: str, count: int) -> None:
        """Put the segments of one pass on record; those that are there stay as they are.

        Raises:
            LateResultError: the lease is not in force.
        """
        with self._writing() as db:
            check_lease(db, lease)
            rows = ((lease.job, phase, number) for number in range(count))
            db.executemany("INSERT OR IGNORE INTO segments VALUES (?, ?, ?, 'queued', NULL)", rows)

    def lease_segment(self, lease: Lease, phase: str, number: int) -> SegmentLease:
        """Begin an attempt at a segment; an attempt at it that is still open was lost.

        Raises:
            LateResultError: the job's lease is not in force.
        """
        with self._writing() as db:
            check_lease(db, lease)
            token, now, which = next_token(db), self._clock(), (lease.job, phase, number)
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
            check_lease(db, lease.job)
            here, which = "job = ? AND phase = ? AND number = ?", (lease.job.job, lease.phase, lease.number)
            state, token = ("done", None) if tried == "done" else ("queued", None)
            ours = f"UPDATE segments SET state = ?, token = ? WHERE {here} AND state = 'leased' AND token = ?"  # noqa: S608
            first = db.execute(ours, (state, token, *which, lease.token)).rowcount
            outcome = "again" if tried == "done" and not first else tried
            ended = "UPDATE attempts SET outcome = ?, ended = ?, seconds = ? WHERE token = ? AND outcome = 'at work'"
            if not db.execute(ended, (outcome, self._clock(), seconds, lease.token)).rowcount:
                raise late(f"segment {lease.number} ({lease.phase})")

    def segments(self, job: int) -> dict[tuple[str, int], str]:
        """The state of every segment of a job by phase and number."""
        rows = self._read("SELECT phase, number, state FROM segments WHERE job = ? ORDER BY phase, number", job)
        return {(phase, number): state for phase, number, state in rows}
