"""Frames that could not be decoded: a person withholds them, or there is no release."""

from fractions import Fraction
from math import ceil, floor

import numpy as np

from bodycam_pipeline.values.errors import DamagedRecordingError, Place
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span

_TICKS = 10**9
"""Decimals that a time in ``edits.toml`` may have."""


def unwithheld(plan: Plan) -> tuple[int, ...]:
    """The frames that nobody looked at and nobody withheld, ascending."""
    return tuple(pts for pts in plan.undecodable_pts if not plan.is_withheld(pts))


def refuse_unwithheld(plan: Plan, recording: Recording) -> None:
    """Refuse a recording with a hole, with the very lines that would withhold it.

    Raises:
        DamagedRecordingError: frames that could not be decoded and that nobody withheld.
    """
    holes = unwithheld(plan)
    if not holes:
        return
    lines = "\n".join(withhold_lines(span, plan.time_base) for span in hole_spans(holes, recording))
    raise DamagedRecordingError(
        f"{len(holes)} of {plan.frames} frames could not be decoded",
        remedy="Obtain an undamaged copy, or withhold these frames: put this into edits.toml, with your name:\n\n"
        + lines,
        where=Place(recording=recording.name, pts=holes[0]),
    )


def hole_spans(frames: tuple[int, ...], recording: Recording) -> tuple[Span, ...]:
    """Spans that hold these frames and no others; neighbours in one."""
    shown = recording.packets.shown_pts()
    ends = np.append(shown[1:], recording.span.end_pts)
    positions = np.searchsorted(shown, np.array(sorted(frames), dtype=np.int64))
    groups = np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1) if positions.size else []
    return tuple(Span(int(shown[group[0]]), int(ends[group[-1]])) for group in groups)


def withhold_lines(span: Span, time_base: Fraction) -> str:
    """The ``edits.toml`` entry that withholds exactly the frames of a span."""
    start, end = span.start_pts * time_base, span.end_pts * time_base
    return (
        "[[withhold]]\n"
        f'from = "{_clock(ceil(start * _TICKS))}"\n'
        f'to = "{_clock(floor(end * _TICKS))}"\n'
        'reason = "could not be decoded"\n'
        'by = "YOUR NAME"\n'
    )


def _clock(ticks: int) -> str:
    """``hh:mm:ss.fffffffff``, to the last decimal that is not 0."""
    seconds, rest = divmod(ticks, _TICKS)
    minutes, whole = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}.{rest:09d}".rstrip("0").rstrip(".")
