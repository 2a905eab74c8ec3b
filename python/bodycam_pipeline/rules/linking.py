"""Which detections are the same thing: chains of detections, built from both directions of time.

Wrong links cost little and missing links cost little, as long as they are not both wrong: every chain is covered from
end to end, and every chain's ends are extended. So the rules lean to linking, and the gates only keep apart what would
stretch a region across half the picture.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import hypot, log
from statistics import median

from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.policy import TrackingRule

LARGEST_SIZE_RATIO = 2.5
"""Between two linked boxes, per side. Detectors' boxes of one face differ by up to 1.6 between scales; twice that area
leaves room for a face that turns."""

REACH_IN_SIDES = 0.75
"""How far a centre may be from where it was predicted, in sides of the box, between neighbouring frames."""

CAMERA_WIDTHS_PER_SECOND = 1.0
"""How fast the picture may be thrown about: a body turning at 150 degrees per second under a lens of 120 degrees."""

LARGEST_REACH_IN_SIDES = 2.0
"""However long the time between: farther apart, two sightings are two things."""

VELOCITY_SECONDS = Fraction(1, 5)
"""Velocity is measured over the last fifth of a second: shorter, it is the detector's jitter; longer, it is history."""


@dataclass(slots=True)
class Chain:
    """Detections of one thing so far, ascending in time, with the positions of their looks."""

    looks: list[int] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)

    def add(self, look: int, detection: Detection) -> None:
        """Append the next sighting."""
        self.looks.append(look)
        self.detections.append(detection)

    def velocity(self, time_base: Fraction, *, at_start: bool = False) -> tuple[float, float]:
        """Pixels per pts of the centre, over the last (or first) moments; 0 where there is one sighting."""
        end = self.detections[0] if at_start else self.detections[-1]
        inward = self.detections[1:] if at_start else self.detections[-2::-1]
        reach = VELOCITY_SECONDS / time_base
        other = end
        for candidate in inward:
            if abs(candidate.pts - end.pts) > reach and other is not end:
                break
            other = candidate
        if other is end:
            return 0.0, 0.0
        (x0, y0), (x1, y1), time = other.box.centre, end.box.centre, end.pts - other.pts
        return (x1 - x0) / time, (y1 - y0) / time


def moved(box: Box, x: float, y: float) -> Box:
    """The box somewhere else."""
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def chains(looks: Sequence[Look], time_base: Fraction, long_side: int, rule: TrackingRule) -> list[Chain]:
    """Every detection in exactly one chain; chains without a confident member are dropped."""
    linker = _Linker(looks, time_base, long_side, Fraction(rule.bridge_ms, 1000) / time_base)
    tracklets = linker.tracklets()
    joined = linker.join(tracklets)
    return [chain for chain in joined if any(d.confident for d in chain.detections)]


