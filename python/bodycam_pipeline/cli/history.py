"""`bodycam history`: everything that was done to a job, after the chain was found whole."""

import typer

from bodycam_pipeline.cli.job import Job
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import entries_of
from bodycam_pipeline.values.event import Event


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(history)


def history(job: Job, as_json: AsJson = False) -> None:
    """Print a job's history, the oldest first; refused if an entry was edited, moved or cut off."""
    events = entries_of(Folders.of(job))
    tell(
        {"events": [_facts(event) | {"counts": not why, "why_not": why} for event, why in events]},
        "\n".join(_sentence(event, why) for event, why in events) or "nothing was done yet",
        as_json=as_json,
    )


def _facts(event: Event) -> dict[str, object]:
    named = {name: getattr(event, name) for name in ("at", "what", "by", "why", "release")}
    return named | event.facts


def _sentence(event: Event, why_not: str) -> str:
    shown = {name: value for name, value in event.facts.items() if name not in {"key", "signature"}}
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
    signed = "signed" if "signature" in event.facts and not why_not else ""
    parts = "".join(
        f", {part}" for part in (facts, event.why, signed, why_not and f"does not count: {why_not}") if part
    )
    return f"{event.at}  {event.what} by {event.by}{parts}"
