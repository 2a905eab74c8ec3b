"""The exemption index: every deletion as a records officer would write it, one line per track."""

from collections.abc import Iterator
from dataclasses import dataclass

from bodycam_pipeline.values.geometry import Box, Orientation
from bodycam_pipeline.values.plan import MutedSpan, Plan, WithheldSpan
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock

_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


AUTOMATIC, A_PERSON = "automatic", "a person"


@dataclass(frozen=True, slots=True)
class Screen:
    """What tells a place from a region, and the end of a frame from its begin.

    Attributes:
        width, height: Of the coded frame, in pixels.
        orientation: Turns it upright.
        frame_duration_pts: How long a frame lasts.
    """

    width: int
    height: int
    orientation: Orientation
    frame_duration_pts: int

    @classmethod
    def of(cls, recording: Recording) -> "Screen":
        """A recording's."""
        video = recording.video
        return cls(video.width, video.height, video.orientation, recording.frame_duration_pts)

    def place(self, coded: Box) -> str:
        """In which ninth of the upright frame the middle of a box lies."""
        x, y = self.orientation.to_upright(coded, self.width, self.height).centre
        right, bottom = self.orientation.upright_size(self.width, self.height)
        return f"{_ROWS[_third(y, bottom)]} {_COLUMNS[_third(x, right)]}"


@dataclass(frozen=True, slots=True)
class Exemption:
    """One deletion.

    Attributes:
        start, end: Time of the recording, as a clock shows it.
        kind: As the policy names it; ``picture`` where a frame is withheld whole for no kind, or ``sound``.
        place: Where in the upright frame it is at most times.
        reason: The statute or reason.
        by: ``automatic``, ``a person``, or who it was.
    """

    start: str
    end: str
    kind: str
    place: str
    reason: str
    by: str


def exemptions(plan: Plan, screen: Screen, *, names: bool) -> tuple[Exemption, ...]:
    """Every deletion of a plan, by time.

    Args:
        plan: What is hidden, and why.
        screen: Of the plan's recording.
        names: Say which person decided; else only that a person did.
    """
    lines = [*_tracks(plan, screen, names=names), *_spans(plan, names=names)]
    return tuple(line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _tracks(plan: Plan, screen: Screen, *, names: bool) -> Iterator[tuple[int, Exemption]]:
    sides = ("left", "top", "right", "bottom")
    grouped = plan.regions.group_by(["track", "kind", "reason"], use_threads=False).aggregate(
        [
            ("pts", "min"),
            ("pts", "max"),
            ("origin", "distinct"),
            ("left", "mean"),
            ("top", "mean"),
            ("right", "mean"),
            ("bottom", "mean"),
        ]
    )
    drawn = {d.track: d.by if names else A_PERSON for d in plan.drawn}
    for row in grouped.to_pylist():
        start, end = row["pts_min"], row["pts_max"] + screen.frame_duration_pts
        place = screen.place(Box(*(row[f"{side}_mean"] for side in sides)))
        by = drawn.get(row["track"], A_PERSON) if row["origin_distinct"] == ["manual"] else AUTOMATIC
        yield start, Exemption(*_clocks(plan, Span(start, end)), row["kind"], place, row["reason"], by)


def _spans(plan: Plan, *, names: bool) -> Iterator[tuple[int, Exemption]]:
    shown: list[tuple[str, str, WithheldSpan | MutedSpan]] = []
    shown += [(withheld.kind or "picture", "all of it", withheld) for withheld in plan.withheld]
    shown += [("sound", "", muted) for muted in plan.muted]
    for kind, place, d in shown:
        by = d.by if names else A_PERSON
        yield d.span.start_pts, Exemption(*_clocks(plan, d.span), kind, place, d.reason, by)


def _clocks(plan: Plan, span: Span) -> tuple[str, str]:
    return format_clock(span.start_pts * plan.time_base), format_clock(span.end_pts * plan.time_base)


def _third(at: float, of: int) -> int:
    return min(2, max(0, int(3 * at / of)))
