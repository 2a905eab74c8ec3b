"""`bodycam review keep`, `hide`, `withhold` …: decide about a job; each act goes into its edits and its history.

Tracks are named by the numbers of the report; what is written is their place and time.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from bodycam_pipeline.cli.job import Job
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import read_draft, read_work
from bodycam_pipeline.review.decisions import DecisionStore, edits_path
from bodycam_pipeline.rules.anchoring import anchor_tracks
from bodycam_pipeline.values.edit_event import EditEvent
from bodycam_pipeline.values.edits import (
    Change,
    Confirm,
    Decision,
    Dismiss,
    Hide,
    Join,
    Keep,
    Mute,
    Split,
    Trim,
    Withhold,
)
from bodycam_pipeline.values.errors import EditsError

Made = TypeVar("Made", bound=Decision)

Tracks = Annotated[list[int], typer.Argument(metavar="TRACK...", help="Numbers of tracks, as the report has them.")]
Track = Annotated[int, typer.Argument(metavar="TRACK", help="The number of a track, as the report has it.")]
By = Annotated[str, typer.Option("--by", help="Your name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
LegalReason = Annotated[str, typer.Option("--reason", help="The legal reason; without it the policy's of the kind.")]
Comment = Annotated[str, typer.Option("--comment", help="What else the next person should know; it stays inside.")]
Kind = Annotated[str, typer.Option("--kind", help="A kind that the policy declares.")]
From = Annotated[str, typer.Option("--from", help='When it begins: mm:ss.mmm, or "pts N".')]
To = Annotated[str, typer.Option("--to", help='When it ends: mm:ss.mmm, or "pts N".')]
Box = Annotated[str, typer.Option("--box", help="Left,top,right,bottom in pixels of the upright frame.")]
Keyframes = Annotated[
    list[str], typer.Option("--at", help="Where the box is at a time: TIME=LEFT,TOP,RIGHT,BOTTOM. Repeatable.")
]


def add_to(group: typer.Typer) -> None:
    """Register the verbs."""
    for verb in (keep, confirm, change, split, join, trim, hide, withhold, mute, dismiss, undo, redo, decisions):
        group.command()(verb)


def keep(
    job: Job,
    tracks: Tracks,
    by: By,
    reason: Reason,
    comment: Comment = "",
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Several tracks, and nobody was shown their pictures; the history says so.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Leave tracks visible: the requester's. Several are one decision, which the page makes after showing each."""
    if len(set(tracks)) > 1 and not unseen:
        raise EditsError(
            f"{len(set(tracks))} tracks are to be kept visible at once, and a command line shows nobody a picture",
            remedy="Keep them in `bodycam review open`, which shows the worst frame of each, or add --unseen: "
            "the job's history then says that nothing was shown.",
        )
    said = {"by": by, "reason": reason, "comment": comment}
    _decide(job, by, [_of_tracks(Keep, job, tracks, said)], as_json=as_json, unseen=unseen)


def confirm(job: Job, tracks: Tracks, by: By, comment: Comment = "", as_json: AsJson = False) -> None:
    """Say that tracks are hidden rightly."""
    _decide(job, by, [_of_tracks(Confirm, job, tracks, {"by": by, "comment": comment})], as_json=as_json)


