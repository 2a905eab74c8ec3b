"""Watch a segment frame by frame: look at some frames, keep the small luma of all, and follow what was seen."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from bodycam_pipeline._native import Planes, Pyramid
from bodycam_pipeline.following.footage import Footage, Observation
from bodycam_pipeline.following.observations import observed
from bodycam_pipeline.following.segment import part_candidates
from bodycam_pipeline.steps.key_frames import KeyFrames, NamedFrames, PendingDetections
from bodycam_pipeline.tasks.watching import Watching
from bodycam_pipeline.values.candidates import Candidates
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.registry import is_shipped
from bodycam_pipeline.vision.session import open_network

MOST_FRAMES = 240
"""Frames whose luma is kept at once, 170 MB at 1080p: a longer segment is followed in parts, joined as segments are."""


def warm(watching: Watching) -> None:
    """Load the networks that come with this software; a stranger's is loaded in the box alone.

    Raises:
        ModelError: a model that cannot be loaded.
    """
    for each in watching.looking:
        if is_shipped(each.model):
            open_network(each.model, watching.provider)


class Watcher:
    """Goes through the frames of one segment, in order of time. Memory: the small luma of `MOST_FRAMES`."""

    def __init__(self, watching: Watching, video: VideoFacts, due: KeyFrames | NamedFrames, threads: int = 1) -> None:
        """Open the networks.

        Args:
            watching: Who watches.
            video: Of the segment's file.
            due: At which frames they look.
            threads: How many frames are looked at side by side; each network runs in one thread, so that what is seen
                does not depend on it.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        self._watching, self._video, self._due = watching, video, due
        self._looks = DetectionPool(watching, video, threads)
        self._footage = self._empty()
        self._pts: list[int] = []
        self._parts: list[Candidates] = []
        self._undecodable: list[int] = []
        self._since_scene_change = 0

    def see(self, pts: int, frame: Planes | None) -> None:
        """Take the next frame; None where it did not decode."""
        if frame is None:
            self._undecodable.append(pts)
            return
        pyramid = self._pyramid(frame)
        if len(self._pts) == MOST_FRAMES:
            self._close((pts, pyramid))
        if self._footage.add(self._seconds(pts), pyramid):
            self._since_scene_change = 0
        looked = self._due(pts, self._since_scene_change)
        self._footage.saw([] if looked else None)
        if looked:
            self._due.saw(self._looks.begin(frame, self._footage.observations[-1]))
        self._pts.append(pts)
        self._since_scene_change += 1

    def finish(self, border: tuple[int, Planes] | None = None) -> tuple[Candidates, ...]:
        """Follow what was seen; the parts of the segment, mostly one.

        Args:
            border: The next segment's first frame, if there is one that decodes: candidates are followed into it.
        """
        self._close(None if border is None else (border[0], self._pyramid(border[1])))
        return tuple(self._parts)

    def _close(self, border: tuple[int, Pyramid] | None) -> None:
        """Follow what is kept, and begin anew."""
        if border is not None:
            self._footage.add(self._seconds(border[0]), border[1])
            self._footage.saw(None)
        self._looks.finish()
        networks, border_pts = len(self._watching.looking), border[0] if border else None
        finest = self._looks.finest
        found = part_candidates(self._footage, self._pts, (networks, finest), border_pts, self._undecodable)
        self._parts.append(found)
        if border_pts is not None and found.border_pts is None:
            self._since_scene_change = 0
        self._footage, self._pts, self._undecodable = self._empty(), [], []

    def _empty(self) -> Footage:
        return Footage(self._video.upright_size, self._watching.scene_change_difference)

    def _pyramid(self, frame: Planes) -> Pyramid:
        return Pyramid(frame, orientation=int(self._video.orientation))

    def _seconds(self, pts: int) -> float:
        return float(pts * self._video.time_base)


class DetectionPool:
    """Looks at frames, so many side by side."""

    def __init__(self, watching: Watching, video: VideoFacts, threads: int) -> None:
        """Open the networks, which all threads share; each has tensors of its own.

        Raises:
            ModelError: a model that cannot be loaded.
        """
        self._watching = watching
        self._free = deque(Detector(watching.looking, video, watching.provider) for _ in range(threads))
        self.finest = self._free[0].finest
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._going: deque[tuple[Detector, list[Observation], Future[list[Detection]]]] = deque()

    def begin(self, frame: Planes, into: list[Observation]) -> PendingDetections:
        """Look at a frame; what is seen is in the list once `finish`, or what is returned, was called."""
        if self._pool is None:
            into += self._observed(self._free[0].look(frame))
            return lambda: into
        if not self._free:
            self._end_first()
        detector = self._free.popleft()
        self._going.append((detector, into, self._pool.submit(detector.look, frame)))

        def seen() -> list[Observation]:
            while any(other is into for _, other, _ in self._going):
                self._end_first()
            return into

        return seen

    def finish(self) -> None:
        """Wait for everything that was begun."""
        while self._going:
            self._end_first()

    def _end_first(self) -> None:
        detector, into, future = self._going.popleft()
        into += self._observed(future.result())
        self._free.append(detector)

    def _observed(self, seen: list[Detection]) -> list[Observation]:
        return observed(seen, self._watching.evidence, len(self._watching.looking), self.finest)
