"""From decided to approved: render and verify, submit, approve, ask for changes; by the functions of the product."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline.durable import make_private_folder
from bodycam_pipeline.evidence.keys import own_key, read_private_key
from bodycam_pipeline.evidence.plan_file import plan_sha256
from bodycam_pipeline.page.remarks import FrameLocation, remarks_of
from bodycam_pipeline.page.review import Review
from bodycam_pipeline.passes import Watch
from bodycam_pipeline.pipeline import redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import record_of
from bodycam_pipeline.review.history import history_of, record, review_state_of, why_refused
from bodycam_pipeline.rules.review_state import ReviewState
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.errors import BodycamError, StateError
from bodycam_pipeline.values.event import What

SET_ASIDE = "set-aside"
STEPS: dict[str, What] = {"submit": "submitted", "approve": "approved", "reject": "rejected"}
_NEXT: dict[str, What] = {"draft": "submitted", "in review": "approved"}
"""What comes next in each state."""


def standing_facts(review: Review, by: str, *, own: bool) -> dict[str, Any]:
    """Where the job stands, what was said of it, and why this person may not take the next step, if they may not.

    Args:
        review: The job.
        by: The person who looks.
        own: Whether this server runs as that person, whose key may sign.
    """
    folders = review.folders
    try:
        remarks = remarks_of(folders)
        if not folders.release.exists():
            needed = review.policy.review.approvals
            return {"state": "not rendered", "rendered": False, "approvals": [], "needed": needed, "remarks": remarks}
        now = review_state_of(folders)
    except BodycamError as error:
        refused = {"state": "refused", "rendered": False, "approvals": [], "needed": 0, "remarks": []}
        return refused | {"why": error.what}
    return {
        "remarks": remarks,
        "state": now.state,
        "sent_back_by": now.sent_back_by,
        "refused": _why_not_next(folders, now, by, own=own),
        "rendered": _is_rendered(review),
        "approvals": list(now.approvals),
        "needed": now.needed,
        "watched": [dict(event.facts) for event in history_of(folders) if event.what == "watched"],
    }


def _why_not_next(folders: Folders, now: ReviewState, by: str, *, own: bool) -> dict[str, str] | None:
    """What the command line would say to the next step; the page offers none that it refuses."""
    step = _NEXT.get(now.state)
    refused = why_refused(folders, step, by, _key(now.needed, own=own)) if step else None
    return {"what": refused.what, "remedy": refused.remedy} if refused else None


def render_job(review: Review, runner: Runner, watch: Watch, by: str) -> None:
    """Render what was decided, verify it, look at it a second time, publish it; then read the job again.

    A draft that stands there already, made of earlier decisions, is moved inside first: nothing is replaced.

    Raises:
        StateError: what stands there is in review or approved.
        NeedsReviewError: the second look saw what nothing explains; the findings are there.
        BodycamError: as `redact`.
    """
    try:
        if review.folders.release.exists() and not _is_rendered(review):
            _set_aside(review.folders, by)
        redact(review.order(), runner, watch)
    finally:
        review.reload()


def _set_aside(folders: Folders, by: str) -> None:
    now = review_state_of(folders)
    if now.state != "draft":
        raise StateError(
            f"the release is {now.state}, and what was decided since is not in it",
            remedy="Ask for changes first: the release is then a draft again.",
        )
    published = record_of(folders)
    place = folders.internal / SET_ASIDE
    make_private_folder(place)
    name = f"{published.manifest[:16] if published else 'unknown'}.release"
    with folders.locked():
        folders.release.rename(_free(place / name))
    record(folders, "worked", by, "its decisions were changed", did="set aside", machine_seconds="0.0", workers="0")


def _free(path: Path) -> Path:
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return found


def take_step(
    review: Review, what: str, by: str, why: str, *, own: bool, location: FrameLocation | None = None
) -> None:
    """Submit, approve or ask for changes.

    Args:
        review: The job.
        what: A key of `STEPS`.
        by: The person.
        why: Their reason or comment.
        own: Whether this server runs as that person, whose key may sign.
        location: The place in a frame of which they speak.

    Raises:
        StateError: it may not be done now, or not by this person, or not without a key.
        BodycamError: as `record`.
    """
    if what != "reject" and not _is_rendered(review):
        raise StateError("what was decided is not rendered yet", remedy="Render it, and look at what comes back.")
    if what == "reject" and not why.strip():
        raise StateError("nobody knows what to change", remedy="Say what has to change.")
    place: dict[str, Any] = location.facts(review) if location else {}
    record(review.folders, STEPS[what], by, why, key=_key(review.policy.review.approvals, own=own), **place)


def _is_rendered(review: Review) -> bool:
    """True where the release that stands there is of what is decided now."""
    published = record_of(review.folders) if review.folders.release.exists() else None
    return published is not None and published.plan == plan_sha256(review.current.plan)


def note_watched(review: Review, by: str, parts: Sequence[Sequence[float]]) -> None:
    """Write down which parts of the finished picture a person watched, and at which speed at most.

    Args:
        review: The job.
        by: The person.
        parts: First pts, end pts and greatest speed of each, ascending.

    Raises:
        BodycamError: as `record`.
    """
    span = review.recording.span
    whole = span.end_pts - span.start_pts
    cut = [(max(a, span.start_pts), min(b, span.end_pts), speed) for a, b, speed in parts]
    spans = [(a, b, speed) for a, b, speed in cut if b > a]
    share = sum(b - a for a, b, _ in spans) / whole
    watched = ", ".join(f"{a:.0f}-{b:.0f} at {speed:g}x" for a, b, speed in spans[:200])
    record(review.folders, "watched", by, parts=watched, share=f"{min(share, 1.0):.3f}")


def _key(needed: int, *, own: bool) -> Ed25519PrivateKey | None:
    if not needed or not own or not own_key().exists():
        return None
    return read_private_key(own_key())
