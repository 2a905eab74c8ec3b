"""Only the signature of a listed person is an approval, even to somebody who has read the job's secret.

The attackers know the formats and the secret, and have keys of their own. What they lack is another person's key.
"""

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.evidence.history_file import append_event, read_chain
from bodycam_pipeline.evidence.keys import fingerprint, own_key
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import RECORD, record_of
from bodycam_pipeline.release.job import _mac as record_mac
from bodycam_pipeline.review.anchors import anchor
from bodycam_pipeline.review.history import entries_of, record, refuse_unapproved, review_state_of
from bodycam_pipeline.review.signatures import sign_event
from bodycam_pipeline.values.errors import HistoryError, NotApprovedError, PolicyError, StateError
from bodycam_pipeline.values.event import Event
from tests.attacks.jobs import files_of, quick_policy
from tests.clips import clip
from tests.inline import InlineRunner, look_here
from tests.people import decide, key_of, review

ANNA, BEN, CARA, MALLORY = "Anna Ashdown", "Ben Bracewell", "Cara Clutterbuck", "Mallory Mott"
A, B = "a" * 64, "b" * 64
POLICY = quick_policy(review=review(1, ANNA, BEN))


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    folder = tmp_path_factory.mktemp("signed")
    order = Order(str(clip(folder / "recording.mp4", frames=3)), folder / "out", POLICY)
    job = redact(order, InlineRunner()).folders
    decide(job, "submitted", ANNA)
    return job


@pytest.fixture
def job(submitted: Folders, tmp_path: Path) -> Folders:
    shutil.copytree(submitted.out, tmp_path / "out")
    return Folders(tmp_path / "out", submitted.name)


@pytest.fixture
def sealed(session: VaultSession, tmp_path: Path) -> Folders:
    (one,) = ingest(session, [clip(tmp_path / "a.mp4", frames=3)], {}, lambda _one: None, look_here)
    job = redact(Order(one.address, tmp_path / "out", POLICY), InlineRunner()).folders
    decide(job, "submitted", ANNA)
    return job


def approval(job: Folders, by: str = BEN) -> Event:
    return Event("2026-11-28T12:00:00Z", "approved", by, release=file_sha256(job.release / "manifest.json"))


Sign = Callable[[Folders, str, Event], Event]


def unsigned(_job: Folders, _previous: str, event: Event) -> Event:
    return event


def by_a_stranger(job: Folders, previous: str, event: Event) -> Event:
    return sign_event(job, previous, event, key_of(MALLORY))


def by_the_submitter(job: Folders, previous: str, event: Event) -> Event:
    return sign_event(job, previous, event, key_of(ANNA))


def with_the_key_of_another(job: Folders, previous: str, event: Event) -> Event:
    right, forged = (sign_event(job, previous, event, key_of(each)) for each in (BEN, MALLORY))
    return replace(right, facts=right.facts | {"signature": forged.facts["signature"]})


def after_something_else(job: Folders, previous: str, event: Event) -> Event:
    return sign_event(job, previous[::-1], event, key_of(BEN))


def of_another_release(job: Folders, previous: str, event: Event) -> Event:
    right = sign_event(job, previous, replace(event, release="0" * 64), key_of(BEN))
    return replace(event, facts=right.facts)


def with_another_reason(job: Folders, previous: str, event: Event) -> Event:
    return replace(sign_event(job, previous, event, key_of(BEN)), why="looked at every minute")


def of_a_rejection(job: Folders, previous: str, event: Event) -> Event:
    right = sign_event(job, previous, replace(event, what="rejected"), key_of(BEN))
    return replace(right, what="approved")


def with_one_fact_more(job: Folders, previous: str, event: Event) -> Event:
    right = sign_event(job, previous, event, key_of(BEN))
    return replace(right, facts=right.facts | {"minutes": "5"})


def with_something_odd(job: Folders, previous: str, event: Event) -> Event:
    right = sign_event(job, previous, event, key_of(BEN))
    return replace(right, facts=right.facts | {"signature": 7})  # type: ignore[dict-item]


