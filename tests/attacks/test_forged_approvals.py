"""An approval counts if the person's own command finished it, and what is packaged is what was approved.

The attackers: one with an editor, who can write every file of the job; one who has read the job's secret as well; one
who exchanges files while somebody else packages. In a vault none of them gets through; outside, the second one does.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.evidence.history_file import FORMAT, HEAD, HISTORY, _mac
from bodycam_pipeline.evidence.keys import new_key, read_private_key
from bodycam_pipeline.evidence.plan_file import read_plan, write_plan
from bodycam_pipeline.package import make
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import RECORD, record_of
from bodycam_pipeline.release.job import _mac as record_mac
from bodycam_pipeline.review.history import history_of, review_state_of
from bodycam_pipeline.values.errors import BodycamError, HistoryError, NotApprovedError, PackageError
from bodycam_pipeline.values.event import Event
from bodycam_pipeline.values.plan import KeptTrack
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner, look_here
from tests.people import decide, review

ANNA, BEN, CARA = "Anna Ashdown", "Ben Bracewell", "Cara Clutterbuck"
POLICY = quick_policy(review=review(2, ANNA, BEN, CARA))
ENTRIES = 4
"""What the honest history holds: the machine's work, one submission, one approval, one rejection."""


@pytest.fixture(params=["in a vault", "outside"])
def job(request: pytest.FixtureRequest, session: VaultSession, tmp_path: Path) -> Folders:
    """One of two people has approved, and somebody has rejected."""
    recording = clip(tmp_path / "a.mp4", frames=3)
    if request.param == "in a vault":
        address = ingest(session, [recording], {}, lambda _one: None, look_here)[0].address
    else:
        address = str(recording)
    job = redact(Order(address, tmp_path / "out", POLICY), InlineRunner()).folders
    for what, by in (("submitted", ANNA), ("approved", BEN), ("rejected", CARA)):
        decide(job, what, by)  # type: ignore[arg-type]
    return job


@pytest.fixture
def sealed(session: VaultSession, tmp_path: Path) -> Folders:
    (one,) = ingest(session, [clip(tmp_path / "a.mp4", frames=3)], {}, lambda _one: None, look_here)
    return redact(Order(one.address, tmp_path / "out", POLICY), InlineRunner()).folders


def package(job: Folders, name: str = "package") -> Path:
    if not (job.out / "agency.pem").exists():
        new_key(job.out / "agency.pem")
    return make_package(job, job.out / name, read_private_key(job.out / "agency.pem"), ANNA, InlineRunner()).path


def lines_of(job: Folders) -> list[dict[str, object]]:
    return [json.loads(line) for line in (job.internal / HISTORY).read_text().splitlines()]


def chained(entries: list[dict[str, object]]) -> list[str]:
    previous, lines = "0" * 64, []
    for entry in entries:
        lines.append(json.dumps(entry | {"previous": previous}, ensure_ascii=False))
        previous = hashlib.sha256(lines[-1].encode()).hexdigest()
    return lines


def write(job: Folders, lines: list[str], *, secret: bool) -> None:
    """Write a history; who has the secret vouches for all of it."""
    (job.internal / HISTORY).write_text("".join(f"{line}\n" for line in lines))
    if secret:
        macs = [_mac(job.internal, "history", line) for line in lines]
        head = {"format": FORMAT, "entries": macs, "mac": _mac(job.internal, "head of the history", " ".join(macs))}
        (job.internal / HEAD).write_text(json.dumps(head))


def forged(job: Folders, what: str, by: str) -> dict[str, object]:
    release = file_sha256(job.release / "manifest.json")
    return asdict(Event("2026-11-25T12:00:00Z", what, by, "looked at every minute", release))  # type: ignore[arg-type]


def inserted(entries: list[dict[str, object]], at: int, entry: dict[str, object]) -> list[dict[str, object]]:
    return [*entries[:at], entry, *entries[at:]]


def replaced(entries: list[dict[str, object]], at: int, entry: dict[str, object]) -> list[dict[str, object]]:
    return [*entries[:at], entry, *entries[at + 1 :]]


Forge = Callable[[list[dict[str, object]], int, dict[str, object]], list[dict[str, object]]]


@pytest.mark.parametrize("secret", [False, True], ids=["an editor", "and the secret"])
@pytest.mark.parametrize("at", range(ENTRIES + 1))
@pytest.mark.parametrize("forge", [inserted, replaced])
def test_no_entry_can_be_forged_wherever_it_stands(
    job: Folders, request: pytest.FixtureRequest, forge: Forge, at: int, secret: bool
) -> None:
    if secret and "outside" in request.node.name:
        pytest.skip("outside a vault nothing but the secret vouches for a history: the README says so")
    approvals = len(review_state_of(job).approvals)
    write(job, chained(forge(lines_of(job), at, forged(job, "approved", CARA))), secret=secret)
    with pytest.raises(BodycamError) as refused:
        package(job)
    assert isinstance(refused.value, HistoryError | NotApprovedError)
    if at == ENTRIES:
        assert len(review_state_of(job).approvals) == approvals
        assert not [event for event in history_of(job) if event.by == CARA and event.what == "approved"]
    else:
        with pytest.raises(HistoryError):
            decide(job, "submitted", ANNA)


