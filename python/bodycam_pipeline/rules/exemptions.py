"""The exemption index: every deletion as a records officer would write it, one line per track."""

from collections.abc import Iterator
from dataclasses import dataclass

from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock

_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


@dataclass(frozen=True, slots=True)
class Exemption:
    """One deletion.

    Attributes:
        start, end: Time of the recording, as a clock shows it.
        kind: ``face``, ``plate``, ``picture`` (withheld whole) or ``sound``.
        place: Where in the upright picture it is at most times.
        reason: The statute or reason.
        by: ``automatic``, ``a person``, or who it was.
    """

    start: str
    end: str
    kind: str
    place: str
    reason: str
    by: str


def exemptions(plan: Plan, recording: Recording) -> tuple[Exemption, ...]:
    """Every deletion of a plan, by time."""
    lines = [*_tracks(plan, recording), *_spans(plan)]
    return tuple(line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _tracks(plan: Plan, recording: Recording) -> Iterator[tuple[int, Exemption]]:
    columns = ("left", "top", "right", "bottom")
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
    for row in grouped.to_pylist():
        start, end = row["pts_min"], row["pts_max"] + recording.frame_duration_pts
        by = "a person" if row["origin_distinct"] == ["manual"] else "automatic"
        place = _place(Box(*(row[f"{name}_mean"] for name in columns)), recording)
        yield start, Exemption(*_clocks(plan, Span(start, end)), row["kind"], place, row["reason"], by)


def _spans(plan: Plan) -> Iterator[tuple[int, Exemption]]:
    for kind, place, decisions in (("picture", "all of it", plan.withheld), ("sound", "", plan.muted)):
        for d in decisions:
            yield d.span.start_pts, Exemption(*_clocks(plan, d.span), kind, place, d.reason, d.by)


def _clocks(plan: Plan, span: Span) -> tuple[str, str]:
    return format_clock(span.start_pts * plan.time_base), format_clock(span.end_pts * plan.time_base)


def _place(coded: Box, recording: Recording) -> str:
    video = recording.video
    x, y = video.orientation.to_upright(coded, video.width, video.height).centre
    width, height = video.upright_size
    return f"{_ROWS[_third(y, height)]} {_COLUMNS[_third(x, width)]}"


def _third(at: float, of: int) -> int:
    return min(2, max(0, int(3 * at / of)))
