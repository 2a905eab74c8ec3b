"""Which tracks may be one person: proposals, from place, time and colours; nothing is merged by them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.anchoring import PlanRows
from bodycam_pipeline.values.appearance import FrameAppearance, Group, Probe, TrackAppearance, TrackPicture
from bodycam_pipeline.values.geometry import Box, Region
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import VideoFacts

PROBES = 9
"""Frames in which a track is looked at, at even distances; and those in which it is smallest and least sure."""

FOLLOWED_CONFIDENCE = 0.3
"""Score of a frame in which no network saw the track."""

ALIKE, ALIKE_BESIDE = 0.80, 0.60
"""Likeness of colours from which on two tracks may be one: anywhere, and where one begins soon after and beside the
place where the other ended. Chosen, not measured: a person judges every proposal."""

SOON_SECONDS, BESIDE_SIDES = 2.0, 1.5
"""How long after, and how many of its own sides away, is still that."""

SHARED_FRAMES = 1
"""Frames that two tracks may share and still be one: people are in one place at a time."""


def choose_probes(draft: Plan) -> tuple[Probe, ...]:
    """Where to look at the tracks of a plan that nobody edited: a few frames each."""
    rows = PlanRows.of(draft)
    scores = np.nan_to_num(draft.regions["score"].to_numpy(), nan=FOLLOWED_CONFIDENCE)
    areas = np.prod(rows.sides[:, 2:] - rows.sides[:, :2], axis=1)
    found = []
    for track in np.unique(rows.tracks).tolist():
        own = np.flatnonzero(rows.tracks == track)
        even = own[np.linspace(0, len(own) - 1, PROBES).astype(int)]
        chosen = sorted({*even.tolist(), int(own[areas[own].argmin()]), int(own[scores[own].argmin()])})
        found += [
            Probe(track, int(rows.pts[n]), Region(*map(int, rows.sides[n])), float(min(scores[n], 1.0))) for n in chosen
        ]
    return tuple(found)


def appearances(looks: Iterable[FrameAppearance], video: VideoFacts) -> dict[int, TrackAppearance]:
    """Each track that was looked at, from what was measured.

    Args:
        looks: Of all tracks.
        video: Of the recording.
    """
    by_track: defaultdict[int, list[FrameAppearance]] = defaultdict(list)
    for look in looks:
        by_track[look.probe.track].append(look)
    return {track: _appearance(track, of_track, video) for track, of_track in sorted(by_track.items())}


def _appearance(track: int, looks: Sequence[FrameAppearance], video: VideoFacts) -> TrackAppearance:
    pictures = sorted((_picture(look, video) for look in looks), key=lambda each: (each.quality, each.pts))
    inside, around = (np.mean([getattr(look, name) for look in looks], axis=0) for name in ("inside", "around"))
    return TrackAppearance(track, pictures[-1], pictures[0], inside, around)


def _picture(look: FrameAppearance, video: VideoFacts) -> TrackPicture:
    region = look.probe.region
    box = Box(region.left, region.top, region.right, region.bottom)
    quality = sqrt(region.area) * look.sharpness * look.probe.confidence
    return TrackPicture(look.probe.pts, video.orientation.to_upright(box, video.width, video.height), quality)


@dataclass(frozen=True, eq=False, slots=True)
class _Life:
    """When and where a track is."""

    track: int
    kind: str
    pts: NDArray[np.int64]
    first: Box
    last: Box


def propose_groups(draft: Plan, appearance: Mapping[int, TrackAppearance]) -> tuple[Group, ...]:
    """Propose which tracks are one thing; every track is in exactly one group, by the time at which it begins.

    Two tracks of one kind may be one if they are not seen at once and their colours are alike: less alike where one
    begins where the other ended. A group holds together if each pair in it may be one.

    Args:
        draft: The plan before any edit.
        appearance: Of its tracks; one that is missing stays alone.
    """
    lives = {life.track: life for life in _lives(draft)}
    likeness = _likeness(lives, appearance, float(draft.time_base))
    groups: dict[int, list[int]] = {track: [track] for track in lives}
    least = dict.fromkeys(lives, 1.0)
    for (a, b), value in sorted(likeness.items(), key=lambda item: (-item[1], item[0])):
        one, other = groups[a], groups[b]
        if one is not other and all((min(i, j), max(i, j)) in likeness for i in one for j in other):
            together = sorted(one + other, key=lambda track: (int(lives[track].pts[0]), track))
            worst = min(value, least[one[0]], least[other[0]])
            for track in together:
                groups[track], least[track] = together, worst
    unique = {id(tracks): tracks for tracks in groups.values()}.values()
    ordered = sorted(unique, key=lambda tracks: (int(lives[tracks[0]].pts[0]), tracks[0]))
    return tuple(Group(tuple(tracks), lives[tracks[0]].kind, least[tracks[0]]) for tracks in ordered)


def _lives(draft: Plan) -> Iterable[_Life]:
    rows = PlanRows.of(draft)
    order = np.argsort(rows.tracks, kind="stable")
    tracks, starts = np.unique(rows.tracks[order], return_index=True)
    for track, own in zip(tracks.tolist(), np.split(order, starts[1:]) if len(order) else [], strict=True):
        first, last = (Box(*rows.sides[own[end]].tolist()) for end in (0, -1))
        yield _Life(track, str(rows.kinds[own[0]]), np.unique(rows.pts[own]), first, last)


def _likeness(
    lives: Mapping[int, _Life], appearance: Mapping[int, TrackAppearance], seconds: float
) -> dict[tuple[int, int], float]:
    """How alike two tracks are, 0..1, of every pair that may be one thing.

    Colours are held against each other by the share that they have in common (Bhattacharyya's coefficient); what is
    around a track counts twice.
    """
    tracks = [track for track in sorted(lives) if track in appearance]
    if not tracks:
        return {}
    inside = np.sqrt([appearance[track].inside for track in tracks])
    around = np.sqrt([appearance[track].around for track in tracks])
    alike = (inside @ inside.T + 2 * around @ around.T) / 3
    found = {}
    for a, b in np.argwhere(np.triu(alike >= ALIKE_BESIDE, 1)).tolist():
        one, other = lives[tracks[a]], lives[tracks[b]]
        enough = alike[a, b] >= ALIKE or _beside(one, other, seconds)
        if enough and one.kind == other.kind and not _at_once(one, other):
            found[tracks[a], tracks[b]] = min(float(alike[a, b]), 1.0)
    return found


def _at_once(one: _Life, other: _Life) -> bool:
    """True where both are seen in the same frames: they are two things."""
    if one.pts[-1] < other.pts[0] or other.pts[-1] < one.pts[0]:
        return False
    return len(np.intersect1d(one.pts, other.pts, assume_unique=True)) > SHARED_FRAMES


def _beside(one: _Life, other: _Life, seconds: float) -> bool:
    """True where the later track begins soon after and beside where the earlier one ended."""
    earlier, later = (one, other) if one.pts[0] <= other.pts[0] else (other, one)
    gap = float(later.pts[0] - earlier.pts[-1]) * seconds
    (x, y), (u, v) = earlier.last.centre, later.first.centre
    side = sqrt(max(earlier.last.area, later.first.area))
    return -SOON_SECONDS <= gap <= SOON_SECONDS and sqrt((x - u) ** 2 + (y - v) ** 2) <= BESIDE_SIDES * side