FORGERIES = [
    unsigned,
    by_a_stranger,
    by_the_submitter,
    with_the_key_of_another,
    after_something_else,
    of_another_release,
    with_another_reason,
    of_a_rejection,
    with_one_fact_more,
    with_something_odd,
]


def append(job: Folders, event: Event, sign: Sign) -> None:
    """Write an entry that the head vouches for, and the custody log where there is one."""
    append_event(job.internal, event, lambda previous, each: sign(job, previous, each))
    anchor(job, event)


@pytest.mark.parametrize("forge", FORGERIES)
def test_whoever_has_the_secret_approves_nothing(job: Folders, forge: Sign) -> None:
    append(job, approval(job), forge)
    assert review_state_of(job).approvals == ()
    with pytest.raises(NotApprovedError, match="0 of the 1"):
        refuse_unapproved(job)
    (*_, (event, why)) = entries_of(job)
    assert (event.by, bool(why)) == (BEN, True)


@pytest.mark.parametrize("forge", FORGERIES[:3])
def test_nor_does_whoever_can_sign_the_log(sealed: Folders, forge: Sign) -> None:
    append(sealed, approval(sealed), forge)
    with pytest.raises(NotApprovedError):
        refuse_unapproved(sealed)


def test_an_approval_that_a_rejection_took_back_cannot_be_played_again(job: Folders) -> None:
    given = decide(job, "approved", BEN)
    signed = read_chain(job.internal)[-1].event
    decide(job, "rejected", ANNA, "a face in the window")
    decide(job, "submitted", ANNA)
    append(job, given, lambda *_: signed)
    assert review_state_of(job).state == "in review"


def test_an_approval_of_one_job_is_none_of_another(job: Folders, tmp_path: Path, submitted: Folders) -> None:
    """The same recording, policy and bytes, and so the same manifest: what a person looked at lies elsewhere."""
    order = Order(str(submitted.out.parent / "recording.mp4"), tmp_path / "again", POLICY)
    other = redact(order, InlineRunner()).folders
    assert files_of_release(other) == files_of_release(job)
    decide(other, "submitted", ANNA)
    previous = read_chain(other.internal)[-1].sha256
    signed = sign_event(job, previous, approval(job), key_of(BEN))
    append(other, signed, lambda *_: signed)
    assert review_state_of(other).approvals == ()


def files_of_release(job: Folders) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in job.release.iterdir()}


def test_a_submission_that_nobody_signed_puts_nothing_before_anybody(job: Folders) -> None:
    """Else who submits under another's name approves under their own."""
    decide(job, "rejected", BEN, "again")
    append(job, replace(approval(job, "Somebody Else"), what="submitted"), unsigned)
    with pytest.raises(StateError, match="what is draft cannot be approved"):
        decide(job, "approved", ANNA)


@pytest.mark.parametrize(
    ("by", "signer", "says"),
    [
        (BEN, None, "has not signed"),
        (BEN, MALLORY, "not the one"),
        (BEN, ANNA, "not the one"),
        (CARA, CARA, "not among"),
    ],
)
def test_who_cannot_sign_is_told_what_to_do(job: Folders, by: str, signer: str | None, says: str) -> None:
    with pytest.raises(StateError, match=says) as refused:
        record(job, "approved", by, key=key_of(signer) if signer else None)
    assert "--key" in refused.value.remedy or "bodycam keys new" in refused.value.remedy
    assert review_state_of(job).approvals == ()


def test_who_may_sign_is_on_record_too(sealed: Folders) -> None:
    """With the secret, the list of reviewers is exchanged beside a release: the log names another."""
    record = record_of(sealed)
    assert record is not None
    other = replace(
        record, reviewers={ANNA: record.reviewers[ANNA], MALLORY: fingerprint(key_of(MALLORY).public_key())}
    )
    (sealed.internal / RECORD).write_text(json.dumps({"format": 2, **asdict(other), "mac": record_mac(sealed, other)}))
    with pytest.raises(HistoryError, match="names no release"):
        decide(sealed, "approved", MALLORY)


