"""Recall at an equal number of boxes that touch nobody, by height, and milliseconds: what a redaction needs.

    python -m research.training.v2.measure EVAL own.onnx --own V1.onnx --sets faces_street --sides 640 640+960

A box that overlaps no labelled one (IoU .1) is a false alarm; one that lies badly on somebody hides too much, but is
none. Pictures are scaled to a longest side; faces lower than eight pixels at 640 are nobody's miss. With two sides,
their boxes are merged. ``--dark``: an eighth of the light and noise of two levels, brightened as the product does.
Quick enough to draw the curve of a run: `bodycam eval` measures what ships.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from research.training.augment import Picture, dusk
from research.training.boxes import Boxes, overlaps, suppress
from research.training.detectors import Detector, Ours, YuNet, fit, read_picture
from research.training.v2.detector import Second

FOUND = 0.4  # IoU from which a box found an object
TOUCHES = 0.1  # IoU from which a box touches somebody
LEAST = 8.0  # pixels of height at the reference side
REFERENCE = 640
HEIGHTS = (8, 16, 32, 64, 1e9)
FLOOR = 0.15
LIGHT, LEVELS = 1 / 8, 2.0  # those of research/night.py, which makes such a set for `bodycam eval`


def look(detector: Detector, picture: np.ndarray, kind: str, sides: list[int]) -> Boxes:
    rows = []
    for side in sides:
        canvas, scale = fit(picture, side)
        rows.append(detector(canvas, FLOOR).get(kind, np.zeros((0, 5))) / [scale, scale, scale, scale, 1])
    return suppress(np.concatenate(rows))


def judge(rows: Boxes, truth: Boxes) -> tuple[Boxes, Boxes]:
    """For each object the best score of a box on it (0: none); the scores of boxes that touch nobody."""
    if not len(rows) or not len(truth):
        return np.zeros(len(truth)), rows[:, 4]
    iou = overlaps(truth, rows)[0]
    # boxes in order of their scores, each takes the object it lies on best
    best, free = np.zeros(len(truth)), np.ones(len(truth), bool)
    for number in np.argsort(-rows[:, 4], kind="stable"):
        lies = iou[:, number] * free
        if lies.max() >= FOUND:
            best[lies.argmax()], free[lies.argmax()] = rows[number, 4], False
    return best, rows[(iou < TOUCHES).all(0), 4]


def in_the_dark(picture: Picture, number: int) -> Picture:
    """A picture as a network sees it at night; ``number`` fixes the noise."""
    return dusk(picture, LIGHT, np.random.default_rng(number).normal(0, LEVELS, picture.shape))


def measure(
    detector: Detector, folder: Path, kind: str, sides: list[int], every: int, *, dark: bool = False
) -> dict[str, object]:
    best, heights, false = [], [], []
    items = json.loads((folder / "labels.json").read_text())["items"][::every]
    for number, item in enumerate(items):
        picture, truth = read_picture(folder / item["file"]), np.array(item["boxes"], float).reshape(-1, 4)
        picture = in_the_dark(picture, number) if dark else picture
        height = (truth[:, 3] - truth[:, 1]) * REFERENCE / max(picture.shape[:2])
        score, nobody = judge(look(detector, picture, kind, sides), truth)
        best.append(score[height >= LEAST])
        heights.append(height[height >= LEAST])
        false.append(nobody)
    best, heights, false = np.concatenate(best), np.concatenate(heights), np.sort(np.concatenate(false))[::-1]
    limits = {rate: float(false[n]) if len(false) > (n := int(rate * len(items))) else 0.0 for rate in (0.1, 0.5, 1, 2)}
    at = best > max(limits[0.5], 1e-6)
    bands = [
        f"{100 * at[band].mean():.0f}/{band.sum()}" if (band := (heights >= low) & (heights < high)).any() else "-"
        for low, high in pairwise(HEIGHTS)
    ]
    recall = {rate: round(100 * float((best > max(limit, 1e-6)).mean()), 1) for rate, limit in limits.items()}
    return {
        "recall": recall,
        "by height at .5": bands,
        "score at .5": round(limits[0.5], 2),
        "ceiling": round(100 * float((best > 0).mean()), 1),
    }


def milliseconds(detectors: dict[str, Detector], side: int, rounds: int = 15) -> dict[str, float]:
    """Smallest processor time of one picture of 16:9, all taking turns."""
    picture = np.random.default_rng(0).integers(0, 255, (-(-side * 9 // 16 // 32) * 32, side, 3), np.uint8)
    took: dict[str, list[float]] = {name: [] for name in detectors}
    for _ in range(rounds):
        for name, detector in detectors.items():
            begun = time.thread_time()
            detector.run(picture)  # type: ignore[attr-defined]
            took[name].append(1e3 * (time.thread_time() - begun))
    return {name: round(min(times), 2) for name, times in took.items()}


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("eval", type=Path)
    cli.add_argument("second", type=Path)
    cli.add_argument("--own", type=Path, help="detector-v1, measured beside it")
    cli.add_argument("--yunet", type=Path)
    cli.add_argument("--sets", nargs="+", default=["faces_street"])
    cli.add_argument("--sides", nargs="+", default=["640"], help="640, 960, or 640+960 for both merged")
    cli.add_argument("--every", type=int, default=1)
    cli.add_argument("--dark", action="store_true")
    a = cli.parse_args()
    cv2.setNumThreads(1)
    detectors: dict[str, Detector] = {"second": Second(a.second)}
    if a.own:
        detectors["own"] = Ours(a.own)
    if a.yunet:
        detectors["yunet"] = YuNet(a.yunet)
    for side in (640, 960):
        print("ms at", side, milliseconds(detectors, side), flush=True)
    for name in a.sets:
        kind = "plate" if name.startswith("plates") else "face"
        for sides in a.sides:
            for who, detector in detectors.items():
                if kind == "plate" and who == "yunet":
                    continue
                found = measure(detector, a.eval / name, kind, [int(s) for s in sides.split("+")], a.every, dark=a.dark)
                print(name, sides, who, json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
