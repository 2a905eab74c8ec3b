"""The job's own record: which work this is, and whether it is done. Same key, same work."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bodycam_pipeline.digests import file_sha256, value_sha256
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.plan_file import read_plan
from bodycam_pipeline.kept import key_digest, read_secret, secret_path
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.rules.second_look import auditor_scales
from bodycam_pipeline.rules.sounds import chosen_sounds, sound_notes
from bodycam_pipeline.values.errors import PackageError, ReleaseExistsError
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import AudioRule, Policy
from bodycam_pipeline.values.recording import Recording, StreamDisposition
from bodycam_pipeline.vision.evidence import worth_of

TOOL_VERSION = version("bodycam-pipeline")
RECORD, RECORD_FORMAT = "job.json", 2


@dataclass(frozen=True)
class PublishedRelease:
    """What is noted inside, under the job's secret, of a release before it takes its place.

    Attributes:
        key: Of the job.
        manifest: SHA-256 of the release's manifest.
        plan: Digest of the whole plan, names and all.
        source: Root over the salted commitments to the source's frames.
        recording: SHA-256 of the recording.
        address: Where it lay.
        reviewers: Who may submit and approve it: names, each with the fingerprint of the person's public key.
    """

    key: str
    manifest: str
    plan: str
    source: str
    recording: str
    address: str
    reviewers: dict[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, object]:
        """All of it that is there."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Job:
    """One piece of work: a recording under a policy, seen by models, with a person's edits or a finished plan.

    Attributes:
        recording: What is redacted; only its digest counts, not where it lies.
        policy: What is hidden and how.
        models: Who looks.
        decided: Digest of the person's edits, or of the plan that is rendered as it stands.
        folders: Where its files go.
        auditors: Who looks at the finished file; empty where nobody does.
    """

    recording: Recording
    policy: Policy
    models: tuple[Model, ...]
    decided: str
    folders: Folders
    auditors: tuple[Model, ...] = ()

    @property
    def key(self) -> str:
        """SHA-256 over everything the release depends on."""
        auditors = [[_facts(model) for model in self.auditors], worth_of(self.auditors).evidence.sha256]
        return value_sha256(
            [self.detection_key, self.policy.sha256, self.policy.review.reviewers, self.decided, auditors]
        )

    @property
    def detection_key(self) -> str:
        """SHA-256 over everything the detections depend on."""
        models = [_facts(model) for model in self.models]
        worth = worth_of(self.models).evidence.sha256
        return value_sha256([self.recording.identity, self.policy.detection_sha256, models, worth, TOOL_VERSION])

    @property
    def detections(self) -> Path:
        """The folder of this detection's results: kept, so that an edit needs no new look."""
        return self.folders.internal / "detections" / self.detection_key[:16]

    def samples(self, plan: Plan) -> Path:
        """The folder of what a plan was rendered to.

        A plan's digest binds its policy, and so how everything is painted, but not of which recording it is.
        """
        return self.folders.staging / value_sha256([self.recording.identity, plan.sha256, TOOL_VERSION])[:16]

    @property
    def detectors(self) -> tuple[tuple[Model, tuple[int, ...]], ...]:
        """Who looks at the recording, and at which scales: the long sides of the frame, in pixels."""
        rules = self.policy.detection.detectors
        return tuple((model, rule.long_sides_px) for model, rule in zip(self.models, rules, strict=True))

    @property
    def audits(self) -> tuple[tuple[Model, tuple[int, ...]], ...]:
        """Who looks at the finished file, and at which scales: the long sides of the frame, in pixels."""
        longest = max(self.recording.video.upright_size)
        rules = self.policy.gate.auditors if self.auditors else ()
        return tuple(
            (model, auditor_scales(model, rule.long_sides_px, self.detectors, longest))
            for model, rule in zip(self.auditors, rules, strict=True)
        )

    def audits_of(self, finished_sha256: str) -> Path:
        """The folder of the second look at a finished file, by its content: another's is never taken for it."""
        auditors = [[*_facts(model), scales] for model, scales in self.audits]
        looked = [finished_sha256, auditors, self.policy.gate.model_dump(mode="json"), TOOL_VERSION]
        return self.folders.staging / f"second-look-{value_sha256(looked)[:16]}"

    @property
    def secret_path(self) -> str:
        """Where the job's secret lies; workers read it there."""
        return str(secret_path(self.folders.internal))

    @property
    def plan_path(self) -> Path:
        """Where the plan is kept."""
        return self.folders.internal / "plan.parquet"

    def kept_plan(self) -> Plan:
        """The plan that the published release was made from.

        Raises:
            PlanError: it is gone or was changed.
        """
        return read_plan(self.plan_path)

    def is_published(self) -> bool:
        """Whether exactly this work stands published, unchanged since.

        Raises:
            ReleaseExistsError: something else stands there.
        """
        if not self.folders.release.exists():
            return False
        record, manifest = self._read_record(), self.folders.release / "manifest.json"
        if record and record.key == self.key and manifest.exists() and file_sha256(manifest) == record.manifest:
            return True
        raise ReleaseExistsError(
            f"{self.folders.release} exists and is not this work "
            "(another recording, policy, edits or version, or changed by hand)",
            remedy="Choose another folder with --out, or move that release away; nothing is ever replaced.",
        )

    def _read_record(self) -> PublishedRelease | None:
        try:
            return record_of(self.folders)
        except PackageError:
            return None

    def record_published(self, manifest_sha256: str, plan_sha256: str, source_root: str) -> PublishedRelease:
        """Note, inside, which work the release is. Written before the release takes its place.

        Raises:
            KeyFileError: the job's secret cannot be read.
            StorageError: the disk refused.
        """
        where, reviewers = self.recording, dict(self.policy.review.reviewers)
        published = PublishedRelease(
            self.key, manifest_sha256, plan_sha256, source_root, where.sha256, where.address, reviewers
        )
        record = {"format": RECORD_FORMAT, **published.facts(), "mac": _mac(self.folders, published)}
        write_atomically(self.folders.internal / RECORD, json.dumps(record, indent=2).encode())
        return published


