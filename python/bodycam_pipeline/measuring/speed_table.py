"""What a benchmark found, as rows: for the terminal, for Markdown, for Parquet, and as a picture."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.table import Table

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.parquet import parquet_bytes
from bodycam_pipeline.measuring.benchmark import Result
from bodycam_pipeline.measuring.tools import DECODE, DEFACE, TRANSCODE
from bodycam_pipeline.reports.templates import render_template

Row = dict[str, Any]
HEADINGS = (
    "recording",
    "program",
    "frames/s",
    "CPU ms/frame",
    "peak MiB",
    "x deface",
    "x transcode",
    "x decode",
    "hidden",
    "needed",
    "excess",
    "copied",
)

SHARES = ("share_hidden", "share_needed", "share_excess", "share_copied")


def rows(recording: str, results: Sequence[Result]) -> Iterator[Row]:
    """One row per tool; medians of the rounds, ratios round by round."""
    by_name = {result.tool.name: result for result in results}

    def beside(result: Result, name: str) -> float | None:
        return result.times_as_fast_as(by_name[name]) if name in by_name else None

    for result in results:
        yield {
            "recording": recording,
            "program": result.tool.name,
            "rounds": len(result.costs),
            "frames_per_second": 1 / result.per_frame(lambda cost: cost.wall_seconds),
            "cpu_ms_per_frame": 1000 * result.per_frame(lambda cost: cost.cpu_seconds),
            "peak_mib": result.median(lambda cost: cost.peak_bytes) / 2**20,
            "times_deface": beside(result, DEFACE),
            "times_transcode": beside(result, TRANSCODE),
            "times_decode": beside(result, DECODE),
            "share_hidden": result.found.hidden,
            "share_needed": result.found.needed,
            "share_excess": result.found.excess,
            "share_copied": result.found.copied,
        }


def table(measured: Sequence[Row]) -> Table:
    """For the terminal."""
    drawn = Table(*HEADINGS[1:])
    for recording, rows_of_one in groupby(measured, key=lambda row: row["recording"]):
        drawn.add_row(f"[bold]{recording}")
        for row in rows_of_one:
            drawn.add_row(*_cells(row)[1:])
        drawn.add_section()
    return drawn


def markdown(measured: Sequence[Row], machine: str) -> str:
    """For a document."""
    lines = [" | ".join(HEADINGS), "|".join("---" for _ in HEADINGS), *(" | ".join(_cells(row)) for row in measured)]
    return f"{machine}\n\n" + "".join(f"| {line} |\n" for line in lines)


def write(measured: Sequence[Row], machine: str, folder: Path) -> None:
    """Write ``speed.parquet``, ``speed.md`` and ``speed.svg``.

    Raises:
        StorageError: the disk refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "speed.parquet", parquet_bytes(pa.Table.from_pylist(list(measured))))
    write_atomically(folder / "speed.md", markdown(measured, machine).encode())
    most = max(row["frames_per_second"] for row in measured)
    picture = render_template("measuring", "speed.svg.j2", rows=measured, most=most)
    write_atomically(folder / "speed.svg", picture.encode())


def _cells(row: Row) -> list[str]:
    def number(name: str, digits: int) -> str:
        return "-" if row[name] is None else f"{row[name]:.{digits}f}"

    ratios = [number(f"times_{peer}", 2) for peer in ("deface", "transcode", "decode")]
    shares = ["-" if row[name] is None else f"{row[name]:.1%}" for name in SHARES]
    measured = [number("frames_per_second", 1), number("cpu_ms_per_frame", 1), number("peak_mib", 0)]
    return [row["recording"], row["program"], *measured, *ratios, *shares]
