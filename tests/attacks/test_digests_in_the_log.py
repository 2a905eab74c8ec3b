"""The custody log, which outsiders read, says nothing that a guess could confirm, and still holds jobs to what it says.

One attacker has the log, a copy of the recording, this program, and a list of names. The other works as the user of the
nightly job, reads its secret, and cannot sign the log.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.evidence.candidates_file import candidates_sha256, read_candidates, write_candidates
from bodycam_pipeline.evidence.history_file import HISTORY
from bodycam_pipeline.evidence.plan_file import plan_sha256, read_plan
from bodycam_pipeline.kept import secret_path
from bodycam_pipeline.pipeline import Order, detect, job_of, key_of, redact, render
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.edits import Edits
from tests.attacks.forging import with_a_wall
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner, look_here
from tests.people import decide, review

ANNA = "Anna Ashdown"
POLICY = quick_policy("fill", review=review(1, ANNA, "Otto Submitter"))
EDITS = Edits.model_validate({"withhold": [{"from": "0", "to": "0.04", "reason": "a dwelling", "by": ANNA}]})


@pytest.fixture
def address(session: VaultSession, tmp_path: Path) -> str:
    return ingest(session, [clip(tmp_path / "a.mp4", frames=12)], {}, lambda _one: None, look_here)[0].address


def order(address: str, out: Path) -> Order:
    return Order(address, out, POLICY, EDITS)


def test_no_digest_in_the_log_is_one_that_a_guess_confirms(session: VaultSession, address: str, tmp_path: Path) -> None:
    done = redact(order(address, tmp_path / "out"), InlineRunner())
    render(order(address, tmp_path / "rendered"), done.plan, InlineRunner())
    decide(done.folders, "submitted", "Otto Submitter")
    decide(done.folders, "approved", ANNA)
    logged = json.dumps([entry for _, entry in session.log.entries()])
    assert logged.count('"release approved"') == 1
    for guess in guesses(done.folders, order(address, tmp_path / "out"), tmp_path / "a.mp4"):
        assert guess not in logged


def guesses(job: Folders, order: Order, copy: Path) -> Iterator[str]:
    """All that can be computed from the recording, the edits, and the files inside."""
    recording = probe(str(copy))
    plan = read_plan(job.internal / "plan.parquet")
    yield from (recording.sha256, plan.sha256, plan_sha256(plan), key_of(order, recording))
    yield job_of(order, recording, "").detection_key
    yield ANNA
    yield from (hashlib.sha256(path.read_bytes()).hexdigest() for path in job.internal.rglob("*") if path.is_file())
    for line in (job.internal / HISTORY).read_text().splitlines():
        yield hashlib.sha256(line.encode()).hexdigest()


def test_two_jobs_of_one_recording_and_plan_cannot_be_told_to_be_so(
    session: VaultSession, address: str, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        detect(order(address, tmp_path / name), InlineRunner())
    first, second = (entry for _, entry in session.log.entries() if entry["event"] == "plan")
    for name in ("job", "plan", "detector", "detections"):
        assert first[name] != second[name]


def test_the_plan_and_its_detections_stand_in_the_log_and_are_the_same_when_nothing_changed(
    session: VaultSession, address: str, tmp_path: Path
) -> None:
    for _ in range(2):
        detect(order(address, tmp_path / "out"), InlineRunner())
    first, second = (entry for _, entry in session.log.entries() if entry["event"] == "plan")
    names = ("job", "plan", "detector", "detections")
    assert [first[name] for name in names] == [second[name] for name in names]
    redact(order(address, tmp_path / "out"), InlineRunner())
    (release,) = (entry for _, entry in session.log.entries() if entry["event"] == "release")
    assert release["plan"] == first["plan"]


def test_detections_that_are_not_those_in_the_log_are_looked_for_anew(address: str, tmp_path: Path) -> None:
    """The attacker has the secret, so that the files' own MACs are right."""
    job, honest = detect(order(address, tmp_path / "out"), InlineRunner())
    secret, (path,) = secret_path(job.folders.internal), job.detections.glob("000000.candidates")
    seen = read_candidates(path, secret)
    assert seen is not None
    write_candidates(with_a_wall(seen), path, secret)
    done = redact(order(address, tmp_path / "out"), InlineRunner())
    assert done.plan.tracks() == honest.tracks() == {}
    again = read_candidates(path, secret)
    assert again is not None
    assert candidates_sha256([again]) == candidates_sha256([seen])