def test_a_list_of_reviewers_that_an_editor_changed_is_refused(job: Folders) -> None:
    record = job.internal / RECORD
    record.write_text(record.read_text().replace(fingerprint(key_of(BEN).public_key()), "0" * 64))
    with pytest.raises(Exception, match="was changed after it was written"):
        decide(job, "approved", BEN)


def test_reviewers_are_in_no_public_byte_and_change_none(tmp_path: Path) -> None:
    path = str(clip(tmp_path / "recording.mp4", frames=3))
    policies = [quick_policy(review=review(1, ANNA, BEN)), quick_policy(review=review(1, CARA, MALLORY))]
    made = [redact(Order(path, tmp_path / str(n), each), InlineRunner()) for n, each in enumerate(policies)]
    assert files_of(made[0]) == files_of(made[1])
    assert policies[0].sha256 == policies[1].sha256
    content = b"".join(files_of(made[0]).values())
    for name, print_ in policies[0].review.reviewers.items():
        assert name.encode() not in content
        assert print_.encode() not in content


def test_a_policy_that_asks_for_nobody_needs_no_key(tmp_path: Path) -> None:
    order = Order(str(clip(tmp_path / "recording.mp4", frames=3)), tmp_path / "out", quick_policy())
    job = redact(order, InlineRunner()).folders
    record(job, "submitted", ANNA)
    record(job, "approved", ANNA)
    refuse_unapproved(job)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("approvals = 1", "takes 2 people"),
        ("approvals = 1\nsubmitter_may_approve = true", "takes 1 people"),
        (f'reviewers.Ben = "{A.upper()}"', "reviewers"),
        (f'reviewers.Ben = "{A}\\n"', "reviewers"),
        (f'reviewers = {{ Ben = "{A}", BEN = "{B}" }}', "one person twice"),
        (f'reviewers = {{ Ben = "{A}", Ann = "{A}" }}', "one key to two people"),
        (f'reviewers."Ben\u200b" = "{A}"', "not a name"),
    ],
)
def test_a_policy_that_nobody_could_fulfil_is_refused(rule: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(f"[review]\n{rule}\n")
    with pytest.raises(PolicyError, match=says):
        read_policy(tmp_path / "policy.toml")


def test_a_person_signs_with_the_key_of_their_own_settings(
    job: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command line, from making the key to the approval."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    assert "has not signed" in str(approve_as_ben(job).exception)
    made = CliRunner().invoke(app, ["keys", "new"])
    assert (own_key().stat().st_mode & 0o777, own_key().parent.stat().st_mode & 0o777) == (0o600, 0o700)
    line = made.stdout.splitlines()[-1].partition(": ")[2].replace("YOUR NAME", BEN)
    (tmp_path / "policy.toml").write_text(f"[review.reviewers]\n{line}\n")
    assert read_policy(tmp_path / "policy.toml").review.reviewers[BEN] in made.stdout
    assert "not the one" in str(approve_as_ben(job).exception)
    own_key().write_bytes(private_pem(key_of(BEN)))
    own_key().chmod(0o644)
    assert "others than its owner can read" in str(approve_as_ben(job).exception)
    own_key().chmod(0o600)
    assert approve_as_ben(job).exit_code == 0
    assert "approved by Ben Bracewell, signed" in CliRunner().invoke(app, ["history", str(job.out / job.name)]).stdout


def approve_as_ben(job: Folders) -> Result:
    return CliRunner().invoke(app, ["review", "approve", str(job.out / job.name), "--by", BEN])


def private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_signature_is_of_the_bytes_and_of_nothing_else(job: Folders) -> None:
    """Every bit of it, and every spelling of it in base64."""
    previous = read_chain(job.internal)[-1].sha256
    right = sign_event(job, previous, approval(job), key_of(BEN))
    signature = bytearray(base64.b64decode(right.facts["signature"]))
    for at in range(0, len(signature) * 8, 37):
        other = bytearray(signature)
        other[at // 8] ^= 1 << at % 8
        wrong = right.facts | {"signature": base64.b64encode(other).decode()}
        append(job, replace(right, facts=wrong), unsigned)
    assert review_state_of(job).approvals == ()
