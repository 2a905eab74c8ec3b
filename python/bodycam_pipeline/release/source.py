"""What a release commits to and never shows: the source's frames by time and digest, and the secret of their salts."""

import numpy as np

from bodycam_pipeline.evidence.commitments import FrameTable, SourceCommitment
from bodycam_pipeline.evidence.frames_file import read_frames, write_frames
from bodycam_pipeline.kept import SECRET, read_secret, secret_path
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.values.errors import KeyFileError, PackageError

FRAMES = "source-frames.parquet"


def keep_source(job: Job) -> None:
    """Keep, inside, the time and packet digest of every frame that the recording presents.

    Raises:
        StorageError: the disk refused.
    """
    packets, internal = job.recording.packets, job.folders.internal
    shown = np.flatnonzero(packets.shown)
    ordered = shown[np.argsort(packets.pts[shown])]
    write_frames(packets.pts[ordered], packets.sha256[ordered], internal / FRAMES)


def kept_source(folders: Folders) -> SourceCommitment:
    """What `keep_source` kept.

    Raises:
        PackageError: it is not there, or not whole.
        VerificationError: the list of frames cannot be read.
    """
    frames = folders.internal / FRAMES
    try:
        secret = read_secret(secret_path(folders.internal))
    except KeyFileError as error:
        raise _nothing_kept(folders) from error
    if not frames.exists():
        raise _nothing_kept(folders)
    return SourceCommitment(FrameTable(*read_frames(frames)), secret)


def _nothing_kept(folders: Folders) -> PackageError:
    return PackageError(
        f"{folders.internal} holds no list of source frames and their secret ({FRAMES}, {SECRET})",
        remedy="Releases of older versions have none: redact the recording again into another folder.",
    )
