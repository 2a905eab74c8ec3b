"""Chains: sightings of one thing over time, and how fast it moved at either end."""

from array import array
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from bodycam_pipeline.values.detection import Detection, Kind
from bodycam_pipeline.values.geometry import Box

VELOCITY_SECONDS = Fraction(1, 5)
"""Velocity is measured over a fifth of a second: over less it is the detector's jitter, over more it is history."""

VELOCITY_WINDOW = 32
"""Sightings looked at for a velocity: a fifth of a second at 160 frames per second."""

Velocity = tuple[float, float]
"""Right and down, in pixels per pts of the steady picture."""

STILL: Velocity = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """A detection with its look's position and its box in the steady picture, in which the camera does not move."""

    look: int
    pts: int
    kind: Kind
    box: Box
    score: float
    confident: bool

    @classmethod
    def of(cls, look: int, d: Detection, box: Box) -> "Seen":
        """A detection in a look, its box as the steady picture has it."""
        return cls(look, d.pts, d.kind, box, d.score, d.confident)


class Chain:
    """Sightings of one thing, ascending in time, at most one per look; never empty.

    Columns, not objects: a thing that stays in view for ten hours is a million sightings.

    Attributes:
        kind: What it is.
        looks, pts: Of each sighting.
        sides: Left, top, right, bottom of each sighting, one after the other.
        scores: Of each sighting.
        sure: Whether each sighting is confident.
    """

    __slots__ = ("kind", "looks", "pts", "scores", "sides", "sure")

    def __init__(self, first: Seen) -> None:
        self.kind: Kind = first.kind
        self.looks, self.pts = array("q"), array("q")
        self.sides, self.scores, self.sure = array("d"), array("d"), array("b")
        self.add(first)

    def __len__(self) -> int:
        return len(self.looks)

    def add(self, seen: Seen) -> None:
        """The next sighting."""
        self.looks.append(seen.look)
        self.pts.append(seen.pts)
        self.sides.extend((seen.box.left, seen.box.top, seen.box.right, seen.box.bottom))
        self.scores.append(seen.score)
        self.sure.append(seen.confident)

    def follow(self, later: "Chain") -> None:
        """All sightings of a chain that goes on where this one ends."""
        self.looks += later.looks
        self.pts += later.pts
        self.sides += later.sides
        self.scores += later.scores
        self.sure += later.sure

    def box(self, position: int) -> Box:
        """Of one sighting, counted from 0."""
        return Box(*self.sides[4 * position : 4 * position + 4])

    @property
    def first(self) -> Seen:
        """The first sighting."""
        return self._at(0)

    @property
    def last(self) -> Seen:
        """The last sighting."""
        return self._at(len(self) - 1)

    def _at(self, position: int) -> Seen:
        score, sure = self.scores[position], bool(self.sure[position])
        return Seen(self.looks[position], self.pts[position], self.kind, self.box(position), score, sure)


def velocity_at_end(chain: Chain, time_base: Fraction) -> Velocity:
    """How the thing moved when it was last seen."""
    last = len(chain) - 1
    return _velocity(chain, range(last, max(last - 1 - VELOCITY_WINDOW, -1), -1), time_base)


def velocity_at_start(chain: Chain, time_base: Fraction) -> Velocity:
    """How the thing moved when it was first seen."""
    return _velocity(chain, range(min(1 + VELOCITY_WINDOW, len(chain))), time_base)


def _velocity(chain: Chain, inward: range, time_base: Fraction) -> Velocity:
    """Of the centre, between a chain's end and a sighting `VELOCITY_SECONDS` further in; still where there is one."""
    end, reach, other = inward[0], floor(VELOCITY_SECONDS / time_base), inward[0]
    for position in inward[1:]:
        if other != end and abs(chain.pts[position] - chain.pts[end]) > reach:
            break
        other = position
    if other == end:
        return STILL
    (x0, y0), (x1, y1) = chain.box(other).centre, chain.box(end).centre
    time = chain.pts[end] - chain.pts[other]
    return (x1 - x0) / time, (y1 - y0) / time
