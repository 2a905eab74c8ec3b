"""Which detections are the same thing: chains of detections, built from both directions of time.

A wrong link costs a few pixels, a missing one costs a few more: every chain is covered from end to end, and both its
ends are extended. So the rules lean to linking; the gates only keep apart what would stretch a region across half the
picture. Two things that cross may swap their numbers; nothing that either of them covered is lost.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import hypot, inf, log
from statistics import median

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.camera import Path
from bodycam_pipeline.rules.chains import STILL, Chain, Seen, Velocity, velocity_at_end, velocity_at_start
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.looks import Looks

LARGEST_SIZE_RATIO = 2.5
"""Between two linked boxes, per side. Detectors' boxes of one face differ by up to 1.6 between scales; half as much
again leaves room for a face that turns."""

REACH_IN_SIDES = 0.75
"""How far a centre may be from where it was expected, in sides of the box, between neighbouring frames."""

CAMERA_WIDTHS_PER_SECOND = 1.0
"""How much faster a thing may seem to be: a body turns at 150 degrees per second under a lens of 120 degrees."""

LARGEST_REACH_IN_SIDES = 2.0
"""However long the time between: farther apart, two sightings are two things, and each has its own ends extended."""


def moved(box: Box, x: float, y: float) -> Box:
    """The box somewhere else."""
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


@dataclass(frozen=True, slots=True)
class Linker:
    """What linking has to know.

    Attributes:
        looks: Ascending in pts.
        scenes: The number of each look's scene.
        path: Of the camera, as `camera_path` gives it.
        time_base: Seconds per pts.
        long_side: Of the upright picture, in pixels.
        bridge_pts: The longest gap in a chain.
    """

    looks: Looks
    scenes: NDArray[np.int_]
    path: Path
    time_base: Fraction
    long_side: int
    bridge_pts: Fraction

    def chains(self) -> list[Chain]:
        """Every detection in exactly one chain; chains without a confident member are dropped."""
        return [chain for chain in self._joined(list(self._tracklets())) if any(chain.sure)]

    def _tracklets(self) -> Iterator[Chain]:
        """Chains whose members are in neighbouring looks."""
        active: list[Chain] = []
        for number, look in enumerate(self.looks):
            if look.cut or (active and look.pts - active[0].pts[-1] > self.bridge_pts):
                yield from active
                active = []
            sightings = self._sightings(number, look)
            links = self._matched(active, sightings)
            linked = set(links.values())
            yield from (chain for a, chain in enumerate(active) if a not in linked)
            active = [_longer(active, links.get(b), seen) for b, seen in enumerate(sightings)]
        yield from active

    def _sightings(self, number: int, look: Look) -> list[Seen]:
        x, y = self.path[number].tolist()
        ordered = sorted(look.detections, key=lambda d: (d.kind, d.box, d.score, d.confident, d.model))
        return [Seen.of(number, d, moved(d.box, -x, -y)) for d in ordered]

    def _matched(self, active: list[Chain], sightings: list[Seen]) -> dict[int, int]:
        """Sighting to chain: first where each was expected, then where the others' own motion has put the rest."""
        links = best_first(self._costs(active, sightings, STILL))
        if links and len(links) < min(len(active), len(sightings)):
            shift = _median_shift((active[a].last.box, sightings[b].box) for b, a in links.items())
            taken = set(links.values())
            costs = self._costs(active, sightings, shift)
            links |= best_first((cost, a, b) for cost, a, b in costs if a not in taken and b not in links)
        return links

    def _costs(
        self, active: list[Chain], sightings: list[Seen], shift: tuple[float, float]
    ) -> Iterator[tuple[float, int, int]]:
        for a, chain in enumerate(active):
            last, speed = chain.last, velocity_at_end(chain, self.time_base)
            for b, seen in enumerate(sightings):
                cost = self._cost(last, seen, (speed,), shift)
                if cost < inf:
                    yield cost, a, b

    def _cost(self, last: Seen, seen: Seen, speeds: Iterable[Velocity], shift: tuple[float, float] = STILL) -> float:
        """How badly a sighting fits the places where a thing may be by then; infinite where it cannot be it.

        It may have stayed in the world (or moved with the other things), stayed in the picture, or kept its velocity.
        """
        if last.kind != seen.kind:
            return inf
        time = seen.pts - last.pts
        x, y = (self.path[last.look] - self.path[seen.look]).tolist()
        places = [shift, (x, y), *((right * time, down * time) for right, down in speeds)]
        cost = min(_distance(moved(last.box, *place), seen.box) for place in places)
        reach = CAMERA_WIDTHS_PER_SECOND * self.long_side * float(time * self.time_base)
        side = max(min(seen.box.width, seen.box.height), 1.0)
        return cost if cost <= min(LARGEST_REACH_IN_SIDES, REACH_IN_SIDES + reach / side) else inf

    def _joined(self, tracklets: list[Chain]) -> list[Chain]:
        """Tracklets joined across gaps: the likeliest first, each end once, expected from both sides."""
        tracklets.sort(key=lambda chain: (chain.pts[0], chain.kind, chain.box(0)))
        return _followed(tracklets, best_first(self._bridges(tracklets)))

    def _bridges(self, tracklets: list[Chain]) -> Iterator[tuple[float, int, int]]:
        """What it costs to go on from one tracklet's end to another's start, wherever that can be."""
        starts = [chain.pts[0] for chain in tracklets]
        for a, first in enumerate(tracklets):
            end, speed = first.last, velocity_at_end(first, self.time_base)
            for b in range(bisect_right(starts, end.pts), bisect_right(starts, int(end.pts + self.bridge_pts))):
                start = tracklets[b].first
                if self.scenes[end.look] != self.scenes[start.look]:
                    continue
                speeds = (speed, velocity_at_start(tracklets[b], self.time_base))
                cost = self._cost(end, start, speeds) + float((start.pts - end.pts) * self.time_base)
                if cost < inf:
                    yield cost, a, b


