"""The plan: every region of the recording, each with its reason; withheld spans; muted spans.

One table, small, exact, frozen: a person can read it, edit it through `Edits`, approve it, and render it again without
detecting again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.hiding import Hiding
from bodycam_pipeline.values.timeline import Span

Origin = Literal["detected", "followed", "guessed", "manual"]

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("pts", pa.int64(), nullable=False, metadata={"unit": "time_base of the recording"}),
    pa.field("left", pa.int32(), nullable=False, metadata={"unit": "px of the coded frame"}),
    pa.field("top", pa.int32(), nullable=False, metadata={"unit": "px of the coded frame"}),
    pa.field("right", pa.int32(), nullable=False, metadata={"unit": "px, one past the last"}),
    pa.field("bottom", pa.int32(), nullable=False, metadata={"unit": "px, one past the last"}),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("track", pa.int32(), nullable=False),
    pa.field("origin", pa.string(), nullable=False),
    pa.field("score", pa.float32(), nullable=True, metadata={"unit": "0..1, null where nobody saw it"}),
    pa.field("reason", pa.string(), nullable=False),
]
REGION_SCHEMA = pa.schema(_COLUMNS)
"""One row per (frame, region), sorted by every column from left to right."""

_SHOWN_COLUMNS = ["pts", "left", "top", "right", "bottom", "kind", "track", "reason"]
"""Columns that the public digest covers."""

_ROWS_AT_ONCE = 4096
"""Rows that are made into Python's own values at once, which take far more room."""


