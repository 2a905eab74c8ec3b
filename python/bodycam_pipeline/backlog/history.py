"""``nights/history.csv``: a line per night, the oldest first, for a spreadsheet."""

import json
from datetime import UTC, datetime
from pathlib import Path

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.rules.spreadsheet import csv_text
from bodycam_pipeline.running.ledger import Ledger

COLUMNS = (
    "started",
    "ended",
    "published",
    "quarantined",
    "needs review",
    "withheld",
    "left aside",
    "queued",
    "frames",
    "seconds",
)


def write_history(ledger: Path, folder: Path) -> None:
    """Write every night of a ledger; one that was cut off has no end and no numbers.

    Raises:
        StorageError: the disk refused.
    """
    with Ledger(ledger) as opened:
        rows = [_row(started, json.loads(summary) if summary else {}) for started, _, summary in opened.runs("nightly")]
    write_atomically(folder / "history.csv", csv_text([COLUMNS, *rows]).encode())


def _row(started: float, summary: dict[str, object]) -> list[object]:
    states = summary.get("states")
    counts = states if isinstance(states, dict) else {}
    begun = datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds")
    if not summary:
        return [begun, *[""] * (len(COLUMNS) - 1)]
    return [
        begun,
        summary["ended"],
        *(counts.get(state, 0) for state in COLUMNS[2:8]),
        summary["frames"],
        summary["seconds"],
    ]
