"""What reports and metrics read from a ledger."""

from collections.abc import Iterator
from dataclasses import dataclass

from bodycam_pipeline.running.job_queue import State
from bodycam_pipeline.running.ledger_file import LedgerFile


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


class Totals(LedgerFile):
    """How every job stands, and what all of them took."""

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
