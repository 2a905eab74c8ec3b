"""Past both ends of a candidate: followed on, until it is silent too long, lost, out of the picture or joined."""

from collections.abc import Callable, Sequence

from bodycam_pipeline.following.candidates import Candidate, Point
from bodycam_pipeline.following.footage import ROUNDING_SECONDS, Footage
from bodycam_pipeline.following.steps import find_again, is_inside, step
from bodycam_pipeline.following.sweep import (
    GUESSED_SECONDS,
    SEED,
    SILENT_SECONDS,
    SUPPORT,
    blended,
    distance,
    silence,
)
from bodycam_pipeline.values.geometry import Box

BEYOND_SECONDS = 1.0
"""How far a candidate is followed past its last observation."""

GROWTH = 0.5
"""How much a guessed box grows on each side, as a share of its length, per second."""

MEETS = 0.3
"""Intersection over union of a followed box with another candidate's, from which on the two are one thing."""

Meet = Callable[[int, Box], Candidate | None]


def nobody(_frame: int, _box: Box) -> None:
    """Meet no other candidate."""


def join_candidates(footage: Footage, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Follow each candidate back from its start; where that meets another candidate, the two are one."""
    alive = sorted(candidates, key=lambda c: c.first)
    gone: set[int] = set()
    for candidate in alive:
        if id(candidate) in gone:
            continue

        def meet(frame: int, box: Box, candidate: Candidate = candidate) -> Candidate | None:
            return next(
                (
                    other
                    for other in alive
                    if other is not candidate
                    and id(other) not in gone
                    and other.kind == candidate.kind
                    and frame in other.points
                    and box.iou(other.points[frame].box) >= MEETS
                ),
                None,
            )

        other = go_on(footage, candidate, -1, SILENT_SECONDS, meet)
        if other is not None and other.last < candidate.last:
            candidate.take(other)
            gone.add(id(other))
        else:
            candidate.trim()
    return [candidate for candidate in alive if id(candidate) not in gone]


def go_on(
    footage: Footage, candidate: Candidate, direction: int, silent_seconds: float, meet: Meet = nobody
) -> Candidate | None:
    """Follow a candidate from one end, taking in free observations on the way.

    Args:
        footage: The segment.
        candidate: Its points grow.
        direction: 1 forward in time, -1 backward.
        silent_seconds: How long without an observation.
        meet: Names another candidate that is at a place already: there the following stops.

    Returns:
        The candidate that was met, if one was.
    """
    frame = candidate.end if direction > 0 else candidate.start
    box = candidate.points[frame].box
    velocity: tuple[float, float] | None = None
    guessed = candidate.points[frame].found == "guessed"
    anchor = None if guessed else (frame, box)  # what lies in a box that was guessed is not what is followed
    unsure_since: float | None = footage.seconds[frame] if guessed else None
    while True:
        to = footage.neighbour(frame, direction)
        seen = candidate.last if direction > 0 else candidate.first
        if to is None or abs(footage.seconds[to] - footage.seconds[seen]) > silent_seconds + ROUNDING_SECONDS:
            return None
        place, sure = step(footage, box, frame, to, velocity)
        if unsure_since is not None:
            again = find_again(footage, anchor, to, place) if anchor else None
            sure = again is not None
            place = again or place
        if not is_inside(place, footage.size):
            return None
        taken = _take(footage, candidate, to, place)
        if taken is not None:
            place, sure = taken, True
        if sure:
            anchor, unsure_since = (to, place), None
        else:
            unsure_since = footage.seconds[frame] if unsure_since is None else unsure_since
            if abs(footage.seconds[to] - unsure_since) > GUESSED_SECONDS + ROUNDING_SECONDS:
                return None
            place = _grown(place, GROWTH * abs(footage.seconds[to] - footage.seconds[frame]))
        if taken is None:
            candidate.points[to] = Point(place, "followed" if sure else "guessed", silence(footage, to))
        other = meet(to, place)
        if other is not None:
            return other
        (x, y), (x0, y0) = place.centre, box.centre
        velocity, box, frame = (x - x0, y - y0), place, to


def _take(footage: Footage, candidate: Candidate, frame: int, box: Box) -> Box | None:
    """Take in the nearest free observation at a place; the box there, or None where there is none."""
    free = [
        (cost, number, o)
        for number, o in enumerate(footage.observations[frame])
        if not o.taken and o.kind == candidate.kind and o.odds >= SUPPORT
        for cost in [distance(box, o)]
        if cost is not None
    ]
    if not free:
        return None
    _, _, observation = min(free, key=lambda each: each[:2])
    observation.taken = True
    place = blended(box, observation)
    candidate.points[frame] = Point(place, "detected", observation.scores)
    candidate.sure |= observation.odds >= SEED
    candidate.first, candidate.last = min(candidate.first, frame), max(candidate.last, frame)
    return place


def _grown(box: Box, share: float) -> Box:
    return box.grown(*(share * length for length in (box.width, box.height) * 2))
