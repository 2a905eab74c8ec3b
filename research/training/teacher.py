"""Let public detectors look at every training picture once, and turn what they see into extra labels.

Every set labels one kind only. A confident teacher box of an unlabelled object becomes a positive; an uncertain one
becomes an ignore region, where the network is neither rewarded nor punished. Teachers label data and nothing else:
no weight of theirs is copied, converted or fine-tuned.

    python -m research.training.teacher DATA OUT --yunet Y.onnx --centerface C.onnx --plates P.onnx [--part 0/2]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from research.training.boxes import Boxes, overlaps, suppress
from research.training.detectors import CenterFace, Detector, Y5fu, YuNet, fit, read_picture

FOLDERS = ("faces", "faces_street", "heads", "plates")
FLOOR = 0.15  # below this no teacher's opinion is kept
SIDES = {"yunet": (640, 1280), "centerface": (640,), "y5fu": (640, 1024)}  # longest sides looked at, in pixels
SURE = {"yunet": 0.75, "centerface": 0.6, "y5fu": 0.7}  # alone enough for a positive
AGREED = {"yunet": 0.45, "centerface": 0.35}  # enough where both face teachers see it
UNSURE = {"yunet": 0.4, "centerface": 0.3, "y5fu": 0.25}  # enough for an ignore region


def look(teacher: Detector, picture: np.ndarray, sides: tuple[int, ...]) -> Boxes:
    """All boxes ``[n, 5]`` of one teacher over its scales, in pixels of ``picture``."""
    rows = []
    for side in sides:
        canvas, scale = fit(picture, side)
        rows += [found / [scale, scale, scale, scale, 1] for found in teacher(canvas, FLOOR).values()]
    return suppress(np.concatenate(rows), 0.4)


def labels(seen: dict[str, list[list[float]]], kind: str) -> tuple[Boxes, Boxes]:
    """Positives ``[n, 4]`` and ignore regions ``[m, 4]`` of one kind, from what each teacher saw in one picture."""
    names = ("y5fu",) if kind == "plate" else ("centerface", "yunet")
    rows = {name: np.array(seen.get(name, []), float).reshape(-1, 5) for name in names}
    sure: list[np.ndarray] = []
    unsure: list[np.ndarray] = []
    for name, own in rows.items():
        others = [r[r[:, 4] > AGREED[o]] for o, r in rows.items() if o != name and o in AGREED]
        for box in own:
            agreed = box[4] > AGREED.get(name, 2) and any(
                len(o) and overlaps(box[None], o)[0].max() > 0.5 for o in others
            )
            if box[4] > SURE[name] or agreed:
                sure.append(box)
            elif box[4] > UNSURE[name]:
                unsure.append(box)
    positive = suppress(np.array(sure).reshape(-1, 5), 0.4)[:, :4]
    ignore = np.array(unsure).reshape(-1, 5)[:, :4]
    if len(positive) and len(ignore):
        ignore = ignore[overlaps(positive, ignore)[0].max(0) < 0.4]
    return positive, ignore


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("data", type=Path, help="folder with one folder of pictures and labels.json per kind of picture")
    cli.add_argument("out", type=Path)
    cli.add_argument("--yunet", type=Path, required=True)
    cli.add_argument("--centerface", type=Path, required=True)
    cli.add_argument("--plates", type=Path, required=True)
    cli.add_argument("--part", default="0/1", help="this process's share of the pictures, as index/count")
    a = cli.parse_args()
    cv2.setNumThreads(1)
    teachers: dict[str, Detector] = {
        "yunet": YuNet(a.yunet),
        "centerface": CenterFace(a.centerface),
        "y5fu": Y5fu(a.plates),
    }
    index, count = map(int, a.part.split("/"))
    a.out.mkdir(parents=True, exist_ok=True)
    for folder in FOLDERS:
        items = json.loads((a.data / folder / "labels.json").read_text())["items"][index::count]
        seen = {}
        for item in items:
            picture = read_picture(a.data / folder / item["file"])
            seen[item["file"]] = {
                name: look(teacher, picture, SIDES[name]).round(3).tolist() for name, teacher in teachers.items()
            }
        (a.out / f"{folder}.{index}.json").write_text(json.dumps(seen))
        boxes = sum(len(rows) for by_teacher in seen.values() for rows in by_teacher.values())
        print(folder, len(seen), "pictures", boxes, "boxes", flush=True)


if __name__ == "__main__":
    main()
