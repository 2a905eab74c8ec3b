"""Recall of detectors at equal false positives per image, on pictures none of them was trained on here.

    python -m models.training.evaluate EVAL --ours own.onnx --yunet Y.onnx --centerface C.onnx --plates P.onnx

``EVAL`` holds folders with pictures and a ``labels.json`` (see data.py). Every picture is scaled so that its longest
side is ``--side``; a hit is an IoU of .5; objects lower than 8 pixels at that size do not count. A second box on a
found object is no false positive, and neither is a box on an object too low to count.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.training.boxes import Boxes, overlaps
from models.training.detectors import CenterFace, Ours, Y5fu, YuNet, fit, read_picture

HIT = 0.5  # least IoU
FLOOR = 0.01  # scores below it are not looked at
BINS = ((8, 16), (16, 32), (32, 64), (64, 100_000))  # box heights in pixels at the size the detector sees
MAKERS: dict[str, Callable[[Path], Any]] = {"ours": Ours, "yunet": YuNet, "centerface": CenterFace, "plates": Y5fu}
KINDS = {"ours": ("face", "plate"), "yunet": ("face",), "centerface": ("face",), "plates": ("plate",)}


@dataclass(slots=True)
class Tally:
    """What one detector did on one set."""

    false: list[float] = field(default_factory=list)  # scores of false positives
    found: list[float] = field(default_factory=list)  # per labelled object the score it was found with, 0 if never
    heights: list[float] = field(default_factory=list)

    def add(self, boxes: Boxes, truth: Boxes) -> None:
        """Match greedily, best score first."""
        best = np.zeros(len(truth))
        iou = overlaps(boxes, truth)[0] if len(truth) else np.zeros((len(boxes), 0))
        for row, score in zip(iou, boxes[:, 4], strict=True):
            hits = np.where(row >= HIT)[0]
            free = hits[best[hits] == 0]
            if len(free):
                best[free[row[free].argmax()]] = score
            elif not len(hits):
                self.false.append(float(score))
        self.found += best.tolist()
        self.heights += (truth[:, 3] - truth[:, 1]).tolist()

    def threshold(self, per_picture: float, pictures: int) -> float:
        """The score above which exactly so many false positives remain."""
        scores, allowed = sorted(self.false, reverse=True), int(per_picture * pictures)
        return scores[allowed] if len(scores) > allowed else FLOOR

    def recall(self, threshold: float, low: float = 8, high: float = 1e9) -> tuple[float, int]:
        heights, found = np.array(self.heights), np.array(self.found)
        counted = (heights >= low) & (heights < high)
        return 100 * float((found[counted] > threshold).mean()) if counted.any() else float("nan"), int(counted.sum())


def measure(folder: Path, detectors: dict[str, Any], side: int) -> tuple[str, int, dict[str, Tally]]:
    """Kind, number of pictures and tallies of a set."""
    listing = json.loads((folder / "labels.json").read_text())
    kind: str = listing["kind"]
    tallies = {name: Tally() for name in detectors if kind in KINDS[name.split(":")[0]]}
    for item in listing["items"]:
        picture, scale = fit(read_picture(folder / item["file"]), side)
        truth = np.array(item["boxes"], float).reshape(-1, 4) * scale
        for name, tally in tallies.items():
            tally.add(detectors[name](picture, FLOOR)[kind], truth)
    return kind, len(listing["items"]), tallies


def milliseconds(detectors: dict[str, Any], width: int, height: int, rounds: int = 30) -> dict[str, float]:
    """Median processor time of a forward pass on one thread, detectors taking turns so that noise is shared."""
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    times: dict[str, list[float]] = {name: [] for name in detectors}
    for _ in range(rounds):
        for name, detector in detectors.items():
            begun = time.process_time()
            detector.run(picture)
            times[name].append(1000 * (time.process_time() - begun))
    return {name: float(np.median(t[3:])) for name, t in times.items()}


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("eval", type=Path)
    for name in MAKERS:
        cli.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    cli.add_argument("--sets", nargs="*", help="folders of EVAL to measure; all of them by default")
    cli.add_argument("--side", type=int, default=640)
    cli.add_argument("--json", type=Path, help="write the rows here as well")
    a = cli.parse_args()
    cv2.setNumThreads(1)
    detectors = {
        name if len(paths) == 1 else f"{name}:{path.stem}": MAKERS[name](path)
        for name, paths in ((n, getattr(a, n)) for n in MAKERS)
        for path in paths
    }
    speed = milliseconds(detectors, 640, 384)
    rows = []
    for folder in sorted(p.parent for p in a.eval.glob("*/labels.json")):
        if a.sets and folder.name not in a.sets:
            continue
        kind, pictures, tallies = measure(folder, detectors, a.side)
        for name, tally in tallies.items():
            one, tenth = (tally.threshold(rate, pictures) for rate in (1.0, 0.1))
            rows.append(
                {
                    "set": folder.name, "kind": kind, "detector": name, "pictures": pictures,
                    "objects": tally.recall(0)[1], "recall_at_1": tally.recall(one)[0],
                    "recall_at_0.1": tally.recall(tenth)[0], "threshold_at_1": one, "threshold_at_0.1": tenth,
                    "bins": [tally.recall(one, *limits) for limits in BINS], "ms_640x384": speed[name],
                }
            )  # fmt: skip
            r = rows[-1]
            bins = "  ".join(f"{v:5.1f} ({n})" for v, n in r["bins"])
            print(
                f"{r['set']:16} {name:14} recall {r['recall_at_1']:5.1f} at 1, {r['recall_at_0.1']:5.1f} at 0.1 false "
                f"positives an image; by height 8-16-32-64-: {bins}; thresholds {one:.2f} {tenth:.2f}; "
                f"{r['ms_640x384']:.1f} ms",
                flush=True,
            )
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
