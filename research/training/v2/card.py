"""The card of the second network, from its weights and what is measured of it; no number is typed by hand.

    python -m research.training.v2.card CHECKPOINT models/detector-v2.onnx DATA --own models/detector-v1.onnx \
        --yunet YUNET > models/MODEL_CARD_V2.md

CHECKPOINT is what `train.py` left, DATA holds ``eval`` and ``train/web``. Takes some minutes of one processor.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import onnx
import torch
from onnx import numpy_helper

from research.training.detectors import Detector, Ours, YuNet
from research.training.v2 import behind
from research.training.v2.detector import Second
from research.training.v2.measure import measure, milliseconds
from research.training.v2.sources import DOUBTFUL, SOURCES

WIDTH = 120
SETS = {  # and how many of its pictures are measured: one in so many
    "faces_street": ("face", 1),
    "faces_groups": ("face", 1),
    "faces_wider200": ("face", 2),
    "plates_street": ("plate", 1),
    "plates_dashcam": ("plate", 1),
    "faces_street, dark": ("face", 1),
    "plates_street, dark": ("plate", 1),
    "plates_dashcam, dark": ("plate", 1),
}
SCALES = ("640", "960", "640+960")
DEFAULT = "640+960"
Found = dict[tuple[str, str, str], dict[str, Any]]
"""What `measure` found, by set, detector and scales."""


class Bar(NamedTuple):
    """What a figure of a set was to reach: recall in % at so many boxes per picture that touch nobody."""

    words: str
    name: str
    wanted: float
    rate: float | None = None
    band: int | None = None


BARS = (
    Bar("faces in streets", "faces_street", 88.5, rate=0.5),
    Bar("the same, 8 to 16 pixels", "faces_street", 65.0, band=0),
    Bar("faces of groups", "faces_groups", 92.0, rate=0.5),
    Bar("WIDER, one picture in two", "faces_wider200", 34.0, rate=0.5),
    Bar("plates in streets", "plates_street", 91.0, rate=1),
    Bar("plates before a dash camera", "plates_dashcam", 97.0, rate=1),
)
MILLISECONDS = {640: (6.0, 10.2), 960: (14.0, 22.4)}
"""Wanted of the second network, and what detector-v1 takes on the machine for which that was said."""

BEHIND = 70.0

CARD = """# Model card: detector-v2

`{file}` · SHA-256 `{digest}` · {parameters} parameters · Apache-2.0

{intro}

## Measured on pictures

{how}

{pictures}

Recall at 0.5, by height of the box in pixels:

{heights}

Heads from behind: share of which half is hidden at 1 box per picture that touches nobody, on the building sites of
`web`, which teach nothing (`research/training/v2/behind.py`).

{behind}

Milliseconds of one thread, ONNX Runtime, both in turn in one run:

{times}

## Against the bars

{bars}

## Made from

{made}

| group | licence | share of the tiles |
|---|---|---|
{sources}

The sets of `web` and `negatives`:

{sets}

## Not for

