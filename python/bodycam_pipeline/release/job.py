"""The job's own record: which work this is, and whether it is done. Same key, same work."""

import json
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.digests import file_sha256, value_sha256
from bodycam_pipeline.evidence.plan_file import read_plan
from bodycam_pipeline.kept import secret_path
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.rules.second_look import auditor_scales
from bodycam_pipeline.values.errors import PackageError, ReleaseExistsError
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import AudioRule, Policy
from bodycam_pipeline.values.recording import Recording, StreamFate
from bodycam_pipeline.vision.evidence import worth_of

TOOL_VERSION = version("bodycam-pipeline")


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
        return value_sha256([self.detection_key, self.policy.sha256, self.decided, auditors])

    @property
    def detection_key(self) -> str:
        """SHA-256 over everything the detections depend on."""
        models = [_facts(model) for model in self.models]
        worth = worth_of(self.models).evidence.sha256
        return value_sha256([self.recording.sha256, self.policy.detection_sha256, models, worth, TOOL_VERSION])

    @property
    def detections(self) -> Path:
        """The folder of this detection's results: kept, so that an edit needs no new look."""
        return self.folders.internal / "detections" / self.detection_key[:16]

    def samples(self, plan: Plan) -> Path:
        """The folder of what a plan was rendered to.

        A plan's digest binds its policy, and so how everything is painted, but not of which recording it is.
        """
        return self.folders.staging / value_sha256([self.recording.sha256, plan.sha256, TOOL_VERSION])[:16]

    @property
    def audits(self) -> tuple[tuple[Model, tuple[int, ...]], ...]:
        """Who looks at the finished file, and at which scales: the long sides of the picture, in pixels."""
        painted, longest = self.policy.detection.long_sides_px, max(self.recording.video.upright_size)
        rules = self.policy.gate.auditors if self.auditors else ()
        return tuple(
            (model, auditor_scales(model, rule.long_sides_px, self.models, painted, longest))
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
        record = self._record()
        manifest = self.folders.release / "manifest.json"
        if record.get("key") == self.key and manifest.exists() and file_sha256(manifest) == record.get("manifest"):
            return True
        raise ReleaseExistsError(
            f"{self.folders.release} exists and is not this work "
            "(another recording, policy, edits or version, or changed by hand)",
            remedy="Choose another folder with --out, or move that release away; nothing is ever replaced.",
        )

    def record_published(self, manifest_sha256: str) -> None:
        """Note, inside, which work the release is. Written before the release takes its place.

        Raises:
            StorageError: the disk refused.
        """
        recording = {"recording": self.recording.sha256, "address": self.recording.address}
        record = {"key": self.key, "manifest": manifest_sha256} | recording
        write_atomically(self.folders.internal / "job.json", json.dumps(record, indent=2).encode())

    def _record(self) -> dict[str, str]:
        return record_of(self.folders)


def record_of(folders: Folders) -> dict[str, str]:
    """What `Job.record_published` noted; empty where it did not yet."""
    try:
        record = json.loads((folders.internal / "job.json").read_text())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def refuse_changed(folders: Folders) -> str:
    """Refuse a place without a release, or whose manifest is not the published one; returns that one's digest.

    Raises:
        PackageError: either.
    """
    manifest = folders.release / "manifest.json"
    if not manifest.exists():
        raise PackageError(
            f"there is no release at {folders.release}",
            remedy="Name OUT/NAME of a published release: `bodycam redact` prints where it is.",
        )
    sha256 = file_sha256(manifest)
    if sha256 != record_of(folders).get("manifest"):
        raise PackageError(
            f"{folders.release} is not what was published: its manifest is another one than {folders.internal} notes",
            remedy="Redact the recording again into another folder.",
        )
    return sha256


def _facts(model: Model) -> list[object]:
    """Everything of a model that changes its boxes: a person may register one file twice, with other colours."""
    thresholds = {kind: [each.start, each.floor] for kind, each in model.kinds.items()}
    colours = [model.channels, model.mean, model.factor]
    return [model.name, model.sha256, model.head, model.classes, thresholds, colours]


def stream_fates(job: Job) -> tuple[StreamFate, ...]:
    """What becomes of every stream; the policy decides about the sound."""
    audio = job.recording.audio
    return tuple(
        _sound_fate(fate, job.policy.audio) if audio is not None and fate.index == audio.stream_index else fate
        for fate in job.recording.streams
    )


def _sound_fate(fate: StreamFate, rule: AudioRule) -> StreamFate:
    match rule.policy:
        case "remove":
            return replace(fate, fate="removed", why="the policy removes the sound: voices identify people")
        case "mute":
            return replace(fate, fate="muted", why="the policy replaces all sound by silence")
        case "keep":
            return replace(fate, fate="kept", why=f"{rule.reason}; muted spans are silence")
