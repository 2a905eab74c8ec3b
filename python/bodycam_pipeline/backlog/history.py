"""``nights/history.csv``: a line per night, the oldest first, for a spreadsheet."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.running.ledger import Ledger

COLUMNS = ("started", "ended", "published", "quarantined", "needs review", "withheld", "queued", "frames", "seconds")


def write_history(ledger: Path, folder: Path) -> None:
    """Write every night of a ledger; one that was cut off has no end and no numbers.

    Raises:
        StorageError: the disk refused.
    """
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    with Ledger(ledger) as opened:
        for started, _, told in opened.runs("nightly"):
            rows.writerow(_row(started, json.loads(told) if told else {}))
    write_atomically(folder / "history.csv", text.getvalue().encode())


def _row(started: float, told: dict[str, object]) -> list[object]:
    states = told.get("states")
    counts = states if isinstance(states, dict) else {}
    begun = datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds")
    if not told:
        return [begun, *[""] * (len(COLUMNS) - 1)]
    return [begun, told["ended"], *(counts.get(state, 0) for state in COLUMNS[2:7]), told["frames"], told["seconds"]]
