"""A release in the making: complete in its staging folder, not yet anyone's to hand out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.mp4.write import pts_shift, write_mp4
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.values.encoded import CopiedFrames, EncodedAudio, EncodedSegment
from bodycam_pipeline.values.timeline import ReleaseClock


@dataclass(frozen=True)
class Staged:
    """A finished file that nobody has looked at yet.

    Attributes:
        folder: The release folder to be.
        video: The file in it.
        clock: How its time maps to the recording's.
        copied: The frames that were stream-copied from the recording.
        pictures: What the report shows of it, once it was observed: pts in the recording's clock, and a JPEG.
    """

    folder: Path
    video: Path
    clock: ReleaseClock
    copied: CopiedFrames
    pictures: tuple[tuple[int, bytes], ...] = ()


def stage(job: Job, rendered: Sequence[EncodedSegment], sounds: Sequence[EncodedAudio]) -> Staged:
    """Join the rendered segments and the sound into the release's file, in the staging folder.

    Raises:
        StorageError: the disk refused.
        VerificationError: the segments do not fit together.
    """
    folder = job.folders.open_release()
    video = folder / job.folders.video_name
    write_mp4(video, job.recording, rendered, sounds)
    clock = ReleaseClock(pts_shift(job.recording), job.recording.video.time_base.numerator)
    return Staged(folder, video, clock, CopiedFrames.of(rendered))
