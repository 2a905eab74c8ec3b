"""What became of a batch or a night: totals, one line per recording, and where the time went."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.running.job_queue import State
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.totals import Row

FORMAT = 1
NOT_PUBLISHED: tuple[State, ...] = ("quarantined", "needs review", "queued")
"""What a person has to look after: not what a person withheld already, nor what is no recording."""


@dataclass(frozen=True)
class Summary:
    """The totals of one run.

    Attributes:
        kind: ``batch`` or ``nightly``.
        started, ended: Unix seconds.
        states: How many recordings are in each state.
        frames: Published in this run.
        effort: Machine seconds per phase.
    """

    kind: str
    started: float
    ended: float
    states: dict[State, int]
    frames: int
    effort: dict[str, float]

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return self.ended - self.started

    @property
    def exit_code(self) -> int:
        """0 when all is published, withheld or left aside; 3 when only a person's decisions are missing; else 4."""
        if self.states.get("quarantined"):
            return 4
        if self.states.get("needs review"):
            return 3
        return 4 if self.kind == "batch" and self.states.get("queued") else 0

    def as_json(self) -> dict[str, object]:
        """Return the summary as JSON takes it."""
        times = {"started": _clock(self.started), "ended": _clock(self.ended), "seconds": round(self.seconds, 1)}
        per_second = round(self.frames / self.seconds, 2) if self.seconds > 0 else None
        return {"format": FORMAT} | asdict(self) | times | {"frames_per_second": per_second}


def summarize(ledger: Ledger, run: int, kind: str, started: float, ended: float) -> Summary:
    """The totals of a run, from the ledger alone."""
    frames = sum(r.frames or 0 for r in ledger.rows(run) if _published_since(r, started) and r.same_as is None)
    return Summary(kind, started, ended, ledger.counts(run), frames, ledger.effort_since(started))


def write_summary(ledger: Ledger, run: int, summary: Summary, path: Path) -> None:
    """Write ``summary.json``, a recording at a time: ten thousand of them are never in memory together.

    Raises:
        StorageError: the disk refused.
    """

    def write(file: BinaryIO) -> None:
        head = json.dumps(summary.as_json(), indent=2).removesuffix("\n}")
        file.write(f'{head},\n  "recordings": ['.encode())
        for number, line in enumerate(_lines(ledger, run)):
            file.write(f"{',' if number else ''}\n    {json.dumps(line)}".encode())
        file.write(b"\n  ]\n}\n")

    write_atomically(path, write)


def failures(ledger: Ledger, run: int) -> Iterator[Row]:
    """What was not published, in the order of the queue."""
    return (row for row in ledger.rows(run) if row.state in NOT_PUBLISHED)


def reasons(ledger: Ledger, run: int) -> list[tuple[str, int]]:
    """How many recordings were not published for each reason, the most frequent first."""
    return Counter(row.why.split(" (")[0].split(". ")[0] or row.state for row in failures(ledger, run)).most_common()


def _lines(ledger: Ledger, run: int) -> Iterator[dict[str, object]]:
    for row in ledger.rows(run):
        yield {
            "recording": row.address,
            "state": row.state,
            "why": row.why or None,
            "release": f"{row.name}.release" if row.state == "published" and row.name else None,
            "same_as": ledger.name_of(row.same_as) if row.same_as is not None else None,
            "request": row.request,
            "due": row.due,
            "frames": row.frames,
            "started": _clock(row.started),
            "ended": _clock(row.ended),
            "effort": {phase: round(seconds, 2) for phase, seconds in ledger.effort(row.job).items()},
        }


def _published_since(row: Row, moment: float) -> bool:
    return row.state == "published" and row.ended is not None and row.ended >= moment


def _clock(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
