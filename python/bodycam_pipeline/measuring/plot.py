"""``recall.svg``: recall over false positives per picture, one panel per set and kind, one line per detector."""

from collections.abc import Iterator, Sequence
from math import log10
from pathlib import Path

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.measuring.pictures import Measured
from bodycam_pipeline.reports.templates import render_template

PANEL = (300, 200)
MARGIN = 44
"""Pixels around a panel, for its labels."""

MOST_POINTS = 300
LEAST_RATE, MOST_RATE = 0.01, 10.0
"""False positives per picture at the panel's left and right edge, on a logarithmic scale."""

COLOURS = ("#1a56b0", "#b3261e", "#2f8f5b", "#b3801e", "#7a4bb0", "#777777")


def write_plot(measured: Sequence[Measured], path: Path) -> None:
    """Draw recall over false positives as SVG: a panel for each set and kind.

    Raises:
        StorageError: the disk refused.
    """
    names = list(dict.fromkeys(each.model for each in measured))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    panels = [
        {"title": f"{dataset}, {kind}", "x": MARGIN + number * (PANEL[0] + MARGIN), "lines": [
            {"points": _points(each), "colour": colours[each.model]}
            for each in measured if (each.dataset, each.kind) == (dataset, kind)
        ]}
        for number, (dataset, kind) in enumerate(dict.fromkeys((each.dataset, each.kind) for each in measured))
    ]  # fmt: skip
    rates = [{"label": f"{rate:g}", "x": _x(rate)} for rate in (0.01, 0.1, 1, 10)]
    frame = {"width": PANEL[0], "height": PANEL[1], "margin": MARGIN}
    drawn = render_template("measuring", "recall.svg.j2", panels=panels, colours=colours, rates=rates, **frame)
    write_atomically(path, drawn.encode())


def _points(measured: Measured) -> str:
    return " ".join(f"{_x(rate):.1f},{PANEL[1] * (1 - recall):.1f}" for rate, recall in _thinned(measured.curve))


def _thinned(curve: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    inside = [(max(rate, LEAST_RATE), recall) for rate, recall in curve if rate <= MOST_RATE]
    step = max(1, len(inside) // MOST_POINTS)
    yield from inside[::step]


def _x(rate: float) -> float:
    return PANEL[0] * log10(rate / LEAST_RATE) / log10(MOST_RATE / LEAST_RATE)
