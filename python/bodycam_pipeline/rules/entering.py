"""Tracks that enter a segment in which they were not seen: where they have to be followed to, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bodycam_pipeline.rules.joining import Piece
from bodycam_pipeline.values.candidates import FOUND, Candidates, SegmentCandidates, box_of
from bodycam_pipeline.values.track import ORIGINS, Entering, Extension, Track

BEYOND_SECONDS = 1.0
"""How far a track is followed past its first and last observation: as within a segment."""


@dataclass(frozen=True, eq=False, slots=True)
class Neighbours:
    """The parts of a recording, and what lies before and behind each.

    Attributes:
        before, after: By a part's identity, the number of the neighbouring part's segment and that part.
        time_base: Seconds per pts.
    """

    before: Mapping[int, tuple[int, Candidates]]
    after: Mapping[int, tuple[int, Candidates]]
    time_base: float

    @classmethod
    def of(cls, segments: Sequence[SegmentCandidates], time_base: float) -> "Neighbours":
        """Collect the neighbours of all segments of a recording, in order."""
        parts = [(segment.segment, part) for segment in segments for part in segment.parts]
        before = {id(part): earlier for earlier, (_, part) in pairwise(parts)}
        after = {id(part): later for (_, part), later in pairwise(parts)}
        return cls(before, after, time_base)

    def entering(self, number: int, tracklet: Sequence[Piece]) -> Iterator[Entering]:
        """Where a track has to be followed to, past both ends of its chain.

        Args:
            number: What the track is called among those that are asked about.
            tracklet: Its pieces, in order of time.
        """
        yield from self._back(number, tracklet[0])
        yield from self._on(number, tracklet[-1])

    def _back(self, number: int, piece: Piece) -> Iterator[Entering]:
        found = self.before.get(id(piece.part))
        first = piece.part.points[piece.points][0]
        at, seen = int(first["pts"]), int(piece.part.candidates["first_pts"][piece.row])
        if found is None or found[1].border_pts != at:
            return
        left = BEYOND_SECONDS - (seen - at) * self.time_base
        if left > 0:
            yield Entering(number, found[0], piece.kind, at, box_of(first), -1, left, _is_guess(first))

    def _on(self, number: int, piece: Piece) -> Iterator[Entering]:
        found, row = self.after.get(id(piece.part)), piece.part.candidates[piece.row]
        border = piece.part.border_pts
        if found is None or border is None or not row["alive"]:
            return
        left = BEYOND_SECONDS - (border - int(row["last_pts"])) * self.time_base
        if left > 0:
            last = piece.part.points[piece.points][-1]
            yield Entering(number, found[0], piece.kind, border, box_of(row), 1, left, _is_guess(last))


def _is_guess(point: np.void) -> bool:
    return int(point["found"]) == FOUND.index("guessed")


def extend(tracks: Sequence[Track], extensions: Iterable[Extension]) -> list[Track]:
    """The tracks with where they were followed to."""
    rows: dict[int, list[Extension]] = {}
    for extension in extensions:
        rows.setdefault(extension.track, []).append(extension)
    return [_longer(track, rows.get(number, [])) for number, track in enumerate(tracks)]


def _longer(track: Track, extensions: Sequence[Extension]) -> Track:
    known = set(track.pts.tolist())
    new = [row for extension in extensions for row in extension.rows if row[0] not in known]
    if not new:
        return track
    pts = np.append(track.pts, np.array([at for at, _, _ in new], np.int64))
    boxes = np.array([box.sides for _, box, _ in new])
    origins = np.array([ORIGINS.index(origin) for _, _, origin in new], np.uint8)
    order = np.argsort(pts, kind="stable")
    return replace(
        track,
        pts=pts[order],
        boxes=np.concatenate([track.boxes, boxes])[order],
        scores=np.append(track.scores, np.full(len(new), np.nan, np.float32))[order],
        origins=np.append(track.origins, origins)[order],
    )
