"""What people and machines did to a job: one function through which everything passes, and what it allows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline.evidence.history_file import Link, append_event, lock_history
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import PublishedRelease, published_manifest, record_of
from bodycam_pipeline.review.anchors import anchor, count_entries
from bodycam_pipeline.review.signatures import SIGNED, sign_event, why_not_listed, why_not_signed
from bodycam_pipeline.rules.review_state import ReviewState, review_state
from bodycam_pipeline.values.errors import HistoryError, NotApprovedError, PackageError, StateError
from bodycam_pipeline.values.event import Event, What
from bodycam_pipeline.values.names import why_no_name


def record(
    job: Folders,
    what: What,
    by: str,
    why: str = "",
    *,
    of: str = "",
    key: Ed25519PrivateKey | None = None,
    **facts: str,
) -> Event:
    """Write one event into a job's history; it is on the disk when this returns. Nothing else writes there.

    Args:
        job: Its folders.
        what: What was done.
        by: By whom.
        why: Why.
        of: SHA-256 of the manifest of the release that it was done to, where the caller has looked at one.
        key: The person's own, who submits or approves: needed where the policy asks for approvals.
        facts: What else belongs to this kind of event.

    Raises:
        PackageError: it is done to a release, and none is published here, it was changed since, or it is another one.
        StateError: it may not be done now, or not by this person, or not with this key; or nobody is named.
        HistoryError: the history was changed.
        VaultError: the recording lies in a vault that cannot be reached, or whose keys are missing.
        StorageError: the disk refused.
    """
    if odd := why_no_name(by):
        raise StateError(f"somebody has to be named: {odd}", remedy="Say who, as the name is written: --by NAME.")
    release = "" if what in {"worked", "spent", "decided", "commented"} else of or published_manifest(job)[0].manifest
    event = Event(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), what, by.strip(), why.strip(), release, facts)
    with lock_history(job.internal):
        if release:
            _refuse_not_allowed(job, event, key)
        append_event(job.internal, event, partial(_sign, job, key))
        if release:
            anchor(job, event)
    return event


def _sign(job: Folders, key: Ed25519PrivateKey | None, previous: str, event: Event) -> Event:
    return sign_event(job, previous, event, key) if key is not None and event.what in SIGNED else event


def _refuse_not_allowed(job: Folders, event: Event, key: Ed25519PrivateKey | None) -> None:
    published, now = _review_state(job)
    if published.manifest != event.release:
        raise PackageError(
            f"{job.release} was replaced while this command ran", remedy="Find out by whom, and run again."
        )
    if refused := _refused(published, now, event.what, event.by, key):
        raise refused


def why_refused(job: Folders, what: What, by: str, key: Ed25519PrivateKey | None) -> StateError | None:
    """Why a person may not do something to a job's release now, with this key; None where they may.

    Raises:
        PackageError: none is published here, or it was changed since.
        HistoryError: the history was changed.
    """
    return _refused(*_review_state(job), what, by, key)


def _refused(
    published: PublishedRelease, now: ReviewState, what: What, by: str, key: Ed25519PrivateKey | None
) -> StateError | None:
    if refusal := now.refusal(what, by):
        return StateError(refusal, remedy="`bodycam history` tells what was done and by whom.")
    if not now.needed or what not in SIGNED:
        return None
    if key is None:
        return StateError(
            f"{by} has not signed: the policy asks for approvals, so each is signed with the person's own key",
            remedy="Make a key with `bodycam keys new`; give the line that it prints to whoever writes the policy.",
        )
    if odd := why_not_listed(key.public_key(), by, published.reviewers):
        remedy = (
            "Sign as yourself: --by NAME --key FILE. With a new reviewer in the policy, redact into another folder."
        )
        return StateError(odd, remedy=remedy)
    return None


def history_of(job: Folders) -> tuple[Event, ...]:
    """Everything that was done to a job and is finished, the oldest first.

    Raises:
        HistoryError: it was changed after it was written, or is not the one that the custody log names.
    """
    return tuple(link.event for link, finished in count_entries(job) if finished)


def entries_of(job: Folders) -> tuple[tuple[Event, str], ...]:
    """Every entry, the oldest first, and why it does not count; "" where it does.

    Raises:
        HistoryError: as `history_of`.
    """
    published = record_of(job)
    reviewers = published.reviewers if published else {}
    return tuple((link.event, why) for link, why in _judged(job, reviewers, signed=bool(reviewers)))


def _judged(job: Folders, reviewers: dict[str, str], *, signed: bool) -> Iterator[tuple[Link, str]]:
    for link, finished in count_entries(job):
        if not finished:
            yield link, "it was never finished (whoever did it does it again)"
        else:
            yield link, why_not_signed(job, link, reviewers) if signed and link.event.what in SIGNED else ""


def review_state_of(job: Folders) -> ReviewState:
    """Where a job's release stands, and how many approvals its policy asks for.

    Raises:
        PackageError: none is published here, or it was changed since.
        HistoryError: the history was changed.
    """
    return _review_state(job)[1]


def _review_state(job: Folders) -> tuple[PublishedRelease, ReviewState]:
    published, manifest = published_manifest(job)
    rule = manifest["policy"]
    needed, own = int(rule["approvals"]), bool(rule.get("submitter_may_approve", False))
    judged = _judged(job, published.reviewers, signed=needed > 0)
    return published, review_state((link.event for link, why in judged if not why), published.manifest, needed, own=own)


def refuse_unapproved(job: Folders) -> PublishedRelease:
    """Refuse a release that fewer people have approved than its policy asks for; returns what is noted of it.

    Raises:
        NotApprovedError: that.
        PackageError, HistoryError: as `review_state_of`; or the last entry was never finished.
    """
    published, now = _review_state(job)
    _refuse_unfinished(job)
    if not now.may_be_released:
        raise NotApprovedError(
            f"{job.release} is {now.state} with {len(now.approvals)} of the {now.needed} approvals its policy asks for",
            remedy="`bodycam review submit`, then `bodycam review approve` by different people, each with an own key; "
            "`bodycam history` says which entries do not count, and why.",
        )
    return published


def _refuse_unfinished(job: Folders) -> None:
    """Refuse to go on from an entry that does not count: it may be a rejection."""
    *_, (last, finished) = count_entries(job) or [(None, True)]
    if last is not None and not finished:
        done = last.event
        raise HistoryError(
            f"the last entry, {done.what} by {done.by} at {done.at}, was never finished and does not count",
            remedy="Whoever did it does it again. If nobody did, find out who wrote it; then reject and submit again.",
        )


@contextmanager
def machine_time(job: Folders, did: str, workers: int) -> Iterator[None]:
    """Note how long the machine worked on a job, once it is done; work that was cut off is not counted."""
    start = time.monotonic()
    yield
    seconds = (time.monotonic() - start) * workers
    record(job, "worked", "bodycam", did=did, machine_seconds=f"{seconds:.1f}", workers=str(workers))
