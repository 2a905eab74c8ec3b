"""A person's times and places as a recording's own."""

from fractions import Fraction
from math import ceil, floor

import numpy as np

from bodycam_pipeline.values.edits import Stretch, Time, format_time
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.geometry import Box, Region, snap_region
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock


class EditClock:
    """Reads the times of decisions: of a clock, or the pts of a frame."""

    def __init__(self, recording: Recording) -> None:
        self.shown = recording.packets.shown_pts()
        self._recording = recording
        self._time_base = recording.video.time_base
        self._whole = recording.whole

    def frames(self, stretch: Stretch) -> Span:
        """The span of a stretch, reaching back to the start of the frame that is on the screen when it begins."""
        span = self.span(stretch)
        first = self.on_screen(stretch.start, stretch.table)
        return Span(first, max(span.end_pts, first + 1))

    def span(self, stretch: Stretch) -> Span:
        """The span of a stretch, rounded outward and cut to the recording.

        Raises:
            EditsError: a time outside the recording, or a stretch that holds nothing.
        """
        start, end = self.first_pts(stretch.start, stretch.table), self.end_pts(stretch.end, stretch.table)
        if end <= start:
            raise EditsError(
                f"{stretch.table} from {format_time(stretch.start)} to {format_time(stretch.end)} holds nothing",
                remedy="Make the stretch longer.",
            )
        return Span(start, end)

    def first_pts(self, time: Time, verb: str) -> int:
        """The pts at which a stretch begins: not after its time.

        Raises:
            EditsError: a time outside the recording.
        """
        self.check(time, verb)
        return time if isinstance(time, int) else max(floor(time / self._time_base), self._whole.start_pts)

    def end_pts(self, time: Time, verb: str) -> int:
        """The pts at which a stretch ends: not before its time; the end of the recording ends one as well.

        Raises:
            EditsError: a time outside the recording.
        """
        if time == self._whole.end_pts and isinstance(time, int):
            return time
        self.check(time, verb)
        return time if isinstance(time, int) else min(ceil(time / self._time_base), self._whole.end_pts)

    def between(self, first: Time, last: Time, verb: str) -> list[int]:
        """Every frame that is on the screen at any time of first..last, both included."""
        end = last if isinstance(last, int) else floor(last / self._time_base)
        low, high = np.searchsorted(self.shown, [self.on_screen(first, verb), end + 1])
        return [int(pts) for pts in self.shown[low : max(high, low + 1)]]

    def on_screen(self, time: Time, verb: str) -> int:
        """The frame that shows at a time: the last one that has begun; behind the last frame of a cut file, the time.

        Raises:
            EditsError: a time outside the recording.
        """
        self.check(time, verb)
        if isinstance(time, int):
            return time
        if self._recording.gaps and time / self._time_base >= self._recording.span.end_pts:
            return min(floor(time / self._time_base), self._whole.end_pts)
        position = int(np.searchsorted(self.shown, floor(time / self._time_base), side="right")) - 1
        return int(self.shown[max(position, 0)])

    def seconds(self, time: Time) -> Fraction:
        """A time in seconds."""
        return time * self._time_base if isinstance(time, int) else time

    def check(self, time: Time, verb: str) -> None:
        """Refuse a pts that no frame has, and a time outside the recording by more than a frame.

        Clocks on screens are cut to milliseconds: that much is forgiven.

        Raises:
            EditsError: it is one of these.
        """
        if isinstance(time, int):
            self._refuse_no_frame(time, verb)
            return
        slack = self._recording.frame_duration_pts
        low, high = self._whole.start_pts - slack, self._whole.end_pts + slack
        if not low <= time / self._time_base <= high:
            begins, ends = (format_clock(self.seconds(pts)) for pts in (self._whole.start_pts, self._whole.end_pts))
            raise EditsError(
                f"{verb} at {format_clock(time)} is outside the recording",
                remedy=f"It runs from {begins} to {ends}: write a time between.",
            )

    def _refuse_no_frame(self, pts: int, verb: str) -> None:
        position = int(np.searchsorted(self.shown, pts))
        if position == len(self.shown) or self.shown[position] != pts:
            near = int(self.shown[min(position, len(self.shown) - 1)])
            raise EditsError(
                f"{verb} at pts {pts}: the recording shows no frame of that pts",
                remedy=f'The next frame has pts {near}. Write it, or a time as "mm:ss.mmm".',
            )

    def coded(self, box: Box, grid_px: int) -> Region | None:
        """A box in the upright frame as a region of the coded frame; None where nothing of it is in the frame."""
        video = self._recording.video
        return snap_region(
            video.orientation.to_coded(box, video.width, video.height), video.width, video.height, grid_px
        )
