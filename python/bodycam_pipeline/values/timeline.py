"""Time is an integer ``pts`` in an exact ``time_base``; never a float, never a frame number."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import floor

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d{1,9})?)")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of time, ``start_pts <= pts < end_pts``."""

    start_pts: int
    end_pts: int

    def __post_init__(self) -> None:
        if self.end_pts <= self.start_pts:
            raise ValueError(f"an empty span: {self.start_pts}..{self.end_pts}")

    def __contains__(self, pts: int) -> bool:
        return self.start_pts <= pts < self.end_pts

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share any time."""
        return self.start_pts < other.end_pts and other.start_pts < self.end_pts


def parse_clock(text: str) -> Fraction:
    """Seconds from ``12.5``, ``1:02.480`` or ``1:00:02``.

    Raises:
        ValueError: the text is none of these.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a time: {text!r} (write seconds, mm:ss.mmm or hh:mm:ss.mmm)")
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)


def format_clock(seconds: Fraction) -> str:
    """``hh:mm:ss.mmm``, cut (not rounded) to the millisecond, so that no two frames swap."""
    sign, milliseconds = ("-" if seconds < 0 else ""), floor(abs(seconds) * 1000)
    rest, milliseconds = divmod(milliseconds, 1000)
    minutes, whole = divmod(rest, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:02d}:{minutes:02d}:{whole:02d}.{milliseconds:03d}"


def exact_clock(seconds: Fraction) -> str:
    """``hh:mm:ss`` with as many decimals as it takes: what `parse_clock` reads as exactly this.

    Raises:
        ValueError: the time is negative, or needs more than nine decimals.
    """
    billionths = seconds * 10**9
    if seconds < 0 or billionths.denominator != 1:
        raise ValueError(f"{seconds} s cannot be written as hh:mm:ss with nine decimals: write the pts of a frame")
    minutes, rest = divmod(int(billionths), 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    whole, decimals = divmod(rest, 10**9)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}" + f".{decimals:09d}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class ReleaseClock:
    """How a release counts time: MP4 knows only ``1/timescale``, and no time before 0.

    Attributes:
        shift_pts: Subtracted from every pts of the recording, 0 wherever the format allows it.
        numerator: Of the recording's time base; the release counts in ``1/denominator``.
    """

    shift_pts: int
    numerator: int

    def to_release(self, pts: int) -> int:
        """The release's pts of a frame of the recording; the same instant unless it is shifted."""
        return (pts - self.shift_pts) * self.numerator

    def to_recording(self, pts: int) -> int:
        """The recording's pts of a frame of the release.

        Raises:
            ValueError: no frame of the recording can have this time.
        """
        whole, rest = divmod(pts, self.numerator)
        if rest:
            raise ValueError(f"pts {pts} is between two ticks of the recording's clock")
        return whole + self.shift_pts

    def seconds(self, pts: int, time_base: Fraction) -> Fraction:
        """When a pts of the recording is shown in the release; 0 for what lies before its start."""
        return max((pts - self.shift_pts) * time_base, Fraction(0))

    def span_to_recording(self, span: Span) -> Span:
        """The stretch of the recording's clock that covers a stretch of the release's."""
        end = -(-span.end_pts // self.numerator) + self.shift_pts
        return Span(span.start_pts // self.numerator + self.shift_pts, end)
