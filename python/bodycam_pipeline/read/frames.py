"""Single frames of a recording by their pts, exactly as the recording presents them."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np

from bodycam_pipeline.read.decode import SourceFrame, decode_segment
from bodycam_pipeline.rules.segments import starts
from bodycam_pipeline.values.recording import Recording, Segment
from bodycam_pipeline.values.timeline import Span


class FrameFinder:
    """Decodes the frame at a pts, from the random-access point before it; the next frame costs one step.

    Memory: ``budget_bytes`` of frames.
    """

    def __init__(self, recording: Recording, budget_bytes: int) -> None:
        self._recording = recording
        self._cuts = starts(recording.packets)
        self._firsts = [pts for _, pts in self._cuts]
        self._frames: OrderedDict[int, SourceFrame] = OrderedDict()
        frame_bytes = recording.video.width * recording.video.height * 3 // 2
        self._most = max(4, budget_bytes // max(1, frame_bytes))
        self._running: Iterator[SourceFrame] | None = None
        self._run, self._reached = -1, 0
        self.shown = recording.packets.shown_pts()

    def at(self, pts: int) -> SourceFrame:
        """The frame of a pts; its pixels are None where the decoder gives nothing that can be trusted.

        Raises:
            KeyError: the recording shows no frame at this pts.
            UnreadableRecordingError: the file no longer holds what was probed.
        """
        position = int(np.searchsorted(self.shown, pts))
        if position >= len(self.shown) or self.shown[position] != pts:
            raise KeyError(pts)
        found = self._frames.get(pts)
        if found is None:
            found = self._decode(pts)
        self._frames.move_to_end(pts)
        return found

    def _decode(self, pts: int) -> SourceFrame:
        run = max(bisect_right(self._firsts, pts) - 1, 0)
        if self._running is None or run != self._run or pts <= self._reached:
            self._running, self._run = self._start(run), run
        for source in self._running:
            self._reached = source.pts
            self._keep(source)
            if source.pts == pts:
                return source
        self._running = None
        return self._frames.setdefault(pts, SourceFrame(pts, None))

    def _keep(self, source: SourceFrame) -> None:
        self._frames[source.pts] = source
        while len(self._frames) > self._most:
            self._frames.popitem(last=False)

    def _start(self, run: int) -> Iterator[SourceFrame]:
        recording = self._recording
        first, first_pts = self._cuts[run]
        last = run + 1 == len(self._cuts)
        end = len(recording.packets) if last else self._cuts[run + 1][0]
        end_pts = recording.span.end_pts if last else self._firsts[run + 1]
        packets = recording.packets.part(first, end)
        segment = Segment(run, first, end, Span(first_pts, end_pts), int(packets.shown.sum()))
        return decode_segment(recording.address, recording.video, packets, segment)
