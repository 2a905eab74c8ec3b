"""`bodycam history`: everything that was done to a job, after the chain was found whole."""

import typer

from bodycam_pipeline.cli.job import Job
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.release.anchors import refuse_other_than_anchored
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.history import history_of
from bodycam_pipeline.values.event import Event


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(history)


def history(job: Job, as_json: AsJson = False) -> None:
    """Print a job's history, the oldest first; refused if an entry was edited, moved or cut off."""
    refuse_other_than_anchored(Folders.of(job))
    events = history_of(Folders.of(job))
    tell(
        {"events": [_facts(event) for event in events]},
        "\n".join(map(_sentence, events)) or "nothing was done yet",
        as_json=as_json,
    )


def _facts(event: Event) -> dict[str, object]:
    named = {name: getattr(event, name) for name in ("at", "what", "by", "why", "release")}
    return named | event.facts


def _sentence(event: Event) -> str:
    facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in event.facts.items())
    return f"{event.at}  {event.what} by {event.by}" + "".join(f", {part}" for part in (facts, event.why) if part)