def change(
    job: Job,
    tracks: Tracks,
    by: By,
    kind: Kind = "",
    reason: LegalReason = "",
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Hide tracks as another kind, or for another reason."""
    said = {"by": by, "kind": kind or None, "reason": reason, "comment": comment}
    _decide(job, by, [_of_tracks(Change, job, tracks, said)], as_json=as_json)


def split(
    job: Job,
    track: Track,
    by: By,
    at: Annotated[str, typer.Option("--at", help="The first frame of the other thing.")],
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Say that a track is another thing from a frame on."""
    _decide(job, by, [_of_tracks(Split, job, [track], {"by": by, "at": at, "comment": comment})], as_json=as_json)


def join(job: Job, tracks: Tracks, by: By, comment: Comment = "", as_json: AsJson = False) -> None:
    """Say that tracks are one thing."""
    _decide(job, by, [_of_tracks(Join, job, tracks, {"by": by, "comment": comment})], as_json=as_json)


def trim(
    job: Job,
    track: Track,
    by: By,
    reason: Reason,
    start: From = "",
    end: To = "",
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Hide a track in a stretch of time alone."""
    said = {"by": by, "reason": reason, "comment": comment, "from": start or None, "to": end or None}
    given = {name: value for name, value in said.items() if value is not None}
    _decide(job, by, [_of_tracks(Trim, job, [track], given)], as_json=as_json)


def hide(
    job: Job,
    by: By,
    kind: Kind,
    at: Keyframes,
    follow: Annotated[bool, typer.Option("--follow", help="Follow it through the pixels.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Let it stand through the whole recording.")] = False,
    reason: LegalReason = "",
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Draw a box: one that moves between keyframes, is followed, or stands through the whole recording."""
    keyframes = [{"at": time, "box": _sides(box)} for time, _, box in (each.rpartition("=") for each in at)]
    said = {"by": by, "kind": kind, "reason": reason, "comment": comment, "follow": follow, "whole": whole}
    _decide(job, by, [_made(Hide, {**said, "keyframes": keyframes})], as_json=as_json)


def withhold(
    job: Job,
    by: By,
    start: From,
    end: To,
    kind: Kind = "",
    reason: LegalReason = "",
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Fill every frame of a stretch of time."""
    said = {"by": by, "from": start, "to": end, "kind": kind or None, "reason": reason, "comment": comment}
    _decide(job, by, [_made(Withhold, said)], as_json=as_json)


def mute(
    job: Job, by: By, start: From, end: To, reason: Reason, comment: Comment = "", as_json: AsJson = False
) -> None:
    """Make the sound of a stretch of time silence."""
    said = {"by": by, "from": start, "to": end, "reason": reason, "comment": comment}
    _decide(job, by, [_made(Mute, said)], as_json=as_json)


def dismiss(
    job: Job,
    by: By,
    start: From,
    end: To,
    box: Box,
    reason: Reason,
    comment: Comment = "",
    as_json: AsJson = False,
) -> None:
    """Say that what the second look saw in a box is nothing to hide."""
    said = {"by": by, "from": start, "to": end, "box": _sides(box), "reason": reason, "comment": comment}
    _decide(job, by, [_made(Dismiss, said)], as_json=as_json)


def undo(job: Job, by: By, as_json: AsJson = False) -> None:
    """Take back the last act."""
    _tell(job, DecisionStore(Folders.of(job)).undo(by), as_json=as_json)


def redo(job: Job, by: By, as_json: AsJson = False) -> None:
    """Do again what was taken back last."""
    _tell(job, DecisionStore(Folders.of(job)).redo(by), as_json=as_json)


def decisions(job: Job, as_json: AsJson = False) -> None:
    """Print what was decided, in the order of edits.toml."""
    state = DecisionStore(Folders.of(job)).state()
    decided = state.edits.decisions()
    lines = [f"{each.table} by {each.by}: {each.reason or 'no reason'}" for each in decided]
    facts = {"file": edits_path(Folders.of(job)), "acts": state.number, "decisions": state.edits.as_tables()}
    tell(facts, "\n".join(lines) or "nothing was decided yet", as_json=as_json)


def _of_tracks(made: type[Made], job: Path, tracks: Sequence[int], said: dict[str, Any]) -> Made:
    """A decision about tracks of the plan as it was detected, named by their places."""
    draft, (recording, _) = read_draft(Folders.of(job)), read_work(Folders.of(job))
    anchors = anchor_tracks(draft, tracks, recording.video)
    return _made(made, {**said, "anchors": anchors, "plan": draft.sha256})


def _made(made: type[Made], said: dict[str, Any]) -> Made:
    try:
        return made.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        why = str(first["msg"]).removeprefix("Value error, ")
        raise EditsError(
            f"{made.table}{f', {place}' if place else ''}: {why}",
            remedy=f"Correct it: `bodycam review {made.table} --help` says how each is written.",
        ) from None


def _sides(text: str) -> list[float]:
    try:
        left, top, right, bottom = (float(each) for each in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no box: write left,top,right,bottom", param_hint="--box, --at") from None
    return [left, top, right, bottom]


def _decide(job: Path, by: str, made: Sequence[Decision], *, as_json: bool, unseen: bool = False) -> None:
    folders = Folders.of(job)
    draft = read_draft(folders)
    event = DecisionStore(folders).decide(by, made[0].table, plan=draft.sha256, add=made, unseen=unseen)
    _tell(job, event, as_json=as_json)


def _tell(job: Path, event: EditEvent, *, as_json: bool) -> None:
    facts = {"act": event.act, "number": event.number, "file": edits_path(Folders.of(job))}
    sentence = f"{event.act}, act {event.number} of {facts['file']}: `bodycam redact` takes it from there"
    tell(facts, sentence, as_json=as_json)