def best_first(costs: Iterable[tuple[float, int, int]]) -> dict[int, int]:
    """Greedy one-to-one matching of (cost, a, b), cheapest first: b to a. Ties go to the lower numbers."""
    links: dict[int, int] = {}
    taken: set[int] = set()
    for _, a, b in sorted(costs):
        if a not in taken and b not in links:
            links[b] = a
            taken.add(a)
    return links


def _longer(active: list[Chain], link: int | None, seen: Seen) -> Chain:
    if link is None:
        return Chain(seen)
    active[link].add(seen)
    return active[link]


def _distance(place: Box, seen: Box) -> float:
    """Between centres, in mean sides, plus how differently the boxes are sized; infinite past the ratio."""
    wide, high = max(place.width, 1.0) / max(seen.width, 1.0), max(place.height, 1.0) / max(seen.height, 1.0)
    size = max(abs(log(wide)), abs(log(high)))
    if size > log(LARGEST_SIZE_RATIO):
        return inf
    (x0, y0), (x1, y1) = place.centre, seen.centre
    width, height = max(place.width + seen.width, 2.0) / 2, max(place.height + seen.height, 2.0) / 2
    return hypot((x1 - x0) / width, (y1 - y0) / height) + 0.5 * size


def _median_shift(pairs: Iterable[tuple[Box, Box]]) -> tuple[float, float]:
    moves = [(b.centre[0] - a.centre[0], b.centre[1] - a.centre[1]) for a, b in pairs]
    return median(x for x, _ in moves), median(y for _, y in moves)


def _followed(tracklets: list[Chain], before: dict[int, int]) -> list[Chain]:
    """Each tracklet that follows none, with all that follow it."""
    after = {a: b for b, a in before.items()}
    chains = []
    for start in range(len(tracklets)):
        if start in before:
            continue
        chain, position = tracklets[start], start
        while position in after:
            position = after[position]
            chain.follow(tracklets[position])
        chains.append(chain)
    return chains
