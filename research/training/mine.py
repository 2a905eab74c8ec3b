"""Find what the network wrongly fires at in its own training pictures, so that training can show it more of that.

    python -m research.training.mine WORK own.onnx

Writes ``WORK/hard.json``: per picture the boxes ``kind, left, top, right, bottom`` that match no object and no ignore
region. The stream of crops picks it up when a run is resumed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from research.training.augment import FACE
from research.training.boxes import overlaps
from research.training.data import CachedImage
from research.training.detectors import Ours, fit

SCORE = 0.45  # a box of at least this score is a false alarm worth showing again
SCALES = (1.0, 0.5)
MOST = 8  # per picture, so that no single picture fills the list


def false_alarms(entry: CachedImage, data: np.ndarray, network: Ours) -> list[list[float]]:
    rows = []
    for scale, picture in zip(SCALES, entry.pictures(data), strict=False):
        canvas, _ = fit(picture, max(picture.shape[:2]))
        for kind, boxes in enumerate(network(canvas, SCORE).values()):
            known = [r[r[:, 0] == kind, 1:] for r in (entry.objects, entry.ignored)]
            truth = np.concatenate(known).astype(float) * scale
            wrong = boxes
            if len(truth) and len(boxes):
                iou, _ = overlaps(boxes, truth)
                _, covered = overlaps(truth, boxes)
                wrong = boxes[(iou.max(1) < 0.3) & (covered.max(0) < 0.5)]
            rows += [[score, kind, *(np.array(box) / scale)] for *box, score in wrong.tolist()]
    rows.sort(key=lambda row: -row[0])
    return [[float(v) for v in row[1:]] for row in rows[:MOST]]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("work", type=Path)
    cli.add_argument("onnx", type=Path)
    a = cli.parse_args()
    cv2.setNumThreads(1)
    data, network, hard = np.memmap(a.work / "cache.bin", np.uint8, "r"), Ours(a.onnx), {}
    for record in json.loads((a.work / "cache.json").read_text()):
        if found := false_alarms(CachedImage(record, []), data, network):
            hard[record["name"]] = found
    (a.work / "hard.json").write_text(json.dumps(hard))
    faces = sum(row[0] == FACE for rows in hard.values() for row in rows)
    print(f"{sum(map(len, hard.values()))} false alarms in {len(hard)} pictures, {faces} of them as faces")


if __name__ == "__main__":
    main()
