"""What each admission hides and costs, of faces and of plates: the points of the curve, and its picture."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from bodycam_pipeline.values.policy import LEAST_EVIDENCE
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import Truth

TRUE_KINDS = {"face": ("face", "head_from_behind"), "plate": ("plate",)}
"""What a track of a kind is for."""

PANEL = (300, 200)
MARGIN = 60
"""Pixels; the margin holds a panel's labels."""


@dataclass(frozen=True, slots=True)
class Point:
    """What one admission brings for one kind.

    Attributes:
        least: The least evidence with which a track is hidden.
        hidden: Share of the boxes that must be hidden, 0..1.
        excess: Share of the picture that is hidden for nothing, 0..1, as a mean over the frames.
    """

    least: float
    hidden: float
    excess: float

    @property
    def word(self) -> str:
        """The policy's word for it, where it has one."""
        return next((word for word, least in LEAST_EVIDENCE.items() if least == self.least), "")


def of_kind(truth: Truth, kind: str) -> Truth:
    """The same truth for tracks of one kind: what is of another may be hidden, and need not be."""
    boxes = (b if b.kind in TRUE_KINDS[kind] or b.flag != "must" else replace(b, flag="may") for b in truth.boxes)
    return replace(truth, boxes=tuple(boxes))


def curve(leasts: Iterable[float], total: Callable[[float], Score]) -> list[Point]:
    """One point for each admission."""
    scores = ((least, total(least)) for least in leasts)
    return [Point(least, s.must_hidden / s.must, s.excess / s.frames) for least, s in scores]


def draw(curves: Mapping[str, list[Point]], path: Path) -> None:
    """Write the curves as SVG: one panel a kind, must hidden over excess, both in percent."""
    most = max(point.excess for points in curves.values() for point in points)
    least = min(point.hidden for points in curves.values() for point in points)
    bottom = int(least * 20) / 20  # the next five percent below
    right = int(most * 100) + 1  # the next whole percent above
    panels = [
        {"kind": kind, "x": MARGIN + number * (PANEL[0] + MARGIN), "points": [
            {"x": PANEL[0] * 100 * p.excess / right, "y": PANEL[1] * (1 - p.hidden) / (1 - bottom),
             "least": f"{p.least:+g}", "word": p.word}
            for p in points
        ]}
        for number, (kind, points) in enumerate(curves.items())
    ]  # fmt: skip
    across = [{"x": PANEL[0] * n / right, "label": n} for n in range(right + 1)]
    lines = round((1 - bottom) * 20)
    down = [{"y": PANEL[1] * n / lines, "label": 100 - 5 * n} for n in range(lines + 1)]
    folder = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    drawn = folder.get_template("curve.svg.j2").render(
        panels=panels, across=across, down=down, width=PANEL[0], height=PANEL[1], margin=MARGIN
    )
    path.write_text(drawn)
