"""The training sets: how much of each, what it labels, and under which licence it may be used."""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """One set. ``share`` of the crops, where a mosaic counts as one; ``licence`` is None where none is stated."""

    share: float
    kind: str
    licence: str | None


SETS = {
    "facecount": Source(0.30, "face", None),  # competition stock photos
    "salty": Source(0.05, "face", "CC BY 4.0"),
    "nisa": Source(0.02, "face", "CC BY 4.0"),
    "chtseng_mask": Source(0.21, "face", "published as Public Domain"),
    "chtseng_head": Source(0.07, "head", '"open source" in its README'),
    "unknowncz": Source(0.25, "plate", "CC BY 4.0 (Open Images)"),
    "kaggle433": Source(0.04, "plate", "CC0"),
    "usfl": Source(0.03, "plate", "CC BY 4.0"),
    "chirag": Source(0.04, "plate", "MIT"),
}


def shares(pictures: dict[str, int]) -> dict[str, float]:
    """Share of the crops of each set of a cache, adding up to one; ``pictures``: how many of each set it holds.

    What a set that is not there (``--licensed-only``) would have had goes to those that label the same kind, by their
    pictures, so that a run without it sees as many faces.
    """
    drawn = {}
    for name, count in pictures.items():
        alike = [other for other, source in SETS.items() if source.kind == SETS[name].kind]
        missing = sum(SETS[other].share for other in alike if other not in pictures)
        drawn[name] = SETS[name].share + missing * count / sum(pictures.get(other, 0) for other in alike)
    return {name: share / sum(drawn.values()) for name, share in drawn.items()}