def record_of(folders: Folders) -> PublishedRelease | None:
    """What `Job.record_published` noted; None where it did not yet.

    Raises:
        PackageError: it was changed since, or an older version wrote it.
    """
    path = folders.internal / RECORD
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text())
        mac, format_ = record.pop("mac", ""), record.pop("format", 1)
        published = PublishedRelease(**record)
        right = format_ == RECORD_FORMAT and mac == _mac(folders, published)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _unusable_record(path, "it is not what this version writes") from error
    if not right:
        raise _unusable_record(path, "it was changed after it was written")
    return published


def _mac(folders: Folders, published: PublishedRelease) -> str:
    text = json.dumps(published.facts(), sort_keys=True)
    return key_digest(read_secret(secret_path(folders.internal)), "published", text.encode()).hex()


def _unusable_record(path: Path, why: str) -> PackageError:
    return PackageError(
        f"{path} does not say which release was published here: {why}",
        remedy="Restore it from a backup. Of older versions there is none: redact the recording again elsewhere.",
    )


def published_manifest(folders: Folders) -> tuple[PublishedRelease, dict[str, Any]]:
    """What was noted of a release, and its manifest, which is read once and is the one that was published.

    Raises:
        PackageError: there is no release here, or its manifest is another one.
    """
    path = folders.release / "manifest.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PackageError(
            f"there is no release at {folders.release}",
            remedy="Name OUT/NAME of a published release: `bodycam redact` prints where it is.",
        ) from error
    published = record_of(folders)
    if published is None or hashlib.sha256(content).hexdigest() != published.manifest:
        raise PackageError(
            f"{folders.release} is not what was published: its manifest is another one than {folders.internal} notes",
            remedy="Redact the recording again into another folder.",
        )
    manifest: dict[str, Any] = json.loads(content)
    return published, manifest


def _facts(model: Model) -> list[object]:
    """Everything of a model that changes its boxes: a person may register one file twice, with other colours."""
    thresholds = {kind: [each.high, each.low] for kind, each in model.kinds.items()}
    colours = [model.channels, model.mean, model.factor]
    return [model.name, model.sha256, model.head, model.classes, thresholds, colours]


def released_streams(job: Job) -> tuple[StreamDisposition, ...]:
    """What becomes of every stream; the policy decides about the sound."""
    recording, rule = job.recording, job.policy.audio
    sounds = {sound.stream_index for sound in recording.sounds}
    chosen = {sound.stream_index for sound in chosen_sounds(recording, rule)}
    return tuple(
        _sound_disposition(disposition, rule, taken=disposition.index in chosen)
        if disposition.index in sounds
        else disposition
        for disposition in recording.streams
    )


def notes_of(job: Job) -> tuple[str, ...]:
    """What a person has to be told of the recording and its release, in sentences; all of it is public."""
    return (*job.recording.notes, *sound_notes(job.recording, job.policy.audio))


def _sound_disposition(disposition: StreamDisposition, rule: AudioRule, *, taken: bool) -> StreamDisposition:
    if not taken and rule.policy != "remove":
        return replace(disposition, disposition="removed", why="the policy takes another sound track (audio.tracks)")
    match rule.policy:
        case "remove":
            return replace(
                disposition, disposition="removed", why="the policy removes the sound: voices identify people"
            )
        case "mute":
            return replace(disposition, disposition="muted", why="the policy replaces all sound by silence")
        case "keep":
            return replace(disposition, disposition="kept", why=f"{rule.reason}; muted spans are silence")
