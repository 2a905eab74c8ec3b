"""From draft to released: who may do what when, and a history that shows when it was touched."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.history_file import HEAD, HISTORY
from bodycam_pipeline.evidence.keys import new_key, read_private_key
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.effort import effort_of
from bodycam_pipeline.review.history import history_of, record, review_state_of
from bodycam_pipeline.values.errors import HistoryError, NotApprovedError, PackageError, StateError
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner
from tests.people import decide, review

ANNA, BEN, CARA = "Anna Ashdown", "Ben Bracewell", "Cara Clutterbuck"
PEOPLE = [f"Person {letter}" for letter in "ABCDEF"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folder = tmp_path_factory.mktemp("review")
    path = clip(folder / "recording.mp4", frames=3)
    policy = quick_policy(review=review(2, ANNA, BEN, CARA, *PEOPLE))
    return redact(Order(str(path), folder / "out", policy), InlineRunner()).folders


@pytest.fixture
def job(published: Folders, tmp_path: Path) -> Folders:
    shutil.copytree(published.out, tmp_path / "out")
    return Folders(tmp_path / "out", published.name)


def package(job: Folders) -> None:
    new_key(job.out / "agency.pem")
    make_package(job, job.out / "package", read_private_key(job.out / "agency.pem"), ANNA, InlineRunner())


def test_two_different_people_approve_before_it_is_released(job: Folders) -> None:
    states = [review_state_of(job).state]
    for what, by in (("submitted", ANNA), ("approved", BEN), ("approved", CARA)):
        decide(job, what, by)
        states.append(review_state_of(job).state)
    package(job)
    assert [*states, review_state_of(job).state] == ["draft", "in review", "in review", "approved", "released"]


def test_a_package_without_the_approvals_is_refused_and_nothing_is_written(job: Folders) -> None:
    for what, by in ((None, ""), ("submitted", ANNA), ("approved", BEN)):
        if what:
            decide(job, what, by)  # type: ignore[arg-type]
        with pytest.raises(NotApprovedError, match="of the 2 approvals"):
            make_package(job, job.out / "package", None, ANNA, InlineRunner())  # type: ignore[arg-type]
        assert not (job.out / "package").exists()
    assert "released" not in {event.what for event in history_of(job)}


@pytest.mark.parametrize("spelled", [BEN, "ben  bracewell", " BEN BRACEWELL ", "Ben Bracewell"])
def test_one_person_cannot_approve_twice(job: Folders, spelled: str) -> None:
    decide(job, "submitted", ANNA)
    decide(job, "approved", BEN)
    with pytest.raises(StateError, match="different people"):
        decide(job, "approved", spelled)


def test_a_rejection_voids_the_approvals(job: Folders) -> None:
    decide(job, "submitted", ANNA)
    decide(job, "approved", BEN)
    decide(job, "approved", CARA)
    decide(job, "rejected", ANNA, "a face in the window")
    now = review_state_of(job)
    assert (now.state, now.sent_back_by) == ("draft", ANNA)
    decide(job, "submitted", ANNA)
    now = review_state_of(job)
    assert (now.approvals, now.sent_back_by) == ((), None)


@pytest.mark.parametrize("what", ["approved", "rejected", "disclosed", "opened"])
def test_a_draft_can_only_be_submitted(job: Folders, what: str) -> None:
    with pytest.raises(StateError, match="what is draft cannot be"):
        decide(job, what, ANNA)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "  "])
def test_somebody_has_to_be_named(job: Folders, name: str) -> None:
    with pytest.raises(StateError, match="named"):
        decide(job, "submitted", name)


def test_what_was_approved_is_this_very_release(job: Folders) -> None:
    """Another manifest under the same name starts as a draft, whoever approved the one before."""
    for what, by in (("submitted", ANNA), ("approved", BEN), ("approved", CARA)):
        decide(job, what, by)
    manifest, record = job.release / "manifest.json", job.internal / "job.json"
    manifest.write_text(f"{manifest.read_text()}\n")
    with pytest.raises(PackageError, match="not what was published"):
        review_state_of(job)
    import hashlib

    facts = json.loads(record.read_text()) | {"manifest": hashlib.sha256(manifest.read_bytes()).hexdigest()}
    record.write_text(json.dumps(facts))
    with pytest.raises(PackageError, match="was changed after it was written"):
        review_state_of(job)


def test_a_policy_that_asks_for_nobody_needs_nobody(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=3)
    job = redact(Order(str(path), tmp_path / "out", quick_policy()), InlineRunner()).folders
    package(job)
    record(job, "disclosed", ANNA, "request 2026-0117", to="D. Requester", channel="by post")
    last = history_of(job)[-1]
    assert (last.what, last.facts) == ("disclosed", {"to": "D. Requester", "channel": "by post"})


def test_minutes_of_people_and_machines_add_up(job: Folders) -> None:
    record(job, "spent", ANNA, "search", minutes="20")
    record(job, "spent", BEN, "review", minutes="25")
    effort = effort_of(history_of(job))
    assert effort.human_minutes == 45
    (worked,) = (event for event in history_of(job) if event.what == "worked")
    assert worked.facts["did"] == "redact"
    assert effort.machine_minutes == round(float(worked.facts["machine_seconds"]) / 60, 1)


def test_times_are_of_the_clock_in_utc(job: Folders) -> None:
    from datetime import UTC, datetime

    before = datetime.now(UTC).replace(microsecond=0)
    at = datetime.fromisoformat(decide(job, "submitted", ANNA).at)
    assert before <= at <= datetime.now(UTC)


def test_people_who_act_at_once_act_one_after_the_other(job: Folders) -> None:
    """Eight at a time, one of them twice: every entry is there once, and the one who comes twice is refused once."""
    decide(job, "submitted", ANNA)
    names = [BEN, BEN, *PEOPLE]
    with ThreadPoolExecutor(len(names)) as pool:
        outcomes = list(pool.map(lambda name: _tried(job, name), names))
    approvals = [event.by for event in history_of(job) if event.what == "approved"]
    assert len(approvals) == len(set(approvals)) == outcomes.count(True)


def _tried(job: Folders, name: str) -> bool:
    try:
        decide(job, "approved", name)
    except StateError:
        return False
    return True


def edited(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace(ANNA, BEN), *lines[2:]]


def edited_last(lines: list[str]) -> list[str]:
    return [*lines[:-1], lines[-1].replace(CARA, ANNA)]


def cut_off(lines: list[str]) -> list[str]:
    return lines[:-1]


def moved(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], lines[3]]


def taken_out(lines: list[str]) -> list[str]:
    return [lines[0], *lines[2:]]


def added(lines: list[str]) -> list[str]:
    return [*lines, lines[-1]]


def emptied(lines: list[str]) -> list[str]:
    return lines[:0]


@pytest.mark.parametrize("change", [edited, edited_last, cut_off, moved, taken_out, added, emptied])
def test_a_history_that_was_touched_is_refused_and_nothing_is_added(
    job: Folders, change: Callable[[list[str]], list[str]]
) -> None:
    for what, by in (("submitted", ANNA), ("approved", BEN), ("approved", CARA)):
        decide(job, what, by)  # type: ignore[arg-type]
    path = job.internal / HISTORY
    path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="was changed"):
        history_of(job)
    with pytest.raises(HistoryError):
        record(job, "spent", ANNA, minutes="5")
    with pytest.raises(HistoryError):
        make_package(job, job.out / "package", None, ANNA, InlineRunner())  # type: ignore[arg-type]
    assert path.read_bytes() == before


def test_every_byte_of_a_history_counts(job: Folders) -> None:
    decide(job, "submitted", ANNA)
    path = job.internal / HISTORY
    right = path.read_bytes()
    for at in range(len(right)):
        path.write_bytes(right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :])
        with pytest.raises(HistoryError):
            history_of(job)


def test_what_a_machine_stopped_in_the_middle_of_does_not_count_until_it_is_done_again(job: Folders) -> None:
    decide(job, "submitted", ANNA)
    head = (job.internal / HEAD).read_bytes()
    decide(job, "approved", BEN)
    (job.internal / HEAD).write_bytes(head)
    assert history_of(job)[-1].what == "submitted"
    with pytest.raises(HistoryError, match=f"approved by {BEN} at .* was never finished"):
        package(job)
    decide(job, "approved", BEN)
    decide(job, "approved", CARA)
    assert review_state_of(job).state == "approved"


def test_a_lost_head_is_refused(job: Folders) -> None:
    decide(job, "submitted", ANNA)
    (job.internal / HEAD).unlink()
    with pytest.raises(HistoryError, match="entries where 0 were written"):
        history_of(job)
