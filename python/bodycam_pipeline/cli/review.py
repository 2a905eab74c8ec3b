"""`bodycam review`: submit a release, approve it, reject it; who did, when and why goes into the job's history."""

from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli import decide
from bodycam_pipeline.cli.job import By, Job, Why
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.cli.page import open_page
from bodycam_pipeline.evidence.keys import own_key, read_private_key
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import record, review_state_of
from bodycam_pipeline.values.event import What

Key = Annotated[Path | None, typer.Option("--key", help="Your private key; else the one that `bodycam keys new` made.")]
WhyNot = Annotated[str, typer.Option("--reason", help="What has to change, for the job's history.")]


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(
        help="See (open), decide (keep, hide, mute …), and go from draft to approved (submit, approve, reject, show).",
        no_args_is_help=True,
    )
    group.command("open")(open_page)
    decide.add_to(group)
    for verb in (submit, approve, reject, show):
        group.command()(verb)
    app.add_typer(group, name="review")


def submit(job: Job, by: By, why: Why = "", key: Key = None, as_json: AsJson = False) -> None:
    """Put a draft before those who approve it; signed where the policy asks for approvals."""
    _done(job, "submitted", by, why, key, as_json=as_json)


def approve(job: Job, by: By, why: Why = "", key: Key = None, as_json: AsJson = False) -> None:
    """Agree that a release may be handed out; as many different people as the policy asks for have to, and sign."""
    _done(job, "approved", by, why, key, as_json=as_json)


def reject(job: Job, by: By, why: WhyNot, as_json: AsJson = False) -> None:
    """Send a release back to draft; approvals so far are void."""
    _done(job, "rejected", by, why, None, as_json=as_json)


def show(job: Job, as_json: AsJson = False) -> None:
    """Print where a release stands."""
    _tell(Folders.of(job), as_json=as_json)


def _done(job: Path, what: What, by: str, why: str, key: Path | None, *, as_json: bool) -> None:
    folders = Folders.of(job)
    mine = key or (own_key() if review_state_of(folders).needed and own_key().exists() else None)
    record(folders, what, by, why, key=read_private_key(mine) if mine else None)
    _tell(folders, as_json=as_json)


def _tell(folders: Folders, *, as_json: bool) -> None:
    now = review_state_of(folders)
    facts = {"state": now.state, "approvals": now.approvals, "needed": now.needed}
    names = f" ({', '.join(now.approvals)})" if now.approvals else ""
    sentences = f"{now.state}: {len(now.approvals)} of {now.needed} approvals that the policy asks for{names}"
    tell(facts, sentences, as_json=as_json)
