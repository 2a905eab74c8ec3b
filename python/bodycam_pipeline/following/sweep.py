"""The forward sweep: every candidate of a segment, from its first observation to its last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, log

from bodycam_pipeline.following.candidates import Candidate, Point
from bodycam_pipeline.following.footage import ROUNDING_SECONDS, Footage, Observation
from bodycam_pipeline.following.steps import is_inside, move_box, side, step
from bodycam_pipeline.values.geometry import Box

SEED = 1.5
"""Log-odds from which on an observation is sure enough to begin a candidate."""

SUPPORT = -1.0
"""Log-odds from which on an observation continues one. Near the start of a segment it begins one as well, which counts
if it goes on from one of the segment before: where a recording is cut into segments must not end anything."""

SILENT_SECONDS = 0.35
"""How long a candidate is followed without an observation, if networks looked meanwhile."""

GUESSED_SECONDS = 0.4
"""How long a box goes with the camera where the follower is unsure."""

LARGEST_RATIO = 2.2
"""Between the sides of a followed box and of the observation that it meets."""

NEAR = 0.35
"""Sides between their centres, or this much less than a third of overlap, for the two to be one thing."""

OVERLAP = 0.25

SEEN_PLACE, SEEN_SIZE = 0.7, 0.4
"""How much of the place and size of a certain observation goes into a followed box: places jump less than sizes."""


@dataclass(slots=True)
class _Live:
    """A candidate that is being followed."""

    candidate: Candidate
    box: Box
    velocity: tuple[float, float] | None = None
    unsure_since: float | None = None


def sweep(footage: Footage) -> list[Candidate]:
    """Follow every observation forward, and join what is observed at the followed places."""
    done: list[Candidate] = []
    live: list[_Live] = []
    for frame in range(len(footage)):
        if frame and footage.neighbour(frame - 1, 1) is None:
            done += [each.candidate for each in live]
            live = []
        before, live = live, [each for each in live if _followed(footage, each, frame)]
        still = set(map(id, live))
        done += [each.candidate for each in before if id(each) not in still]
        observed = [o for o in footage.observations[frame] if o.odds >= SUPPORT]
        _meet(live, observed, frame)
        early = footage.seconds[frame] - footage.seconds[0] <= SILENT_SECONDS + ROUNDING_SECONDS
        live += list(_begun(live, [o for o in observed if early or o.odds >= SEED], frame))
    found = done + [each.candidate for each in live]
    for candidate in found:
        candidate.trim()
    return sorted(found, key=lambda c: (c.first, c.kind, c.points[c.first].box))


def _followed(footage: Footage, live: _Live, frame: int) -> bool:
    """Put a candidate where it is in this frame; False where it ends."""
    candidate, now = live.candidate, footage.seconds[frame]
    before = live.box
    live.box, sure = step(footage, before, frame - 1, frame, live.velocity)
    if sure:
        live.unsure_since = None
    elif live.unsure_since is None:
        live.unsure_since = footage.seconds[frame - 1]
    asked = any(footage.looked[candidate.last + 1 : frame])
    silent = now - footage.seconds[candidate.last] if asked else 0.0
    lost = live.unsure_since is not None and now - live.unsure_since > GUESSED_SECONDS + ROUNDING_SECONDS
    if silent > SILENT_SECONDS + ROUNDING_SECONDS or lost or not is_inside(live.box, footage.size):
        return False
    (x, y), (x0, y0) = live.box.centre, before.centre
    live.velocity = (x - x0, y - y0)
    scores = silence(footage, frame)
    candidate.points[frame] = Point(live.box, "followed" if sure else "guessed", scores)
    return True


def silence(footage: Footage, frame: int) -> tuple[float, ...] | None:
    """The scores of networks that looked and said nothing; None where none looked."""
    return () if footage.looked[frame] else None


def _meet(live: Sequence[_Live], observed: Sequence[Observation], frame: int) -> None:
    for each, observation in match_observations(live, observed):
        observation.taken = True
        before = each.candidate.points[frame].box
        each.box = blended(before, observation)
        (x, y), (x0, y0) = each.box.centre, before.centre
        if each.velocity is not None:
            each.velocity = (each.velocity[0] + x - x0, each.velocity[1] + y - y0)
        each.candidate.points[frame] = Point(each.box, "detected", observation.scores)
        each.candidate.last = frame
        each.candidate.sure |= observation.odds >= SEED
        each.unsure_since = None


def match_observations(live: Sequence[_Live], observed: Sequence[Observation]) -> Iterator[tuple[_Live, Observation]]:
    """Which observation is at which candidate's place: the nearest first, each once."""
    costs = []
    for a, each in enumerate(live):
        for b, observation in enumerate(observed):
            cost = distance(each.box, observation) if each.candidate.kind == observation.kind else None
            if cost is not None:
                costs.append((cost, a, b))
    taken: tuple[set[int], set[int]] = set(), set()
    for _, a, b in sorted(costs):
        if a not in taken[0] and b not in taken[1]:
            taken[0].add(a)
            taken[1].add(b)
            yield live[a], observed[b]


def distance(box: Box, observation: Observation) -> float | None:
    """How far an observation is from a followed box, in sides and sizes; None where it is another thing."""
    other = observation.box
    ratio = abs(log(side(box) / side(other)))
    if ratio >= log(LARGEST_RATIO):
        return None
    (x0, y0), (x1, y1) = box.centre, other.centre
    apart = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 / max(side(box), side(other))
    return apart + 0.3 * ratio if apart < NEAR or box.iou(other) >= OVERLAP else None


def _begun(live: Sequence[_Live], observed: Sequence[Observation], frame: int) -> Iterator[_Live]:
    begun: list[_Live] = []
    for observation in observed:
        if observation.taken:
            continue
        sure = observation.odds >= SEED
        others = [other for other in (*live, *begun) if other.candidate.sure or not sure]
        if any(o.candidate.kind == observation.kind and is_same(o.box, observation.box) for o in others):
            continue  # one thing, seen twice
        observation.taken = True
        candidate = Candidate(observation.kind, {frame: Point(observation.box, "detected", observation.scores)})
        candidate.first = candidate.last = frame
        candidate.sure = sure
        begun.append(_Live(candidate, observation.box))
    yield from begun


def is_same(one: Box, other: Box) -> bool:
    """Whether two boxes are of one thing: they overlap by a third, or each holds the other's centre."""
    if one.iou(other) > 0.3:
        return True
    return _holds(one, other) and _holds(other, one) and 1 / 2.5 < side(one) / side(other) < 2.5


def _holds(box: Box, other: Box) -> bool:
    """Whether a box holds another's centre."""
    x, y = other.centre
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def blended(followed: Box, observation: Observation) -> Box:
    """Where a thing is that was followed to one box and observed in another.

    The observation counts by the probability that it is the thing: a doubtful box that lies beside a followed face
    confirms it, and hardly moves it.
    """
    seen = observation.box
    if followed.iou(seen) < 0.3:
        return seen
    place, size = (most / (1 + exp(-observation.odds)) for most in (SEEN_PLACE, SEEN_SIZE))
    (x0, y0), (x1, y1) = followed.centre, seen.centre
    x, y = x0 + place * (x1 - x0), y0 + place * (y1 - y0)
    width = followed.width + size * (seen.width - followed.width)
    height = followed.height + size * (seen.height - followed.height)
    return move_box(Box(-width / 2, -height / 2, width / 2, height / 2), x, y)
