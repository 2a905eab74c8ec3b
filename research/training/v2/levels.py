"""Bring the scores of plates at the four strides to one scale: a score is taught to be lower where boxes lie badly.

    python -m research.training.v2.levels WORK/cooled.pt WORK WORK/levelled.pt

A score holds how well a box is expected to lie, and boxes of small objects lie less well than those of large ones: a
threshold for all would leave the small ones out. A logistic regression on training pictures (Platt 1999, with a
constant for each stride) says how much the logits of a stride are to be shifted for equal scores to be equally often
true; the shifts are added to the biases of the heads. WORK holds the pool. For faces it was no gain: small ones gave
way to large ones.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from research.training.boxes import Boxes, overlaps
from research.training.detectors import fit
from research.training.v2.detector import Second
from research.training.v2.export import export
from research.training.v2.kinds import KINDS, PLATE, STRIDES
from research.training.v2.stream import PoolImage

SIDE = 640
FLOOR = 0.1
FOUND, TOUCHES, LEFT_OUT = 0.4, 0.1, 0.3
"""IoU from which a box is right; below which it is wrong; share of it in an ignored region that makes it neither."""

TAUGHT_BY = ("plates", "unknowncz")
EVERY = 3  # one picture in so many is looked at
SHRINK = 1.0  # pseudo-counts that hold a stride at no shift
Samples = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Scores with their strides [n, 2], and whether each is right [n]."""


def judged(rows: Boxes, objects: Boxes, ignored: Boxes) -> Samples:
    """What is right among rows of `Second.by_level`, and what is wrong; the rest is left out."""
    on = overlaps(objects, rows)[0].max(0) if len(objects) else np.zeros(len(rows))
    aside = overlaps(ignored, rows)[1].max(0) if len(ignored) else np.zeros(len(rows))
    wrong = (on < TOUCHES) & (aside < LEFT_OUT)
    kept = (on >= FOUND) | wrong
    return rows[kept, 4:6], (on[kept] >= FOUND).astype(float)


def shifts(scores: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much to add to the logits of each stride, by Newton's method; 0 where most of the right ones are."""
    logit = np.log(scores[:, 0] / (1 - scores[:, 0]))
    x = np.column_stack([logit, np.ones(len(logit)), *(scores[:, 1] == level for level in range(len(STRIDES)))])
    b, penalty = np.zeros(x.shape[1]), np.diag([0.0, 0.0, *[SHRINK] * len(STRIDES)])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ b, -30, 30)))
        b -= np.linalg.solve(
            (x.T * (p * (1 - p))) @ x + penalty + 1e-9 * np.eye(len(b)), x.T @ (p - right) + penalty @ b
        )
    counts = np.bincount(scores[right > 0, 1].astype(int), minlength=len(STRIDES))
    found: NDArray[np.float64] = (b[2:] - b[2 + int(counts.argmax())]) / b[0]
    return found


def look(network: Second, work: Path) -> Samples:
    """Everything that the network takes for a plate in one training picture in `EVERY`."""
    data = np.memmap(work / "pool.bin", np.uint8, "r")
    records = [r for r in json.loads((work / "pool.json").read_text()) if r["source"] in TAUGHT_BY]
    parts = []
    for record in records[::EVERY]:
        entry = PoolImage(record)
        canvas, scale = fit(entry.pictures(data)[0], SIDE)
        rows = network.by_level(canvas, FLOOR)[KINDS[PLATE]]
        objects, ignored = (r[r[:, 0] == PLATE, 1:] * scale for r in (entry.objects, entry.ignored))
        parts.append(judged(rows, objects, ignored))
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("checkpoint", type=Path)
    cli.add_argument("work", type=Path)
    cli.add_argument("out", type=Path)
    a = cli.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        export(a.checkpoint, Path(folder) / "as-it-is.onnx")
        found = shifts(*look(Second(Path(folder) / "as-it-is.onnx"), a.work))
    print(*(f"stride {stride}: {shift:+.2f}" for stride, shift in zip(STRIDES, found, strict=True)))
    state = torch.load(a.checkpoint, map_location="cpu")
    for level, shift in enumerate(found.tolist()):
        for channel in (PLATE, len(KINDS) + PLATE):  # presence and quality: the score is their geometric mean
            state["average"][f"head.{level}.bias"][channel] += shift
    torch.save(state, a.out)


if __name__ == "__main__":
    main()
