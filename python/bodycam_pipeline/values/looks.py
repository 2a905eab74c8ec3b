"""Looks as columns: an hour of them is a hundred thousand, and most of them saw nothing."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan
from sys import intern
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box

_SIDES = ("left", "top", "right", "bottom")
_LOOK = np.dtype(
    [("pts", np.int64), ("cut", np.bool_), ("right", np.float64), ("down", np.float64), ("detections", np.int64)]
)
_DETECTION = np.dtype(
    [
        ("kind", np.object_),
        *((side, np.float64) for side in _SIDES),
        ("score", np.float64),
        ("confident", np.bool_),
        ("model", np.object_),
    ]
)
_BLOCK = 1024
"""Looks that are made into Python's numbers at once."""


@dataclass(frozen=True, eq=False, slots=True)
class Looks(Sequence[Look]):
    """Looks in order, each made into an object only while somebody looks at it.

    A detection's frame is that of the look that it is in.

    Attributes:
        looks: One row per look: pts, whether it is a cut, shift (NaN where nobody measured it), how many detections.
        detections: One row per detection, look by look.
    """

    looks: NDArray[np.void]
    detections: NDArray[np.void]

    @classmethod
    def of(cls, looks: Iterable[Look]) -> Self:
        """Any looks as columns; those that are columns already as they are."""
        if isinstance(looks, cls):
            return looks
        rows: list[tuple[Any, ...]] = []
        found: list[tuple[Any, ...]] = []
        for look in looks:
            found += map(_cells, look.detections)
            rows.append((look.pts, look.cut, *(look.shift or (nan, nan)), len(look.detections)))
        return cls(np.array(rows, dtype=_LOOK), np.array(found, dtype=_DETECTION))

    @classmethod
    def joined(cls, parts: Iterable[Iterable[Look]]) -> Self:
        """Looks one after the other."""
        columns = [cls.of(part) for part in parts]
        looks = np.concatenate([np.empty(0, _LOOK), *(part.looks for part in columns)])
        return cls(looks, np.concatenate([np.empty(0, _DETECTION), *(part.detections for part in columns)]))

    def __len__(self) -> int:
        return len(self.looks)

    def __iter__(self) -> Iterator[Look]:
        first = 0
        for start in range(0, len(self.looks), _BLOCK):
            for pts, cut, right, down, count in self.looks[start : start + _BLOCK].tolist():
                found = tuple(_detection(pts, row) for row in self.detections[first : first + count].tolist())
                yield Look(pts, cut, found, None if isnan(right) else (right, down))
                first += count

    @overload
    def __getitem__(self, at: int) -> Look: ...
    @overload
    def __getitem__(self, at: slice) -> "Looks": ...
    def __getitem__(self, at: int | slice) -> "Look | Looks":
        rows = range(len(self))[at]
        if isinstance(rows, int):
            return next(iter(self[rows : rows + 1]))
        ends = np.cumsum(self.looks["detections"])
        found = [self.detections[ends[row] - self.looks["detections"][row] : ends[row]] for row in rows]
        return Looks(self.looks[at], np.concatenate([np.empty(0, _DETECTION), *found]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Looks) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def pts(self) -> NDArray[np.int64]:
        """Of every look, int64 (n,)."""
        return np.ascontiguousarray(self.looks["pts"])

    @property
    def cuts(self) -> NDArray[np.bool_]:
        """Whether each look is one, bool (n,)."""
        return np.ascontiguousarray(self.looks["cut"])

    @property
    def shifts(self) -> NDArray[np.float64]:
        """Right and down, float64 (n, 2); NaN where nobody measured it."""
        return np.stack([self.looks["right"], self.looks["down"]], axis=1)

    def of_kinds(self, kinds: Collection[str]) -> "Looks":
        """The same looks, with the detections of some kinds only."""
        kept = np.array([kind in kinds for kind in self.detections["kind"]], dtype=np.bool_)
        if kept.all():
            return self
        looks, ends = self.looks.copy(), np.cumsum(self.looks["detections"])
        looks["detections"] = np.diff(np.append(0, np.cumsum(kept))[np.append(0, ends)])
        return Looks(looks, self.detections[kept])


@dataclass(frozen=True, slots=True)
class SegmentLooks:
    """Everything one segment's detection found.

    Attributes:
        segment: Its number.
        looks: One per decoded frame, by ascending pts.
        undecodable_pts: Frames the index promises and the decoder did not give.
    """

    segment: int
    looks: Looks
    undecodable_pts: tuple[int, ...]


def _cells(d: Detection) -> tuple[Any, ...]:
    """Names are interned: rows point at one string each, in a pickle too."""
    return intern(d.kind), d.box.left, d.box.top, d.box.right, d.box.bottom, d.score, d.confident, intern(d.model)


def _detection(pts: int, row: tuple[Any, ...]) -> Detection:
    kind, *sides, score, confident, model = row
    return Detection(pts, kind, Box(*sides), score, confident, model)
