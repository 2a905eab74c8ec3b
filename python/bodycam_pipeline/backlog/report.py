"""``report.html`` of a batch or night: totals, three plots, what needs a person, and every recording. No script."""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bodycam_pipeline.backlog.summary import Summary, failures, reasons
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import WORK
from bodycam_pipeline.reports.templates import render_template
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.timeline import format_clock

BINS = 60
FAILURE_ROWS = 500
_WIDTH = 600
_COLOURS = ("#1a56b0", "#2f8f5b", "#b3801e", "#7a4bb0", "#777777")


def write_page(ledger: Ledger, run: int, summary: Summary, path: Path, out: Path) -> None:
    """Write the page.

    Args:
        ledger: Holds the recordings.
        run: Which of its runs.
        summary: Their totals.
        path: Where it goes.
        out: Where the jobs lie.

    Raises:
        StorageError: the disk refused.
    """
    page = render_template(
        "backlog", "report.html.j2", **_facts(ledger, run, summary), recordings=_recordings(ledger, run, out, path)
    )
    write_atomically(path, page.encode())


def _facts(ledger: Ledger, run: int, summary: Summary) -> dict[str, Any]:
    bad = sum(summary.states.get(state, 0) for state in ("quarantined", "needs review", "queued"))
    return {
        "summary": summary,
        "facts": summary.as_json(),
        "what": {"nightly": "Night"}.get(summary.kind, summary.kind.capitalize()),
        "began": _clock(summary.started),
        "ended": _clock(summary.ended),
        "lasted": format_clock(Fraction(round(summary.seconds))),
        "throughput": throughput(ledger, run, summary),
        "effort": bars(list(summary.effort.items()), "s"),
        "reasons": bars(reasons(ledger, run)[: len(_COLOURS) * 4], ""),
        "failures": list(islice(failures(ledger, run), FAILURE_ROWS)),
        "more": max(0, bad - FAILURE_ROWS),
    }


def _recordings(ledger: Ledger, run: int, out: Path, page: Path) -> Iterator[dict[str, Any]]:
    """Every recording, in the order of the queue, read one at a time."""
    for row in ledger.rows(run):
        folders = Folders(out, row.name) if row.name else None
        report = folders.internal / "report.html" if folders else None
        yield {
            "address": row.address,
            "state": row.state,
            "frames": "" if row.frames is None else row.frames,
            "hidden": _share_hidden(folders) if folders and row.state == "published" else None,
            "decisions": _decisions_wanted(folders) if folders and row.state == "needs review" else 0,
            "report": quote(os.path.relpath(report, page.parent)) if report and report.exists() else "",
            "open": str(folders.out / folders.name) if folders and (folders.internal / WORK).exists() else "",
        }


def _share_hidden(folders: Folders) -> float | None:
    """Which part of all frames a release hides, 0..1, by its manifest; None where that does not say so."""
    manifest: dict[str, float] = _json(folders.release / "manifest.json") or {}
    return manifest.get("share_hidden")


def _decisions_wanted(folders: Folders) -> int:
    """How many findings of the second look a person has to decide about."""
    return len(_json(folders.internal / "second-look" / "findings.json") or ())


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def throughput(ledger: Ledger, run: int, summary: Summary) -> dict[str, Any]:
    """Frames per second in each of `BINS` stretches of the run; a recording's frames count evenly over its time."""
    width = max(summary.seconds, 1e-9) / BINS
    frames = [0.0] * BINS
    for row in ledger.rows(run):
        if row.frames and row.same_as is None and row.started and row.ended and row.ended >= summary.started:
            _spread(frames, row.frames, (row.started - summary.started) / width, (row.ended - summary.started) / width)
    rates = [count / width for count in frames]
    most = max(1e-9, *rates)
    step = _WIDTH / BINS
    points = " ".join(f"{(n + 0.5) * step:.1f},{100 - 95 * rate / most:.1f}" for n, rate in enumerate(rates))
    return {"points": points, "most": f"{most:.1f}", "half": f"{most / 2:.1f}", "width": _WIDTH}


def _spread(frames: list[float], count: int, start: float, end: float) -> None:
    start, end = max(0.0, start), min(float(BINS), max(end, start + 1e-9))
    for number in range(int(start), min(BINS, int(end) + 1)):
        overlap = max(0.0, min(end, number + 1) - max(start, number))
        frames[number] += count * overlap / max(end - start, 1e-9)


def bars(values: Sequence[tuple[str, float]], unit: str) -> dict[str, Any]:
    """Horizontal bars: label, width, colour, what is written beside; and the axis under them, from 0 to the longest."""
    most = max((value for _, value in values), default=1.0) or 1.0
    ticks = [{"x": f"{_WIDTH * share / 2:.1f}", "label": f"{most * share:.0f}"} for share in (0, 0.5, 1)]
    return {"rows": _rows(values, most, unit), "ticks": ticks}


def _rows(values: Sequence[tuple[str, float]], most: float, unit: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "width": f"{_WIDTH * value / most / 2:.1f}",
            "colour": _COLOURS[n % len(_COLOURS)],
            "value": f"{value:.0f} {unit}".strip(),
            "y": 22 * n,
        }
        for n, (label, value) in enumerate(values)
    ]
