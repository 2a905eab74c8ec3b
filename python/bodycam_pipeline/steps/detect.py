"""Watch one segment of a recording: look at its key frames, and follow what was seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.evidence.candidates_file import read_candidates, write_candidates
from bodycam_pipeline.evidence.frames_file import write_digests
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import VideoFrame, planes
from bodycam_pipeline.steps.watching import Watcher, Watching, every
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
            pictures change size or coding.
    """

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    border: PacketIndex | None = None

    @property
    def shown(self) -> VideoFacts:
        """The track as this segment alone has it: of a canvas, what its own pictures cover."""
        return self.video.part_at(int(self.packets.pts[0]))

    def borrowed(self, frame: VideoFrame) -> _native.Planes:
        """The planes of what the segment's pictures cover of a frame."""
        return planes(frame, size=(self.shown.width, self.shown.height))

    def border_frame(self) -> tuple[int, _native.Planes] | None:
        """The next segment's first frame; None where there is none, or where it does not decode alone."""
        if self.border is None or not self.border.shown.all():
            return None
        for source in decode_segment(self.address, self.video, self.border, self.segment):
            return None if source.frame is None else (source.pts, self.borrowed(source.frame))
        return None


@dataclass(frozen=True)
class DetectTask:
    """All that one segment's detection needs.

    Attributes:
        part: What is watched.
        watching: Who watches.
        interval: Networks look at one frame in so many.
        threads: How many frames are looked at side by side.
        result_path: Where the candidates go.
        secret_path: Where the job's secret lies, under which they are kept.
        digests_path: Where the digests of the decoded frames go, so that stream-copied frames can be held against them;
            None where nobody will ask.
    """

    part: Part
    watching: Watching
    interval: int
    threads: int
    result_path: str
    secret_path: str
    digests_path: str | None = None

    def needs(self) -> Needs:
        """What it opens."""
        folders = {str(Path(path).parent) for path in (self.result_path, self.digests_path) if path is not None}
        read = (self.secret_path, *self.watching.models)
        return Needs((self.part.address,), read, tuple(sorted(folders)), self.watching.provider)

    def warm(self) -> None:
        """Load the networks."""
        self.watching.warm()


def detect_segment(task: DetectTask) -> SegmentCandidates:
    """Decode the segment, watch every frame, and leave the result at ``task.result_path``.

    A result that is there already, unchanged, is read and not made again.

    Raises:
        BodycamError: as decoding and the models do, with the segment named.
    """
    path, secret = Path(task.result_path), Path(task.secret_path)
    finished = read_candidates(path, secret)
    if finished is not None:
        return finished
    part = task.part
    watcher = Watcher(task.watching, part.shown, every(task.interval), task.threads)
    digests: dict[int, bytes] = {}
    for pts, frame in frames_of(part):
        watcher.see(pts, frame)
        if frame is not None and task.digests_path is not None:
            digests[pts] = _native.frame_digest(frame)
    found = SegmentCandidates(part.segment.number, watcher.finish(part.border_frame()))
    if task.digests_path is not None:
        write_digests(digests, Path(task.digests_path), secret)
    write_candidates(found, path, secret)
    return found


def frames_of(part: Part) -> Iterator[tuple[int, _native.Planes | None]]:
    """The segment's frames by their pts, in order of time; None where one does not decode."""
    for source in decode_segment(part.address, part.video, part.packets, part.segment):
        yield source.pts, None if source.frame is None else part.borrowed(source.frame)