Deciding who somebody is: it finds faces, it does not tell them apart.
"""


def table(head: str, rows: Iterable[Iterable[object]]) -> str:
    columns = head.count("|") - 1
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * columns, *lines])


def measured(detectors: dict[str, Detector], data: Path) -> Found:
    """Every set, at every scale, by everyone who knows its kind."""
    found: Found = {}
    for name, (kind, every) in SETS.items():
        for who, detector in detectors.items():
            if kind == "plate" and who == "yunet":
                continue
            for scales in SCALES:
                sides = [int(side) for side in scales.split("+")]
                folder, _, dark = name.partition(", ")
                found[name, who, scales] = measure(
                    detector, data / "eval" / folder, kind, sides, every, dark=bool(dark)
                )
    return found


def pictures(found: Found) -> str:
    rows = ((*key, *at["recall"].values(), at["ceiling"]) for key, at in found.items())
    return table("| set | detector | longest side | at 0.1 | at 0.5 | at 1 | at 2 | every box |", rows)


def heights(found: Found) -> str:
    rows = ((*key, *at["by height at .5"]) for key, at in found.items())
    return table("| set | detector | longest side | 8-16 | 16-32 | 32-64 | 64- |", rows)


def bars(found: Found, hidden: float, times: dict[int, dict[str, float]]) -> str:
    rows = [_bar(bar, found[bar.name, "detector-v2", DEFAULT]) for bar in BARS]
    rows.append(("heads from behind, 16 pixels and more, at 1", BEHIND, hidden, _distance(hidden - BEHIND)))
    for side, (wanted, own) in MILLISECONDS.items():
        ratio, bar = times[side]["detector-v2"] / times[side]["detector-v1"], wanted / own
        rows.append((f"time at {side}, beside detector-v1", f"{bar:.2f}", f"{ratio:.2f}", _distance(bar - ratio)))
    return table("| bar | wanted | reached | |", rows)


def _bar(bar: Bar, at: dict[str, Any]) -> tuple[object, ...]:
    reached = at["recall"][bar.rate] if bar.rate else float(at["by height at .5"][bar.band].split("/")[0])
    return f"{bar.words}, recall at {bar.rate or 0.5}", bar.wanted, reached, _distance(reached - bar.wanted)


def _distance(above: float) -> str:
    return "reached" if above >= 0 else f"missed by {-above:.3g}"


def card(checkpoint: Path, model: Path, data: Path, others: dict[str, Detector]) -> str:
    """Measure and write."""
    cv2.setNumThreads(1)
    detectors: dict[str, Detector] = {"detector-v2": Second(model), **others}
    state = torch.load(checkpoint, map_location="cpu")
    weights = onnx.load(model).graph.initializer
    found = measured(detectors, data)
    web = data / "train" / "web"
    hidden = {
        "detector-v2, faces and heads": behind.measure(detectors["detector-v2"], web, ("face", "head"), 640),
        "detector-v2, faces alone": behind.measure(detectors["detector-v2"], web, ("face",), 640),
        "detector-v1, faces": behind.measure(detectors["detector-v1"], web, ("face",), 640),
    }
    pair = {who: detectors[who] for who in ("detector-v2", "detector-v1")}
    times = {side: milliseconds(pair, side) for side in MILLISECONDS}
    return CARD.format(
        file=model.name,
        digest=hashlib.sha256(model.read_bytes()).hexdigest(),
        parameters=sum(numpy_helper.to_array(w).size for w in weights),
        intro=_wrapped(
            "Three kinds in one pass: faces, heads, plates; four strides from 4 to 32, and for each box how well it "
            "lies. Input RGB in 0..1, any multiple of 32 pixels. Trained by this project with `research/training/v2` "
            f"from scratch: {state['crops']} crops of 320 pixels on a processor, the last {state.get('cooled', 0)} at "
            f"a rate that fell to nothing, of the {state['of']} for which its schedule is made. The product listens to "
            "its faces and plates; nobody asks it for heads yet."
        ),
        how=_wrapped(
            "Recall in % at so many boxes per picture that touch nobody (IoU below .1); a hit is an IoU of .4, faces "
            "and plates lower than 8 pixels at a longest side of 640 do not count. `every box`: with every box above "
            ".15. `dark`: an eighth of the light and noise of two levels, brightened as the product does. The "
            "product looks at recordings, and follows what it finds: docs/evidence.md says what that keeps."
        ),
        pictures=pictures(found),
        heights=heights(found),
        behind=table(
            "| detector | heads | at 1 | 16-32 | 32-64 | 64- |",
            ((who, at["heads"], at["hidden"][1], *at["by height at 1"]) for who, at in hidden.items()),
        ),
        times=table(
            "| longest side | detector-v2 | detector-v1 |",
            ((side, at["detector-v2"], at["detector-v1"]) for side, at in times.items()),
        ),
        bars=bars(found, float(hidden["detector-v2, faces and heads"]["hidden"][1]), times),
        made=_wrapped(
            "Teachers labelled what a set leaves out: YuNet, CenterFace, HyperLPR3 and detector-v1. No weight of "
            "theirs was used. Sets with a doubt about their licence taught nothing."
        ),
        sets=sets_of_web(web),
        sources="\n".join(f"| {name} | {s.licence} | {s.share:.0%} |" for name, s in SOURCES.items()),
    )


def sets_of_web(web: Path) -> str:
    """The sets of ``web`` that taught, with where they are from and their licences."""
    listing = json.loads((web / "labels.json").read_text())
    used = {item["set"] for item in listing["items"] if not item["set"].startswith(DOUBTFUL)}
    rows = ((name, of["repository"], of["licence"]) for name, of in sorted(listing["sets"].items()) if name in used)
    return table("| set | from | licence |", rows)


def _wrapped(words: str) -> str:
    return textwrap.fill(words, WIDTH)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("checkpoint", type=Path)
    cli.add_argument("model", type=Path)
    cli.add_argument("data", type=Path)
    cli.add_argument("--own", type=Path, required=True)
    cli.add_argument("--yunet", type=Path)
    a = cli.parse_args()
    others: dict[str, Detector] = {"detector-v1": Ours(a.own)}
    if a.yunet:
        others["yunet"] = YuNet(a.yunet)
    print(card(a.checkpoint, a.model, a.data, others), end="")


if __name__ == "__main__":
    main()
