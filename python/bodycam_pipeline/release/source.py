"""What a release commits to and never shows: the source's frames by time and digest, and the secret of their salts."""

import secrets

import numpy as np

from bodycam_pipeline.durable import write_private
from bodycam_pipeline.evidence.commitments import SECRET_BYTES, FrameTable, SourceCommitment
from bodycam_pipeline.evidence.frames_file import read_frames, write_frames
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.values.errors import PackageError

FRAMES = "source-frames.parquet"
SECRET = "commitment.secret"  # noqa: S105 - the name of the file, not what is in it


def keep_source(job: Job) -> None:
    """Keep, inside, the time and packet digest of every frame that the recording presents, and a secret for salts.

    Raises:
        StorageError: the disk refused.
    """
    packets, internal = job.recording.packets, job.folders.internal
    shown = np.flatnonzero(packets.shown)
    ordered = shown[np.argsort(packets.pts[shown])]
    write_frames(packets.pts[ordered], packets.sha256[ordered], internal / FRAMES)
    if not (internal / SECRET).exists():  # after a run that was cut off, what was committed to stays
        write_private(internal / SECRET, secrets.token_bytes(SECRET_BYTES))


def kept_source(folders: Folders) -> SourceCommitment:
    """What `keep_source` kept.

    Raises:
        PackageError: it is not there, or not whole.
        VerificationError: the list of frames cannot be read.
    """
    frames, secret = folders.internal / FRAMES, folders.internal / SECRET
    try:
        content = secret.read_bytes()
    except OSError:
        content = b""
    if len(content) != SECRET_BYTES or not frames.exists():
        raise PackageError(
            f"{folders.internal} holds no list of source frames and their secret ({FRAMES}, {SECRET})",
            remedy="Releases of older versions have none: redact the recording again into another folder.",
        )
    return SourceCommitment(FrameTable(*read_frames(frames)), content)