@dataclass(frozen=True, slots=True)
class PlannedRegion:
    """One row of the plan."""

    pts: int
    region: Region
    kind: Kind
    track: int
    origin: Origin
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class WithheldSpan:
    """Time in which every frame is filled whole.

    Attributes:
        span: When.
        reason, by: Why, and who decided so.
        kind: What is in the frames, as the policy names it; "" for no kind of it.
    """

    span: Span
    reason: str
    by: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class MutedSpan:
    """Time in which the sound is digital silence."""

    span: Span
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class KeptTrack:
    """A track that a person decided to leave visible; its regions are not in the table.

    Attributes:
        track: Its number.
        reason, by: Why, and who decided so.
        places: Where it would have been hidden: pts, left, top, right, bottom. The second look finds it there.
    """

    track: int
    reason: str
    by: str
    places: tuple[tuple[int, int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnTrack:
    """A track that a person drew, and who; its regions are in the table, with their reason."""

    track: int
    by: str


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A finding of the second look in which a person saw nothing to hide: a region of the coded frame over time."""

    span: Span
    region: Region
    reason: str
    by: str


@dataclass(frozen=True)
class Plan:
    """What will be hidden, and why.

    Attributes:
        recording_sha256: The recording this plan was made for; it fits no other.
        policy_sha256: The policy it was made under.
        models: SHA-256 of each model that looked, by registered name.
        time_base: Seconds per pts.
        frames: How many frames the recording presents.
        regions: Rows of `REGION_SCHEMA`.
        undecodable_pts: Frames that could not be decoded and looked at; a release needs each of them withheld.
        withheld, muted, kept, drawn: A person's decisions.
        dismissed: What a person says the second look sees wrongly. It hides nothing.
    """

    recording_sha256: str
    policy_sha256: str
    models: dict[str, str]
    time_base: Fraction
    frames: int
    regions: pa.Table
    undecodable_pts: tuple[int, ...] = ()
    withheld: tuple[WithheldSpan, ...] = ()
    muted: tuple[MutedSpan, ...] = ()
    kept: tuple[KeptTrack, ...] = ()
    drawn: tuple[DrawnTrack, ...] = ()
    dismissed: tuple[Dismissed, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """The public digest: over what is hidden, when and for which reasons, as the release shows and says it itself.

        The manifest quotes it and the mosaic draws its seeds from it. A digest over something that can be guessed gives
        it away, so nothing else is in it: not the recording, not who decided, not what was left visible, not what found
        a region, not which frames were damaged. `evidence.plan_file.plan_sha256` is over all of that, and stays
        inside.
        """
        hasher = hashlib.sha256(json.dumps(self._shown(), sort_keys=True).encode())
        for column in self.regions.select(_SHOWN_COLUMNS).combine_chunks().columns:
            for piece in json_pieces(column):
                hasher.update(piece)
        return hasher.hexdigest()

    def _shown(self) -> dict[str, object]:
        spans: dict[str, tuple[WithheldSpan | MutedSpan, ...]] = {"withheld": self.withheld, "muted": self.muted}
        return {
            "policy": self.policy_sha256,
            "time_base": [self.time_base.numerator, self.time_base.denominator],
            "frames": self.frames,
            **{name: [[d.span.start_pts, d.span.end_pts, d.reason] for d in each] for name, each in spans.items()},
            "withheld_kinds": [w.kind for w in self.withheld],
        }

    def part(self, span: Span, hiding: Hiding) -> "PlanPart":
        """What one segment's worker needs: the regions of its span with how each is hidden, and its withheld time."""
        first, end = np.searchsorted(self.regions["pts"].to_numpy(), [span.start_pts, span.end_pts])
        rows = self.regions.slice(first, end - first)
        kinds = [cast("Kind", kind) for kind in rows["kind"].to_pylist()]
        return PlanPart(
            plan_sha256=self.sha256,
            pts=rows["pts"].to_numpy(),
            regions=np.stack([rows[side].to_numpy() for side in ("left", "top", "right", "bottom")], axis=1),
            tracks=rows["track"].to_numpy(),
            withheld=tuple(w.span for w in self.withheld if w.span.overlaps(span)),
            styles=tuple(map(hiding.style_of, kinds)),
            codes=tuple(hiding.codes.get(kind, "") for kind in kinds) if hiding.codes else None,
        )

    def tracks(self) -> dict[str, int]:
        """How many tracks are hidden, by kind."""
        pairs = self.regions.group_by(["kind", "track"], use_threads=False).aggregate([])
        return dict(sorted(Counter(map(str, pairs["kind"].to_pylist())).items()))

    def of_kind(self, kind: str) -> pa.Table:
        """When the regions of one kind are, and whose: pts and track."""
        return self.regions.select(["pts", "track"]).filter(pc.equal(self.regions["kind"], pa.scalar(kind)))

    def rows(self) -> Iterator[PlannedRegion]:
        """The table, row by row."""
        for batch in self.regions.to_batches(_ROWS_AT_ONCE):
            for r in batch.to_pylist():
                yield PlannedRegion(
                    r["pts"],
                    Region(r["left"], r["top"], r["right"], r["bottom"]),
                    cast("Kind", r["kind"]),
                    r["track"],
                    cast("Origin", r["origin"]),
                    r["score"],
                    r["reason"],
                )

    def is_withheld(self, pts: int) -> bool:
        """Whether a person withheld this frame whole."""
        return any(pts in w.span for w in self.withheld)


class FrameRegions(NamedTuple):
    """The regions of one frame, and how each is hidden.

    Attributes:
        regions: int32 (n, 4), left, top, right, bottom.
        styles: What is painted over each, n names.
        seeds: uint64 (n,), of the cells of a mosaic.
        codes: What is drawn on each, n codes; None where nothing is drawn on any.
    """

    regions: NDArray[np.int32]
    styles: tuple[str, ...]
    seeds: NDArray[np.uint64]
    codes: tuple[str, ...] | None


@dataclass(frozen=True)
class PlanPart:
    """A plan cut to one span: small, picklable, without a name in it.

    Attributes:
        plan_sha256: The public digest of the whole plan.
        pts: int64 (n,), ascending.
        regions: int32 (n, 4), left, top, right, bottom.
        tracks: int32 (n,).
        styles: What is painted over each region, n names.
        withheld: Spans whose frames are filled whole.
        codes: What is drawn on each region; None where nothing is drawn on any.
    """

    plan_sha256: str
    pts: NDArray[np.int64]
    regions: NDArray[np.int32]
    tracks: NDArray[np.int32]
    styles: tuple[str, ...]
    withheld: tuple[Span, ...]
    codes: tuple[str, ...] | None = None

    @classmethod
    def empty(cls) -> "PlanPart":
        """A part that hides nothing."""
        none = np.empty(0, np.int64)
        return cls("", none, np.empty((0, 4), np.int32), none.astype(np.int32), (), ())

    def at(self, pts: int) -> FrameRegions:
        """What is hidden in one frame."""
        first, end = np.searchsorted(self.pts, [pts, pts + 1])
        seeds = [track_seed(self.plan_sha256, int(track)) for track in self.tracks[first:end]]
        return FrameRegions(
            np.ascontiguousarray(self.regions[first:end]),
            self.styles[first:end],
            np.array(seeds, dtype=np.uint64),
            None if self.codes is None else self.codes[first:end],
        )

    def is_withheld(self, pts: int) -> bool:
        """Whether this frame is filled whole."""
        return any(pts in span for span in self.withheld)


def json_pieces(column: "pa.ChunkedArray[Any]") -> Iterator[bytes]:
    """Yield a column as a JSON list, in pieces: all of its values as Python objects would take too much memory."""
    yield b"["
    for first in range(0, len(column), _ROWS_AT_ONCE):
        text = json.dumps(column.slice(first, _ROWS_AT_ONCE).to_pylist())
        yield f"{', ' if first else ''}{text[1:-1]}".encode()
    yield b"]"


def track_seed(plan_sha256: str, track: int) -> int:
    """The seed of a track's mosaic cells: the same in every frame, so that motion under it averages nothing out."""
    return int.from_bytes(hashlib.sha256(f"{plan_sha256}:{track}".encode()).digest()[:8], "big")


def region_table(rows: Iterable[PlannedRegion]) -> pa.Table:
    """Rows as a table of `REGION_SCHEMA`, sorted."""
    columns: dict[str, list[object]] = {name: [] for name in REGION_SCHEMA.names}
    for row in rows:
        r = row.region
        cells = (row.pts, r.left, r.top, r.right, r.bottom, row.kind, row.track, row.origin, row.score, row.reason)
        for column, cell in zip(columns.values(), cells, strict=True):
            column.append(cell)
    return sorted_regions([pa.table(columns, schema=REGION_SCHEMA)])


def sorted_regions(tables: Iterable[pa.Table]) -> pa.Table:
    """Tables of `REGION_SCHEMA` as one, sorted by every column from left to right."""
    together = pa.concat_tables([REGION_SCHEMA.empty_table(), *tables])
    return together.sort_by([(name, "ascending") for name in REGION_SCHEMA.names]).combine_chunks()