@dataclass(frozen=True, slots=True)
class _Linker:
    looks: Sequence[Look]
    time_base: Fraction
    long_side: int
    bridge_pts: Fraction

    def tracklets(self) -> list[Chain]:
        """Links between neighbouring looks only."""
        done: list[Chain] = []
        active: list[Chain] = []
        before = None
        for number, look in enumerate(self.looks):
            if look.cut or before is None or look.pts - before > self.bridge_pts:
                done += active
                active = []
            detections = sorted(look.detections, key=_order)
            links = self._match(active, detections)
            done += [chain for a, chain in enumerate(active) if a not in links.values()]
            active = [self._continued(active, links.get(d), number, seen) for d, seen in enumerate(detections)]
            before = look.pts
        return done + active

    @staticmethod
    def _continued(active: list[Chain], link: int | None, look: int, detection: Detection) -> Chain:
        chain = Chain() if link is None else active[link]
        chain.add(look, detection)
        return chain

    def _match(self, active: list[Chain], detections: list[Detection]) -> dict[int, int]:
        """Detection to chain: first where each was expected, then where the camera's own motion has put the rest."""
        links = best_first(self._costs(active, detections, (0.0, 0.0)))
        if links and len(links) < min(len(active), len(detections)):
            shift = _median_shift((active[a].detections[-1].box, detections[d].box) for d, a in links.items())
            taken = set(links.values())
            rest = [
                (cost, a, d)
                for cost, a, d in self._costs(active, detections, shift)
                if a not in taken and d not in links
            ]
            links |= best_first(rest)
        return links

    def _costs(
        self, active: list[Chain], detections: list[Detection], shift: tuple[float, float]
    ) -> Iterator[tuple[float, int, int]]:
        for a, chain in enumerate(active):
            last = chain.detections[-1]
            vx, vy = chain.velocity(self.time_base)
            for d, seen in enumerate(detections):
                if seen.kind != last.kind:
                    continue
                time = seen.pts - last.pts
                places = (moved(last.box, *shift), moved(last.box, vx * time, vy * time))
                cost = self._cost(places, seen.box, time)
                if cost is not None:
                    yield cost, a, d

    def _cost(self, places: Iterable[Box], seen: Box, time: int) -> float | None:
        """How badly a sighting fits a thing expected at one of these places; None where it cannot be it."""
        cost = min(_distance(place, seen) for place in places)
        reach = CAMERA_WIDTHS_PER_SECOND * self.long_side * float(time * self.time_base)
        side = max(min(seen.width, seen.height), 1.0)
        limit = min(LARGEST_REACH_IN_SIDES, REACH_IN_SIDES + reach / side)
        return cost if cost <= limit else None

    def join(self, tracklets: list[Chain]) -> list[Chain]:
        """Chains of tracklets across gaps: the likeliest joins first, each end used once."""
        scenes = _scenes(self.looks)
        tracklets = sorted(tracklets, key=lambda t: (t.detections[0].pts, _order(t.detections[0])))
        starts = [t.detections[0].pts for t in tracklets]
        costs = []
        for a, first in enumerate(tracklets):
            end = first.detections[-1]
            near = range(bisect_right(starts, end.pts), bisect_right(starts, int(end.pts + self.bridge_pts)))
            for b in near:
                second = tracklets[b]
                if scenes[first.looks[-1]] != scenes[second.looks[0]] or second.detections[0].kind != end.kind:
                    continue
                cost = self._join_cost(first, second)
                if cost is not None:
                    costs.append((cost, a, b))
        after = {a: b for b, a in best_first(costs).items()}
        return _followed(tracklets, after)

    def _join_cost(self, first: Chain, second: Chain) -> float | None:
        a, b = first.detections[-1], second.detections[0]
        time = b.pts - a.pts
        ax, ay = first.velocity(self.time_base)
        bx, by = second.velocity(self.time_base, at_start=True)
        places = (a.box, moved(a.box, ax * time, ay * time), moved(a.box, bx * time, by * time))
        cost = self._cost(places, b.box, time)
        return None if cost is None else cost + float(time * self.time_base)


def best_first(costs: Iterable[tuple[float, int, int]]) -> dict[int, int]:
    """Greedy one-to-one matching of (cost, a, b), cheapest first: b to a. Ties go to the lower numbers."""
    links: dict[int, int] = {}
    taken: set[int] = set()
    for _, a, b in sorted(costs):
        if a not in taken and b not in links:
            links[b] = a
            taken.add(a)
    return links


def _order(detection: Detection) -> tuple[str, Box, float, str]:
    return detection.kind, detection.box, detection.score, detection.model


def _distance(place: Box, seen: Box) -> float:
    """Between centres, in mean sides, plus how differently the boxes are sized; infinite past the ratio."""
    ratios = (
        max(place.width, 1.0) / max(seen.width, 1.0),
        max(place.height, 1.0) / max(seen.height, 1.0),
    )
    size = max(abs(log(r)) for r in ratios)
    if size > log(LARGEST_SIZE_RATIO):
        return float("inf")
    (x0, y0), (x1, y1) = place.centre, seen.centre
    width, height = max(place.width + seen.width, 2.0) / 2, max(place.height + seen.height, 2.0) / 2
    return hypot((x1 - x0) / width, (y1 - y0) / height) + 0.5 * size


def _median_shift(pairs: Iterable[tuple[Box, Box]]) -> tuple[float, float]:
    moves = [(b.centre[0] - a.centre[0], b.centre[1] - a.centre[1]) for a, b in pairs]
    return median(x for x, _ in moves), median(y for _, y in moves)


def _scenes(looks: Sequence[Look]) -> list[int]:
    scene, scenes = 0, []
    for look in looks:
        scene += look.cut
        scenes.append(scene)
    return scenes


def _followed(tracklets: list[Chain], after: dict[int, int]) -> list[Chain]:
    joined = []
    for start in sorted(set(range(len(tracklets))) - set(after.values())):
        chain, position = Chain(), start
        while True:
            chain.looks += tracklets[position].looks
            chain.detections += tracklets[position].detections
            if position not in after:
                break
            position = after[position]
        joined.append(chain)
    return joined
