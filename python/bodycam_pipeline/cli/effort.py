"""`bodycam effort`: minutes of people and of machines that a release took, and what they come to."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated

import typer

from bodycam_pipeline.cli.job import By, Job
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.effort import effort_of
from bodycam_pipeline.review.history import history_of, record

Minutes = Annotated[int, typer.Option("--minutes", min=1, help="How long a person worked on it.")]
Work = Annotated[str, typer.Option("--reason", help="On what: search, review, a second look.")]
Rate = Annotated[str, typer.Option("--per-hour", help="Fee for an hour of a person's work, as 30.00.")]


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(help="Minutes and fees: add, show.", no_args_is_help=True)
    group.command()(add)
    group.command()(show)
    app.add_typer(group, name="effort")


def add(job: Job, minutes: Minutes, why: Work, by: By, as_json: AsJson = False) -> None:
    """Note minutes that a person worked on a release."""
    event = record(Folders.of(job), "spent", by, why, minutes=str(minutes))
    tell({"state": "noted", "at": event.at, "minutes": minutes}, f"noted: {minutes} minutes, {why}", as_json=as_json)


def show(job: Job, per_hour: Rate = "0", as_json: AsJson = False) -> None:
    """Print the minutes so far; machines work by themselves, once per worker, and cost no fee."""
    effort = effort_of(history_of(Folders.of(job)))
    fee = (effort.human_minutes * _money(per_hour) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)
    facts = {"human_minutes": effort.human_minutes, "machine_minutes": effort.machine_minutes, "fee": str(fee)}
    sentences = f"people: {effort.human_minutes} minutes, fee {fee}\nmachines: {effort.machine_minutes} minutes"
    tell(facts, sentences, as_json=as_json)


def _money(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"not an amount: {text!r} (write 30 or 30.00)")
    return amount
