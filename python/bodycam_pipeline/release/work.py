"""What a job was asked, kept inside: which recording, under which policy, and the plan before anybody edited it.

It lets a person open a job by its folder alone, and at once: an hour's packet index is read from here, not from the
recording. It has a MAC under the job's secret; the pictures themselves are compared with the index as they are decoded.
"""

import io
from dataclasses import fields
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from bodycam_pipeline.durable import make_private_folder
from bodycam_pipeline.evidence.plan_file import read_plan, write_plan
from bodycam_pipeline.kept import read_kept, secret_path, write_kept
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.values.address import absolute
from bodycam_pipeline.values.errors import PackageError
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import AudioFacts, Gap, PacketIndex, Recording, StreamDisposition, VideoFacts

WORK, DRAFT = "work.npz", "draft.parquet"


class _Facts(BaseModel):
    """Everything of a recording but its packet index, and the policy."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    address: str
    sha256: str
    size_bytes: int
    container: str
    video: VideoFacts
    sounds: tuple[AudioFacts, ...]
    streams: tuple[StreamDisposition, ...]
    frame_duration_pts: int
    notes: tuple[str, ...]
    track: int | None
    gaps: tuple[Gap, ...]
    policy: Policy


def keep_work(job: Job, draft: Plan) -> None:
    """Keep what the job was asked, and its plan as nobody edited it.

    Raises:
        StorageError: the disk refused.
    """
    recording, internal = job.recording, job.folders.internal
    known = {name: getattr(recording, name) for name in _names()}
    known["address"] = absolute(recording.address)  # the page may be opened from another folder
    facts = _Facts(policy=job.policy, **known)
    make_private_folder(internal)
    write_plan(draft, internal / DRAFT)
    sink = io.BytesIO()
    columns = {field.name: getattr(recording.packets, field.name) for field in fields(PacketIndex)}
    np.savez(sink, facts=np.frombuffer(facts.model_dump_json().encode(), np.uint8), **columns)
    write_kept(internal / WORK, sink.getvalue(), secret_path(internal))


def read_work(folders: Folders) -> tuple[Recording, Policy]:
    """Read which recording the job is of, as probed, and its policy.

    Raises:
        PackageError: nothing was detected here, or it was changed since.
        KeyFileError: the job's secret cannot be read.
    """
    path = folders.internal / WORK
    content = read_kept(path, secret_path(folders.internal)) if path.exists() else None
    if content is None:
        raise PackageError(
            f"{folders.internal} does not say which recording it is of" + (": it was changed" if path.exists() else ""),
            remedy="Name the OUT/NAME of a job that this version detected, or run `bodycam detect` again.",
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as tables:
        facts = _Facts.model_validate_json(tables["facts"].tobytes())
        packets = PacketIndex(**{field.name: tables[field.name] for field in fields(PacketIndex)})
    return Recording(packets=packets, **{name: getattr(facts, name) for name in _names()}), facts.policy


def read_draft(folders: Folders) -> Plan:
    """Read the plan as nobody edited it.

    Raises:
        PlanError: it is not there, or was changed.
    """
    return read_plan(folders.internal / DRAFT)


def draft_path(folders: Folders) -> Path:
    """Name the file of the plan as nobody edited it."""
    return folders.internal / DRAFT


def _names() -> list[str]:
    return [field.name for field in fields(Recording) if field.name != "packets"]
