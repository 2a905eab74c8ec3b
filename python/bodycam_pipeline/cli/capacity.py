"""`bodycam plan-capacity`: hours, deadline and measured rates in, machines out."""

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.backlog.capacity import SPARE, Capacity, Load, capacity, hours_of
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.errors import WorkListError

TABLE_TERABYTES = (0.1, 0.25, 0.5, 1, 2, 5)
"""Amounts per night that the table has a row for."""


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("plan-capacity")(plan_capacity)


def plan_capacity(
    hours: Annotated[float | None, typer.Option("--hours", min=0.01, help="Hours of footage.")] = None,
    terabytes: Annotated[float | None, typer.Option("--terabytes", min=0.001, help="Instead of --hours.")] = None,
    megabits: Annotated[float, typer.Option("--mbit", min=0.1, help="Mbit/s of the footage, for --terabytes.")] = 12.0,
    fps: Annotated[float, typer.Option("--fps", min=0.1, help="Frames per second of the footage.")] = 30.0,
    nights: Annotated[int, typer.Option("--nights", min=1, help="Nights until the deadline.")] = 1,
    night_hours: Annotated[float, typer.Option("--night-hours", min=0.1, max=24, help="Hours per night.")] = 10.0,
    workers: Annotated[int, typer.Option("--workers-per-node", min=1, help="Cores of a node.")] = os.cpu_count() or 1,
    rate: Annotated[float | None, typer.Option("--rate", min=0.001, help="Frames/s of one worker, measured.")] = None,
    ledger: Annotated[Path | None, typer.Option("--ledger", help="Measure the rate from what a ledger did.")] = None,
    table: Annotated[bool, typer.Option("--table", help="A table for several amounts, as Markdown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compute how many machines finish a backlog in time, from rates that were measured."""
    if table:
        one = Load(1.0, fps, nights, night_hours, _rate(rate, ledger), workers)
        rows = [(amount, replace(one, hours=hours_of(amount, megabits))) for amount in TABLE_TERABYTES]
        facts = {"rows": [{"terabytes": amount} | asdict(load) | asdict(capacity(load)) for amount, load in rows]}
        tell(facts, _table(rows, megabits), as_json=as_json)
        return
    footage = hours if hours is not None else hours_of(terabytes, megabits) if terabytes is not None else None
    if footage is None:
        raise WorkListError("how much footage there is was not said", remedy="Give --hours or --terabytes.")
    load = Load(footage, fps, nights, night_hours, _rate(rate, ledger), workers)
    needed = capacity(load)
    tell(asdict(load) | asdict(needed), _sentences(load, needed), as_json=as_json)


def _rate(rate: float | None, ledger: Path | None) -> float:
    if rate is not None:
        return rate
    if ledger is None or not ledger.exists():
        remedy = "Run a batch of typical recordings first and give its --ledger, or give --rate."
        raise WorkListError("no measured rate", remedy=remedy)
    with Ledger(ledger) as opened:
        frames, seconds = opened.frames(), sum(opened.effort_since(0.0).values())
    if not frames or not seconds:
        raise WorkListError(f"{ledger.name} has published nothing yet", remedy="Run a batch first, or give --rate.")
    return frames / seconds


def _sentences(load: Load, needed: Capacity) -> str:
    return (
        f"{load.hours:.0f} h at {load.frames_per_second:g} frames/s are {needed.frames} frames: "
        f"{needed.machine_hours:.0f} worker hours at {load.rate:.2f} frames/s each\n"
        f"  workers: {needed.workers} through {load.nights} nights of {load.night_hours:g} h ({SPARE:.0%} to spare)\n"
        f"  nodes:   {needed.nodes} of {load.workers_per_node} workers\n"
        f"  one node would need {needed.nights_with_one_node} nights"
    )


def _table(rows: Sequence[tuple[float, Load]], megabits: float) -> str:
    one = rows[0][1]
    lines = [
        f"{megabits:g} Mbit/s, {one.frames_per_second:g} frames/s; {one.rate:.2f} frames/s per worker; "
        f"{one.nights} x {one.night_hours:g} h, {SPARE:.0%} to spare; {one.workers_per_node} workers per node",
        "",
        "| terabytes | hours of footage | worker hours | workers | nodes |",
        "|---:|---:|---:|---:|---:|",
    ]
    for amount, load in rows:
        needed = capacity(load)
        figures = (f"{load.hours:.0f}", f"{needed.machine_hours:.0f}", str(needed.workers), str(needed.nodes))
        lines.append(f"| {amount:g} | {' | '.join(figures)} |")
    return "\n".join(lines)
