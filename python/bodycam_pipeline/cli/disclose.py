"""`bodycam disclose`: note to whom a package was given, by which channel, and why."""

from typing import Annotated

import typer

from bodycam_pipeline.cli.job import By, Job, Why
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import record

To = Annotated[str, typer.Option("--to", help="Who got it.")]
Channel = Annotated[str, typer.Option("--channel", help="How: by post, by download, in person.")]


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(disclose)


def disclose(job: Job, to: To, channel: Channel, why: Why, by: By, as_json: AsJson = False) -> None:
    """Note that a package was handed out; `bodycam history` shows it."""
    event = record(Folders.of(job), "disclosed", by, why, to=to, channel=channel)
    facts = {"state": "noted", "at": event.at, "to": to, "channel": channel, "why": why, "by": by}
    tell(facts, f"noted: given to {to} by {channel}, {event.at}", as_json=as_json)
