"""Every training picture decoded once into a file on disk, with what is known of it.

    python -m research.training.v2.pool DATA WITNESSES.json WORK

``WORK`` receives ``pool.bin`` (raw BGR, each picture as a pyramid of halvings) and ``pool.json``. Both show or describe
real people and never leave the training machine. Rows are ``kind, left, top, right, bottom`` in pixels of the picture.

For each kind a picture has objects and regions to ignore (possible objects; the whole picture where nobody looked);
everything else is background. ``hard`` are places where an earlier detector fired at nothing. ``--labels-only`` writes
``pool.json`` anew, for other rules, and leaves the pixels.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from research.training.boxes import Boxes, overlaps
from research.training.data import covered_by, rows_of
from research.training.detectors import read_picture
from research.training.v2.kinds import FACE, HEAD, PLATE
from research.training.v2.sources import SOURCES, source_of
from research.training.v2.witnesses import doubted, vote

FOLDERS = ("web", "faces", "faces_street", "heads", "plates")
LEVELS = 3  # pictures in a pyramid: full, half and quarter size
LONGEST = 1024  # pixels; larger pictures are shrunk on their way into the pool
# A head reaches beyond its face by these shares of its width and height (left and right, up, down): the medians of the
# CCTV heads in which the witnesses see a face
HEAD_BEYOND = (0.22, 0.45, 0.05)
AROUND_POSSIBLE = 0.5  # a possible face is ignored as a head with this share of its size more on each side
UNSEEN_HEAD = 14.0  # pixels: a head this high in which no detector suspects a face shows none
# Pixels of height in the pool from which on what one witness doubts is nothing: lower ones may be anything
DOUBT_FROM = {FACE: 16.0, PLATE: 10.0}
Rows = list[list[float]]
Sorted = tuple[dict[int, Boxes], dict[int, Boxes], dict[int, Boxes]]
"""Objects, regions to ignore and hard places of a picture, by kind."""


def grown(boxes: Boxes, sides: float, up: float, down: float) -> Boxes:
    """Boxes made larger by shares of their own width and height."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return boxes + np.stack([-sides * width, -up * height, sides * width, down * height], 1)


def in_web(item: dict[str, Any]) -> Sorted:
    """A picture of ``web``, which comes labelled."""
    names = ("faces", "possible", "possible_plates", "hard")
    boxes = {name: np.array(item.get(name, []), float).reshape(-1, 4) for name in names}
    return {FACE: boxes["faces"]}, {FACE: boxes["possible"], PLATE: boxes["possible_plates"]}, {FACE: boxes["hard"]}


def in_older(item: dict[str, Any], seen: dict[str, Any]) -> Sorted:
    """The labels of an older set, and what the witnesses add for what it leaves out."""
    own = np.array(item["boxes"], float).reshape(-1, 4)
    objects, ignored, hard = {}, {}, {}
    scale = min(1.0, LONGEST / max(item["width"], item["height"]))
    for kind, name in ((FACE, "face"), (PLATE, "plate")):
        # where nearly nobody is, two of three take one wheel in ten for a face; all three took none of those looked at
        sure, possible = vote(seen, name, 3 if (kind, item["kind"]) == (FACE, "plate") else 2)
        if name == item["kind"]:  # the set's own labels win; witnesses add the small ones they left out
            sure, possible = (boxes[covered_by(own, boxes) < 0.3] for boxes in (sure, possible))
            sure = np.concatenate([own, sure])
        elif kind == PLATE:  # a plate seen where none was looked for is often something printed
            sure, possible = sure[:0], np.concatenate([sure, possible])
        if kind == PLATE or item["kind"] == "plate":  # faces of crowds are blurred, and stay possible
            nothing = doubted(seen, name, possible) & ((possible[:, 3] - possible[:, 1]) * scale >= DOUBT_FROM[kind])
            hard[kind], possible = possible[nothing], possible[~nothing]
        objects[kind], ignored[kind] = sure, possible
    if item["kind"] == "head":
        suspected = np.concatenate([*(np.array(w.get("face", [])).reshape(-1, 5)[:, :4] for w in seen.values())])
        # a marked head is no false alarm as a face, unless it is large and nobody sees a face in it
        empty = (own[:, 3] - own[:, 1] >= UNSEEN_HEAD) & (
            (overlaps(own, suspected)[1] < 0.5).all(1) if len(suspected) else True
        )
        ignored[FACE] = np.concatenate([ignored[FACE], own[~empty]])
        objects[HEAD] = own
    return objects, ignored, hard


def heads(source: str, objects: dict[int, Boxes], ignored: dict[int, Boxes], size: tuple[float, float]) -> None:
    """Heads: marked ones and those around sure faces; ignored wherever there may be more of them."""
    faces, marked = objects[FACE], objects.get(HEAD, np.zeros((0, 4)))
    around = grown(faces, *HEAD_BEYOND)
    if len(marked) and len(around):
        around = around[overlaps(marked, around)[0].max(0) < 0.35]
    objects[HEAD] = np.concatenate([marked, around])
    if SOURCES[source].heads:
        ignored[HEAD] = grown(ignored[FACE], AROUND_POSSIBLE, AROUND_POSSIBLE, AROUND_POSSIBLE)
    else:
        ignored[HEAD] = np.array([[0, 0, *size]])


def shrunk(picture: np.ndarray, scale: float) -> np.ndarray:
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def build(data: Path, witnesses: Path, work: Path, *, pixels: bool = True) -> None:
    seen, entries, offset = json.loads(witnesses.read_text()), [], 0
    work.mkdir(parents=True, exist_ok=True)
    with (work / "pool.bin" if pixels else Path(os.devnull)).open("wb") as out:
        for folder in FOLDERS:
            listing = json.loads((data / folder / "labels.json").read_text())
            for item in listing["items"]:
                item.setdefault("kind", listing.get("kind"))
                source = source_of(folder, item["set"], negative=bool(item.get("negative")))
                if source is None:
                    continue
                name = f"{folder}/{item['file']}"
                objects, ignored, hard = in_web(item) if folder == "web" else in_older(item, seen[name])
                heads(source, objects, ignored, (item["width"], item["height"]))
                picture = read_picture(data / folder / item["file"])
                if (shrink := LONGEST / max(picture.shape[:2])) < 1:
                    picture = shrunk(picture, shrink)
                scale, levels = picture.shape[1] / item["width"], []
                for level in range(LEVELS):
                    if level:
                        picture = shrunk(picture, 0.5)
                    out.write(picture.tobytes())
                    levels.append([offset, *picture.shape[:2]])
                    offset += picture.size
                rows = [
                    [[k, *(v * scale for v in box)] for k, *box in found]
                    for found in (flat(objects), flat(ignored), flat(hard))
                ]
                entries.append({"source": source, "set": item["set"], "name": name, "levels": levels, "rows": rows})
            print(folder, len(entries), "pictures so far,", round(offset / 2**30, 2), "GiB", flush=True)
    (work / "pool.json").write_text(json.dumps(entries))


def flat(boxes: dict[int, Boxes]) -> Rows:
    return [row for kind, found in boxes.items() for row in rows_of(kind, found)]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("data", type=Path, help="folder with web, faces, faces_street, heads and plates")
    cli.add_argument("witnesses", type=Path, help="what witnesses.py wrote")
    cli.add_argument("work", type=Path)
    cli.add_argument("--labels-only", action="store_true")
    a = cli.parse_args()
    build(a.data, a.witnesses, a.work, pixels=not a.labels_only)


if __name__ == "__main__":
    main()
