"""What people and machines did to a job: one function through which everything passes, and what it allows."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bodycam_pipeline.evidence.history_file import append_event, held, read_events
from bodycam_pipeline.release.anchors import anchor, refuse_other_than_anchored
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import refuse_changed
from bodycam_pipeline.rules.standing import Standing, standing
from bodycam_pipeline.values.errors import NotApprovedError, StateError
from bodycam_pipeline.values.event import Event, What
from bodycam_pipeline.values.names import why_no_name


def record(job: Folders, what: What, by: str, why: str = "", **facts: str) -> Event:
    """Write one event into a job's history; it is on the disk when this returns. Nothing else writes there.

    Raises:
        PackageError: it is done to a release, and none is published here, or it was changed since.
        StateError: it may not be done now, or not by this person; or nobody is named.
        HistoryError: the history was changed.
        VaultError: the recording lies in a vault that cannot be reached, or whose keys are missing.
        StorageError: the disk refused.
    """
    if odd := why_no_name(by):
        raise StateError(f"somebody has to be named: {odd}", remedy="Say who, as the name is written: --by NAME.")
    release = "" if what in {"worked", "spent"} else refuse_changed(job)
    event = Event(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), what, by.strip(), why.strip(), release, facts)
    with held(job.internal):
        if release and (refusal := standing_of(job).refusal(what, by)):
            raise StateError(refusal, remedy="`bodycam history` tells what was done and by whom.")
        append_event(job.internal, event)
        if release:
            anchor(job, event)
    return event


def history_of(job: Folders) -> tuple[Event, ...]:
    """Everything that was done to a job, the oldest first.

    Raises:
        HistoryError: it was changed after it was written.
    """
    return read_events(job.internal)


def standing_of(job: Folders) -> Standing:
    """Where a job's release stands, and how many approvals its policy asks for.

    Raises:
        PackageError: none is published here, or it was changed since.
        HistoryError: the history was changed.
    """
    release = refuse_changed(job)
    manifest = json.loads((job.release / "manifest.json").read_text())
    rule = manifest["policy"]
    own = bool(rule.get("submitter_may_approve", False))
    return standing(history_of(job), release, int(rule["approvals"]), own=own)


def refuse_unapproved(job: Folders) -> None:
    """Refuse a release that fewer people have approved than its policy asks for.

    Raises:
        NotApprovedError: that.
        PackageError, HistoryError: as `standing_of`; or the history is not the one that the custody log names.
    """
    refuse_other_than_anchored(job)
    now = standing_of(job)
    if not now.may_be_released:
        raise NotApprovedError(
            f"{job.release} is {now.state} with {len(now.approvals)} of the {now.needed} approvals its policy asks for",
            remedy="`bodycam review submit`, then `bodycam review approve` by different people.",
        )


@contextmanager
def machine_time(job: Folders, did: str, workers: int) -> Iterator[None]:
    """Note how long the machine worked on a job, once it is done; work that was cut off is not counted."""
    start = time.monotonic()
    yield
    seconds = (time.monotonic() - start) * workers
    record(job, "worked", "bodycam", did=did, machine_seconds=f"{seconds:.1f}", workers=str(workers))