@pytest.mark.parametrize("count", [1, 2])
def test_lines_that_were_added_never_count_whoever_goes_on_after_them(job: Folders, count: int) -> None:
    """One line written with an editor: nothing is packaged on it, and nothing that people do later makes it count."""
    decide(job, "submitted", ANNA)
    forgeries = [forged(job, "approved", name) for name in (CARA, "D. Dodds")[:count]]
    write(job, chained([*lines_of(job), *forgeries]), secret=False)
    assert review_state_of(job).approvals == ()
    with pytest.raises(HistoryError, match="was never finished"):
        package(job)
    decide(job, "approved", BEN)
    assert review_state_of(job).approvals == (BEN,)
    with pytest.raises(NotApprovedError, match="1 of the 2"):
        package(job)
    decide(job, "approved", CARA)
    assert package(job).is_dir()


def test_a_rejection_that_was_not_finished_is_not_passed_over(job: Folders) -> None:
    for what, by in (("submitted", ANNA), ("approved", BEN), ("approved", CARA)):
        decide(job, what, by)  # type: ignore[arg-type]
    head = (job.internal / HEAD).read_bytes()
    decide(job, "rejected", CARA, "a face in the window")
    (job.internal / HEAD).write_bytes(head)
    with pytest.raises(HistoryError):
        package(job)


def test_an_entry_whose_machine_stopped_is_finished_by_whoever_made_it(
    sealed: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(sealed, "submitted", ANNA)
    decide(sealed, "approved", BEN)
    for lost in ("append_event", "anchor"):
        with monkeypatch.context() as stopped:
            stopped.setattr(f"bodycam_pipeline.review.history.{lost}", stop)
            with pytest.raises(KeyboardInterrupt):
                decide(sealed, "approved", CARA)
        assert review_state_of(sealed).approvals == (BEN,)
    decide(sealed, "approved", CARA)
    assert review_state_of(sealed).approvals == (BEN, CARA)
    assert package(sealed).is_dir()


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def approved(job: Folders) -> Folders:
    decide(job, "submitted", ANNA)
    decide(job, "approved", BEN)
    decide(job, "approved", CARA)
    return job


def test_a_release_that_asks_for_nobody_is_not_put_in_the_place_of_one_that_does(job: Folders) -> None:
    """A manifest that says 0 approvals, and a record inside that says that it is the one."""
    path = job.release / "manifest.json"
    path.write_text(path.read_text().replace('"approvals": 2', '"approvals": 0'))
    record = job.internal / RECORD
    record.write_text(json.dumps(json.loads(record.read_text()) | {"manifest": file_sha256(path)}))
    with pytest.raises(PackageError):
        package(job)


def test_the_log_knows_which_release_was_published_even_from_who_has_the_secret(sealed: Folders) -> None:
    path, record = sealed.release / "manifest.json", record_of(sealed)
    assert record is not None
    path.write_text(path.read_text().replace('"approvals": 2', '"approvals": 0'))
    other = type(record)(**asdict(record) | {"manifest": file_sha256(path)})
    record_again = {"format": 2, **asdict(other), "mac": record_mac(sealed, other)}
    (sealed.internal / RECORD).write_text(json.dumps(record_again))
    with pytest.raises(HistoryError, match="names no release"):
        package(sealed)


@pytest.mark.parametrize("what", ["release", "video", "plan", "source"])
def test_what_is_packaged_is_what_was_approved_whatever_is_exchanged_meanwhile(
    job: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Another release of the same recording, that nobody approved, comes into its place once approvals were counted."""
    other = redact(Order(str(tmp_path / "a.mp4"), tmp_path / "other", quick_policy("fill")), InlineRunner()).folders
    refuse = make.refuse_unapproved

    def exchanged(job: Folders) -> object:
        record = refuse(job)
        exchange(job, other, what)
        return record

    approved(job)
    monkeypatch.setattr(make, "refuse_unapproved", exchanged)
    if what == "source":
        assert package(job).is_dir(), "what it commits to was noted when it was published"
        return
    with pytest.raises(BodycamError):
        package(job)
    assert not (job.out / "package").exists()


def exchange(job: Folders, other: Folders, what: str) -> None:
    match what:
        case "release":
            shutil.rmtree(job.release)
            shutil.copytree(other.release, job.release)
            (job.release / other.video_name).rename(job.release / job.video_name)
            path = job.release / "manifest.json"
            path.write_text(path.read_text().replace(other.video_name, job.video_name))
        case "video":
            (job.release / job.video_name).write_bytes((other.release / other.video_name).read_bytes() + b"x")
        case "plan":
            plan = read_plan(job.internal / "plan.parquet")
            kept = KeptTrack(1, "the requester", CARA)
            write_plan(replace(plan, kept=(kept,)), job.internal / "plan.parquet")
        case "source":
            name = "source-frames.parquet"
            (job.internal / name).write_bytes((job.release / "frames.parquet").read_bytes())
