"""Three face detectors and two plate detectors look at the older sets, which label one kind each.

    python -m research.training.v2.witnesses DATA OUT.json --yunet Y --centerface C --own V1 --plates P   # ONNX files

What at least two of them see is an object, what one of them suspects is ignored. The pictures of ``web`` come labelled
by the same vote. Witnesses label and nothing else: no weight of theirs is copied, converted or fine-tuned.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from research.training.boxes import Boxes, overlaps, suppress
from research.training.detectors import CenterFace, Detector, Ours, Y5fu, YuNet, fit, read_picture

FOLDERS = ("faces", "faces_street", "heads", "plates")
FLOOR = 0.2  # below this nobody's opinion is kept
SIDES = {"yunet": (640, 1280), "centerface": (640,), "own": (640, 960), "y5fu": (640,)}  # longest sides, in pixels
SEES = {"yunet": 0.68, "centerface": 0.42, "own": 0.50, "y5fu": 0.5}  # this score counts as a vote
SUSPECTS = {"yunet": 0.40, "centerface": 0.25, "own": 0.30, "y5fu": 0.25}  # this one is enough to ignore a box
CLEARLY = 1.12  # where only two see it, the weaker of them must be above its limit by this factor
SAME = 0.4  # IoU from which two boxes are one thing
VOTERS = {"face": ("yunet", "centerface", "own"), "plate": ("own", "y5fu")}


def look(detector: Detector, picture: np.ndarray, sides: tuple[int, ...]) -> dict[str, Boxes]:
    """All boxes ``[n, 5]`` of one detector over its scales, by kind, in pixels of ``picture``."""
    rows: dict[str, list[Boxes]] = {}
    for side in sides:
        canvas, scale = fit(picture, side)
        for kind, found in detector(canvas, FLOOR).items():
            rows.setdefault(kind, []).append(found / [scale, scale, scale, scale, 1])
    return {kind: suppress(np.concatenate(parts), SAME) for kind, parts in rows.items()}


def vote(seen: dict[str, dict[str, Any]], kind: str, needed: int = 2) -> tuple[Boxes, Boxes]:
    """Sure and possible boxes ``[n, 4]`` of one kind, from what each detector saw in one picture.

    Sure is what ``needed`` of them see, the weaker of two clearly.
    """
    names = VOTERS[kind]
    rows = {name: np.array(seen.get(name, {}).get(kind, []), float).reshape(-1, 5) for name in names}
    strength = [(row[4] / SEES[name], name, row) for name in names for row in rows[name]]
    strength.sort(key=lambda entry: -entry[0])
    sure: list[Boxes] = []
    possible: list[Boxes] = []
    for _, name, row in strength:
        if any(overlaps(row[None], other[None])[0][0, 0] > SAME for other in (*sure, *possible)):
            continue
        same = {name: row}
        for other in names:
            if other != name and len(rows[other]):
                iou = overlaps(row[None], rows[other])[0][0]
                if iou.max() >= SAME:
                    same[other] = rows[other][iou.argmax()]
        votes = sorted((box[4] / SEES[who] for who, box in same.items() if box[4] >= SEES[who]), reverse=True)
        if len(votes) > 2 or (len(votes) == needed and votes[-1] >= CLEARLY):
            sure.append(np.mean([box[:4] for box in same.values()], 0))
        elif any(box[4] >= SUSPECTS[who] for who, box in same.items()):
            possible.append(np.mean([box[:4] for box in same.values()], 0))
    return np.array(sure).reshape(-1, 4), np.array(possible).reshape(-1, 4)


def doubted(seen: dict[str, dict[str, Any]], kind: str, boxes: Boxes) -> np.ndarray:
    """Mark the boxes ``[n, 4]`` that an earlier network of ours suspects, and that nobody sees, itself included.

    On sheets of 64 each, one large one in 64 was a plate; of those that it sees alone, one in five.
    """
    best = {name: np.zeros(len(boxes)) for name in VOTERS[kind]}
    for name, scores in best.items():
        rows = np.array(seen.get(name, {}).get(kind, []), float).reshape(-1, 5)
        if len(rows) and len(boxes):
            scores[:] = np.where(overlaps(boxes, rows)[0] >= SAME, rows[:, 4], 0).max(1)
    others = [best[name] < SUSPECTS[name] for name in best if name != "own"]
    return (best["own"] < SEES["own"]) & np.all(others, axis=0)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("data", type=Path, help="folder with one folder of pictures and labels.json per kind of picture")
    cli.add_argument("out", type=Path)
    for name in ("yunet", "centerface", "own", "plates"):
        cli.add_argument(f"--{name}", type=Path, required=True)
    a = cli.parse_args()
    cv2.setNumThreads(1)
    detectors: dict[str, Detector] = {
        "yunet": YuNet(a.yunet), "centerface": CenterFace(a.centerface), "own": Ours(a.own), "y5fu": Y5fu(a.plates),
    }  # fmt: skip
    seen: dict[str, dict[str, dict[str, Any]]] = {}
    for folder in FOLDERS:
        for item in json.loads((a.data / folder / "labels.json").read_text())["items"]:
            picture = read_picture(a.data / folder / item["file"])
            seen[f"{folder}/{item['file']}"] = {
                name: {kind: rows.round(3).tolist() for kind, rows in look(detector, picture, SIDES[name]).items()}
                for name, detector in detectors.items()
            }
        print(folder, len(seen), "pictures so far", flush=True)
    partial = a.out.with_suffix(".partial")
    partial.write_text(json.dumps(seen))
    partial.replace(a.out)


if __name__ == "__main__":
    main()
