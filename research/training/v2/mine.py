"""Find what the network takes for something in its own training pictures, so that training shows it more of that.

    python -m research.training.v2.mine WORK own.onnx

Adds to ``WORK/pool.json``, as ``hard``, the best boxes of each picture that touch no object and lie in no region to
ignore; what an earlier network was shown stays. A run takes them up when it is resumed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from research.training.boxes import Boxes, overlaps, suppress
from research.training.detectors import fit
from research.training.v2.detector import Second
from research.training.v2.kinds import FACE, KINDS, PLATE
from research.training.v2.stream import PoolImage

SIDES = (640, 960)
SCORE = 0.45  # a box of at least this score is worth being shown again
TOUCHES, LEFT_OUT = 0.1, 0.3
"""IoU with an object from which a box is no false alarm; share of it in a region to ignore that makes it none."""

MOST = 6  # of each kind and picture, so that no picture fills the list


def false_alarms(entry: PoolImage, data: np.ndarray, network: Second) -> list[list[float]]:
    """Rows ``kind, left, top, right, bottom`` in pixels of the pool's picture, the surest of each kind first."""
    found: list[list[float]] = []
    for kind in (FACE, PLATE):
        parts = []
        for side in SIDES:
            canvas, scale = fit(entry.pictures(data)[0], side)
            parts.append(network(canvas, SCORE)[KINDS[kind]] / [scale, scale, scale, scale, 1])
        rows = wrong(suppress(np.concatenate(parts)), *(r[r[:, 0] == kind, 1:] for r in (entry.objects, entry.ignored)))
        found += [[kind, *row[:4].round(1).tolist()] for row in rows[:MOST]]
    return found


def wrong(rows: Boxes, objects: Boxes, ignored: Boxes) -> Boxes:
    """The rows ``[n, 5]`` that touch no object and lie in no region to ignore."""
    keep = np.ones(len(rows), bool)
    if len(objects) and len(rows):
        keep &= overlaps(objects, rows)[0].max(0) < TOUCHES
    if len(ignored) and len(rows):
        keep &= overlaps(ignored, rows)[1].max(0) < LEFT_OUT
    return rows[keep]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("work", type=Path)
    cli.add_argument("onnx", type=Path)
    a = cli.parse_args()
    cv2.setNumThreads(1)
    data, network = np.memmap(a.work / "pool.bin", np.uint8, "r"), Second(a.onnx)
    records: list[dict[str, Any]] = json.loads((a.work / "pool.json").read_text())
    counts = {FACE: 0, PLATE: 0}
    for record in records:
        for row in false_alarms(PoolImage(record), data, network):
            record["rows"][2].append(row)
            counts[int(row[0])] += 1
    partial = a.work / "pool.partial"
    partial.write_text(json.dumps(records))
    partial.replace(a.work / "pool.json")
    print(*(f"{number} taken for a {KINDS[kind]}" for kind, number in counts.items()), sep=", ")


if __name__ == "__main__":
    main()
