"""What the custody log is told of a job whose recording lies in a vault: digests, each under the job's secret.

The log is shown to outsiders. A plain digest would tell them who decided, and whether a recording that they know is in
the vault, as soon as they guess it; under the secret it says nothing to them, and still fits one plan alone.
"""

from collections.abc import Iterator, Sequence

from bodycam_pipeline.custody.session import log_event, open_session
from bodycam_pipeline.digests import value_sha256
from bodycam_pipeline.evidence.candidates_file import candidates_sha256
from bodycam_pipeline.evidence.plan_file import plan_sha256
from bodycam_pipeline.kept import key_digest, read_secret, secret_path
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job, PublishedRelease
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.errors import HistoryError
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.vault.log import LogEntry
from bodycam_pipeline.vault.naming import is_sealed, parse


def mark(folders: Folders, what: str, sha256: str) -> str:
    """Return the keyed digest that the log holds in place of a digest, so that the log itself gives nothing away."""
    return key_digest(read_secret(secret_path(folders.internal)), f"custody log, {what}", sha256.encode()).hex()


def job_mark(folders: Folders) -> str:
    """What stands in the log for the job: for as long as it has the same secret."""
    return mark(folders, "job", "")


def note_plan(job: Job, plan: Plan, seen: Sequence[SegmentCandidates]) -> None:
    """Name a plan in the log, and the detections that it was made of.

    Raises:
        VaultError: the vault or its keys are missing.
        StorageError: the disk refused.
    """
    if is_sealed(job.recording.address):
        facts = {"plan": mark(job.folders, "plan", plan_sha256(plan)), **_looked(job, seen)}
        log_event(job.recording.address, "plan", job=job_mark(job.folders), **facts)


def note_approved_plan(job: Job, plan: Plan) -> None:
    """Name a plan in the log that a person gave, to be rendered as it stands.

    Raises:
        VaultError, StorageError: as `note_plan`.
    """
    if is_sealed(job.recording.address):
        facts = {"job": job_mark(job.folders), "plan": mark(job.folders, "plan", plan_sha256(plan))}
        log_event(job.recording.address, "plan approved", **facts)


def note_release(folders: Folders, published: PublishedRelease) -> None:
    """Name a release in the log before it takes its place: its manifest, which is public, its plan and its reviewers.

    Raises:
        VaultError, StorageError: as `note_plan`.
    """
    if is_sealed(published.address):
        log_event(published.address, "release", **_release_facts(folders, published))


def _release_facts(folders: Folders, published: PublishedRelease) -> dict[str, str]:
    facts = {"job": job_mark(folders), "manifest": published.manifest}
    facts["plan"] = mark(folders, "plan", published.plan)
    if published.reviewers:
        facts["reviewers"] = mark(folders, "reviewers", value_sha256(published.reviewers))
    return facts


def are_on_record(job: Job, seen: Sequence[SegmentCandidates]) -> bool:
    """Whether detections are those that the log named last for this job and detector, or the first ones.

    Raises:
        CustodyLogError, VaultError: the log cannot be read, or was rewritten.
    """
    if not is_sealed(job.recording.address):
        return True
    looked = _looked(job, seen)
    named = [e["detections"] for e in entries_of(job.recording.address) if e.get("detector") == looked["detector"]]
    return not named or named[-1] == looked["detections"]


def _looked(job: Job, seen: Sequence[SegmentCandidates]) -> dict[str, str]:
    detector, detections = mark(job.folders, "detector", job.detection_key), candidates_sha256(seen)
    return {"detector": detector, "detections": mark(job.folders, "detections", detections)}


def entries_of(address: str) -> Iterator[LogEntry]:
    """Every entry of the log about one recording.

    Raises:
        CustodyLogError, VaultError: the log cannot be read, or was rewritten.
    """
    id_ = parse(address).id
    yield from (entry for _, entry in open_session(address).log.entries() if entry.get("recording") == id_)


def refuse_unnamed(folders: Folders, published: PublishedRelease, entries: Sequence[LogEntry]) -> None:
    """Refuse a release that the log does not name with this plan and these reviewers.

    Raises:
        HistoryError: that.
    """
    wanted = {"event": "release", **_release_facts(folders, published)}
    if not any(wanted.items() <= entry.items() for entry in entries):
        raise HistoryError(
            f"the custody log names no release as it is in {folders.release}, with the plan in {folders.internal}",
            remedy="Redact the recording again into another folder, and find out who had access.",
        )
