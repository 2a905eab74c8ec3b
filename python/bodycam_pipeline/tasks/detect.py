"""What watching one segment needs."""

from dataclasses import dataclass

from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.tasks.watching import Watching
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts


@dataclass(frozen=True)
class Part:
    """One segment of a file, and what is needed to decode it.

    Attributes:
        address, video: Of the file, as probed.
        packets: The segment's part of the index.
        segment: Which one.
        border: The first packet of the next segment, which decodes alone; None at the end of the file, and where the
            frames change size or coding.
    """

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    border: PacketIndex | None = None

    @property
    def shown(self) -> VideoFacts:
        """The track as this segment alone has it: of a canvas, what its own frames cover."""
        return self.video.part_at(int(self.packets.pts[0]))


@dataclass(frozen=True)
class DetectTask:
    """All that one segment's detection needs.

    Attributes:
        part: What is watched.
        watching: Who watches.
        interval: Networks look at one frame in so many.
        thin_out: They look at half of these while nothing is to be seen.
        threads: How many frames are looked at side by side.
        result_path: Where the candidates go.
        secret_path: Where the job's secret lies, under which they are kept.
        digests_path: Where the digests of the decoded frames go, so that stream-copied frames can be held against them;
            None where nobody will ask.
    """

    part: Part
    watching: Watching
    interval: int
    thin_out: bool
    threads: int
    result_path: str
    secret_path: str
    digests_path: str | None = None

    def needs(self) -> Needs:
        """What it opens."""
        made = tuple(filter(None, (self.result_path, self.digests_path)))
        read = (self.secret_path, *self.watching.models)
        return Needs((self.part.address,), read, made, self.watching.provider)


detect_segment = Step[DetectTask, SegmentCandidates]("detect", "detect_segment", SegmentCandidates)
