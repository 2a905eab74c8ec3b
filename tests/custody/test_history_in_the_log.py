"""A job's history held against the custody log: a history that was rewritten whole, head and all, is refused."""

import hashlib
import json
from pathlib import Path

import pytest

from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.evidence.history_file import FORMAT, HEAD, HISTORY, _mac, read_chain
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.anchors import count_entries
from bodycam_pipeline.review.history import refuse_unapproved, review_state_of
from bodycam_pipeline.values.errors import HistoryError
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner, look_here
from tests.people import decide, review

ANNA, BEN, CARA = "Anna Ashdown", "Ben Bracewell", "Cara Clutterbuck"


@pytest.fixture
def job(session: VaultSession, tmp_path: Path) -> Folders:
    """Two people have rejected what they saw."""
    (one,) = ingest(session, [clip(tmp_path / "a.mp4", frames=3)], {}, lambda _one: None, look_here)
    policy = quick_policy(review=review(1, ANNA, BEN, CARA))
    job = redact(Order(one.address, tmp_path / "out", policy), InlineRunner()).folders
    for what, by in (("submitted", ANNA), ("approved", BEN), ("rejected", CARA)):
        decide(job, what, by)  # type: ignore[arg-type]
    return job


def test_the_log_names_every_entry_about_a_release_and_no_person(job: Folders, session: VaultSession) -> None:
    entries = [entry for _, entry in session.log.entries() if entry["event"].startswith("release ")]
    assert [entry["event"] for entry in entries] == ["release submitted", "release approved", "release rejected"]
    assert len({entry["history"] for entry in entries}) == 3
    assert not [entry for entry in entries if any(name in str(entry) for name in (ANNA, BEN, CARA))]
    count_entries(job)


def test_a_history_that_is_put_back_with_its_head_is_refused(job: Folders) -> None:
    """The rejection is taken out, and everything beside it agrees: only the log knows better."""
    lines = (job.internal / HISTORY).read_text().splitlines(keepends=True)
    record_again(job, lines[:-1])
    assert [link.event.what for link in read_chain(job.internal) if link.finished] == [
        "worked",
        "submitted",
        "approved",
    ]
    for refuse in (count_entries, refuse_unapproved):
        with pytest.raises(HistoryError, match="not the one that the custody log names"):
            refuse(job)


def record_again(job: Folders, lines: list[str]) -> None:
    """What somebody who has even read the job's secret does."""
    (job.internal / HISTORY).write_text("".join(lines))
    macs = [_mac(job.internal, "history", line.rstrip("\n")) for line in lines]
    head = {"format": FORMAT, "entries": macs, "mac": _mac(job.internal, "head of the history", " ".join(macs))}
    (job.internal / HEAD).write_text(json.dumps(head))


def test_a_history_that_is_written_anew_from_its_first_entry_is_refused(job: Folders) -> None:
    previous, lines = "0" * 64, []
    for line in (job.internal / HISTORY).read_text().splitlines()[:-1]:
        value = json.loads(line) | {"previous": previous, "by": ANNA}
        lines.append(f"{json.dumps(value, ensure_ascii=False)}\n")
        previous = hashlib.sha256(lines[-1].rstrip("\n").encode()).hexdigest()
    record_again(job, lines)
    assert [link.event.by for link in read_chain(job.internal) if link.finished][-1] == ANNA
    with pytest.raises(HistoryError, match="not the one"):
        refuse_unapproved(job)


def test_what_a_machine_stopped_in_the_middle_of_counts_once_it_was_done_again(
    job: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopped:
        stopped.setattr("bodycam_pipeline.review.history.anchor", lambda *_: None)
        decide(job, "submitted", ANNA)
    count_entries(job)
    assert review_state_of(job).state == "draft"
    with pytest.raises(HistoryError, match="submitted by Anna Ashdown"):
        refuse_unapproved(job)
    decide(job, "submitted", ANNA)
    decide(job, "approved", BEN)
    refuse_unapproved(job)
