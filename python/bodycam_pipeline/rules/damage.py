"""Frames that could not be decoded: a person withholds them, or there is no release."""

from fractions import Fraction
from math import ceil, floor

import numpy as np

from bodycam_pipeline.values.errors import DamagedRecordingError, Place
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.printable import counted
from bodycam_pipeline.values.recording import Gap, Recording
from bodycam_pipeline.values.timeline import Span

_TICKS = 10**9
"""Decimals that a time in ``edits.toml`` may have."""


def unwithheld(plan: Plan) -> tuple[int, ...]:
    """The frames that nobody looked at and nobody withheld, ascending."""
    return tuple(pts for pts in plan.undecodable_pts if not plan.is_withheld(pts))


def refuse_unwithheld(plan: Plan, recording: Recording) -> None:
    """Refuse a recording with a hole or a gap, with the very lines that would withhold it.

    Raises:
        DamagedRecordingError: frames that could not be decoded, or time that the file lacks, and that nobody withheld.
    """
    holes, gaps = unwithheld(plan), unwithheld_gaps(plan, recording)
    if not holes and not gaps:
        return
    undecoded = [f"{len(holes)} of {counted(plan.frames, 'frame')} could not be decoded"] if holes else []
    lines = [withhold_lines(gap.span, plan.time_base, "missing from the file") for gap in gaps]
    lines += [withhold_lines(span, plan.time_base) for span in hole_spans(holes, recording)]
    raise DamagedRecordingError(
        "; ".join([*(gap.what for gap in gaps), *undecoded]),
        remedy="Obtain an undamaged copy, or withhold this: put these lines into edits.toml, with your name, and add "
        "--edits edits.toml to the command:\n\n" + "\n".join(lines),
        where=Place(recording=recording.name, pts=holes[0] if holes else gaps[0].span.start_pts),
    )


def unwithheld_gaps(plan: Plan, recording: Recording) -> tuple[Gap, ...]:
    """The time that the file lacks and nobody withheld whole."""
    withheld = [w.span for w in plan.withheld]
    return tuple(
        gap
        for gap in recording.gaps
        if not any(s.start_pts <= gap.span.start_pts and gap.span.end_pts <= s.end_pts for s in withheld)
    )


def hole_spans(frames: tuple[int, ...], recording: Recording) -> tuple[Span, ...]:
    """Spans that hold these frames and no others; neighbours in one."""
    shown = recording.packets.shown_pts()
    ends = np.append(shown[1:], recording.span.end_pts)
    positions = np.searchsorted(shown, np.array(sorted(frames), dtype=np.int64))
    groups = np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1) if positions.size else []
    return tuple(Span(int(shown[group[0]]), int(ends[group[-1]])) for group in groups)


def withhold_lines(span: Span, time_base: Fraction, reason: str = "could not be decoded") -> str:
    """The ``edits.toml`` entry that withholds exactly the frames of a span."""
    start, end = span.start_pts * time_base, span.end_pts * time_base
    return (
        "[[withhold]]\n"
        f'from = "{_clock(ceil(start * _TICKS))}"\n'
        f'to = "{_clock(floor(end * _TICKS))}"\n'
        f'reason = "{reason}"\n'
        'by = "YOUR NAME"\n'
    )


def _clock(ticks: int) -> str:
    """``hh:mm:ss.fffffffff``, to the last decimal that is not 0."""
    seconds, rest = divmod(ticks, _TICKS)
    minutes, whole = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}.{rest:09d}".rstrip("0").rstrip(".")
