"""Heads from behind: how many are hidden at one box per picture that touches nobody.

    python -m research.training.v2.behind DATA/train/web own.onnx --own models/detector-v1.onnx

Measures on the building sites of ``web``, which teach nothing: their licence is in doubt. A head counts as from behind
where no public detector suspects a face in it; it is hidden if half of it lies under boxes of faces and heads. A box
that overlaps no head, face, possible face or labelled person (IoU .1, or a third of the box) touches nobody.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from research.training.boxes import Boxes, overlaps, suppress
from research.training.detectors import Detector, Ours, fit, read_picture
from research.training.v2.detector import Second
from research.training.v2.sources import DOUBTFUL

BEHIND = ("none", "own")
LEAST = 16.0  # pixels of height of the picture as it lies
HIDDEN, TOUCHES, INSIDE = 0.5, 0.1, 0.33
FLOOR = 0.15


def look(detector: Detector, picture: np.ndarray, kinds: tuple[str, ...], side: int) -> Boxes:
    canvas, scale = fit(picture, side)
    found = detector(canvas, FLOOR)
    rows = np.concatenate([found.get(kind, np.zeros((0, 5))) for kind in kinds])
    return suppress(rows / [scale, scale, scale, scale, 1])


def hidden_from(head: Boxes, rows: Boxes) -> float:
    """The highest score at which boxes of that score and more hide half of a head (0: never)."""
    width, height = (max(1, round(float(v))) for v in (head[2] - head[0], head[3] - head[1]))
    under = np.zeros((height, width), bool)
    for left, top, right, bottom, score in rows[np.argsort(-rows[:, 4])]:
        x0, y0, x1, y1 = (
            max(0, round(float(v))) for v in (left - head[0], top - head[1], right - head[0], bottom - head[1])
        )
        under[y0:y1, x0:x1] = True
        if under.mean() >= HIDDEN:
            return float(score)
    return 0.0


def measure(detector: Detector, folder: Path, kinds: tuple[str, ...], side: int) -> dict[str, object]:
    scores, heights, false, pictures = [], [], [], 0
    for item in json.loads((folder / "labels.json").read_text())["items"]:
        if not item["set"].startswith(DOUBTFUL):
            continue
        rows, pictures = look(detector, read_picture(folder / item["file"]), kinds, side), pictures + 1
        for head in item["heads"]:
            box = np.array(head["box"])
            if head["face"] in BEHIND and box[3] - box[1] >= LEAST:
                scores.append(hidden_from(box, rows))
                heights.append(box[3] - box[1])
        heads = [head["box"] for head in item["heads"]]
        somebody = np.array([*heads, *item["faces"], *item["possible"], *item.get("persons", [])], float).reshape(-1, 4)
        iou, share = overlaps(somebody, rows)
        false.append(rows[(iou < TOUCHES).all(0) & (share < INSIDE).all(0), 4])
    best, tall, off = np.array(scores), np.array(heights), np.sort(np.concatenate(false))[::-1]
    limits = {rate: float(off[n]) if len(off) > (n := int(rate * pictures)) else 0.0 for rate in (0.5, 1, 2)}
    recall = {rate: round(100 * float((best > max(limit, 1e-6)).mean()), 1) for rate, limit in limits.items()}
    at = best > max(limits[1], 1e-6)
    bands = [f"{100 * at[(tall >= low) & (tall < high)].mean():.0f}" for low, high in ((16, 32), (32, 64), (64, 1e9))]
    return {"heads": len(best), "hidden": recall, "by height at 1": bands, "score at 1": round(limits[1], 2)}


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("web", type=Path)
    cli.add_argument("second", type=Path)
    cli.add_argument("--own", type=Path, help="detector-v1, measured beside it")
    cli.add_argument("--side", type=int, default=640)
    a = cli.parse_args()
    cv2.setNumThreads(1)
    print("faces and heads", json.dumps(measure(Second(a.second), a.web, ("face", "head"), a.side)), flush=True)
    print("faces alone", json.dumps(measure(Second(a.second), a.web, ("face",), a.side)), flush=True)
    if a.own:
        print("own", json.dumps(measure(Ours(a.own), a.web, ("face",), a.side)), flush=True)


if __name__ == "__main__":
    main()
