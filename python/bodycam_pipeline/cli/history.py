"""`bodycam history`: everything that was done to a job, after the chain was found whole."""

import typer

from bodycam_pipeline.cli.job import Job
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.anchors import told
from bodycam_pipeline.values.event import Event


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(history)


def history(job: Job, as_json: AsJson = False) -> None:
    """Print a job's history, the oldest first; refused if an entry was edited, moved or cut off."""
    events = told(Folders.of(job))
    tell(
        {"events": [_facts(event) | {"counts": counts} for event, counts in events]},
        "\n".join(_sentence(event, counts=counts) for event, counts in events) or "nothing was done yet",
        as_json=as_json,
    )


def _facts(event: Event) -> dict[str, object]:
    named = {name: getattr(event, name) for name in ("at", "what", "by", "why", "release")}
    return named | event.facts


def _sentence(event: Event, *, counts: bool) -> str:
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in event.facts.items())
    unfinished = "" if counts else "does not count: it was never finished (whoever did it does it again)"
    parts = "".join(f", {part}" for part in (facts, event.why, unfinished) if part)
    return f"{event.at}  {event.what} by {event.by}{parts}"
