"""Training pictures: a cache on disk, built once, and an endless seeded stream of augmented crops cut from it.

    python -m research.training.data DATA WORK [--teacher FOLDER] [--licensed-only]

``DATA`` holds ``faces``, ``faces_street``, ``heads`` and ``plates``, each with pictures and a ``labels.json`` whose
items name ``file, width, height, boxes, set``. ``WORK`` receives ``cache.bin`` (raw BGR, each picture as a pyramid of
halvings) and ``cache.json``. Neither ever leaves the training machine.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset, get_worker_info

from research.training import augment
from research.training.augment import FACE, PLATE, Picture, Rows
from research.training.boxes import Boxes, overlaps
from research.training.detectors import read_picture
from research.training.sets import SETS, shares
from research.training.teacher import FOLDERS, labels

BACKGROUND = 0.3  # share of crops placed anywhere instead of around an object
HARD = 0.16  # share of crops placed on something the network wrongly fired at, once it was asked (mine.py)
SINGLE, MOSAIC = 0.36, 0.26  # share of single crops and of mosaics of four; the rest are grids of small pictures
SMALLEST_FACE = 6.0  # pixels: the smallest side that a face is drawn at on purpose
LEVELS = 3  # pictures in a pyramid: full, half and quarter size
LONGEST = 1024  # pixels; larger pictures are shrunk on their way into the cache
Sample = tuple[Picture, Rows, Rows]
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def set_name(item: dict[str, Any]) -> str:
    """The set without its split: ``salty_valid`` and ``salty_train`` are one source."""
    name: str = item["set"]
    return next(known for known in SETS if name.startswith(known))


def rows_of(kind: int, boxes: Any) -> list[list[float]]:
    return [[kind, *map(float, box[:4])] for box in boxes if box[2] > box[0] and box[3] > box[1]]


def covered_by(labels: Boxes, boxes: Boxes) -> NDArray[np.float64]:
    """Largest share of each box that a single label covers."""
    return overlaps(labels, boxes)[1].max(0) if len(labels) else np.zeros(len(boxes))


def objects(item: dict[str, Any], seen: dict[str, Any] | None) -> tuple[list[list[float]], list[list[float]]]:
    """Objects and ignore regions of a picture: its own labels, then what the teachers add for what it leaves out."""
    own = np.array(item["boxes"], float).reshape(-1, 4)
    labelled = {"face": FACE, "plate": PLATE}.get(item["kind"])
    found = rows_of(labelled, own) if labelled is not None else []
    ignored = []
    for kind, name in ((FACE, "face"), (PLATE, "plate")):
        if seen is None:
            if kind != labelled:  # nobody looked for this kind here: no loss for it anywhere in the picture
                ignored.append([kind, 0.0, 0.0, float(item["width"]), float(item["height"])])
            continue
        sure, unsure = labels(seen, name)
        if kind == FACE and item["kind"] == "head":  # a likely face is a sure one where somebody marked a head
            on_head = covered_by(own, unsure) > 0.7
            sure, unsure = np.concatenate([sure, unsure[on_head]]), unsure[~on_head]
        if kind == labelled:  # the set's own labels win; a teacher adds the small ones they left out
            sure, unsure = (boxes[covered_by(own, boxes) < 0.3] for boxes in (sure, unsure))
        found += rows_of(kind, sure)
        ignored += rows_of(kind, unsure)
    if item["kind"] == "head":  # a head is a face at most: never a false alarm, and an object only if a teacher saw one
        ignored += rows_of(FACE, own)
    return found, ignored


def build(data: Path, work: Path, teacher: Path | None, *, licensed_only: bool) -> None:
    """Decode every picture once into ``cache.bin`` and list it with its boxes in ``cache.json``."""
    work.mkdir(parents=True, exist_ok=True)
    entries, offset = [], 0
    with (work / "cache.bin").open("wb") as out:
        for folder in FOLDERS:
            seen: dict[str, Any] = {}
            for part in sorted(teacher.glob(f"{folder}.*.json")) if teacher else ():
                seen.update(json.loads(part.read_text()))
            listing = json.loads((data / folder / "labels.json").read_text())
            for item in listing["items"]:
                item.setdefault("kind", listing.get("kind"))
                name = set_name(item)
                if licensed_only and SETS[name].licence is None:
                    continue
                picture = read_picture(data / folder / item["file"])
                found, ignored = objects(item, seen.get(item["file"]))
                shrink = min(1.0, LONGEST / max(picture.shape[:2]))
                if shrink < 1:
                    picture = _shrunk(picture, shrink)
                scale = picture.shape[1] / item["width"]
                levels = []
                for level in range(LEVELS):
                    if level:
                        picture = _shrunk(picture, 0.5)
                    out.write(picture.tobytes())
                    levels.append([offset, *picture.shape[:2]])
                    offset += picture.size
                entries.append(
                    {
                        "set": name, "name": f"{folder}/{item['file']}", "levels": levels,
                        "objects": [[k, *(v * scale for v in box)] for k, *box in found],
                        "ignored": [[k, *(v * scale for v in box)] for k, *box in ignored],
                    }
                )  # fmt: skip
            print(folder, len(entries), "pictures so far,", round(offset / 2**30, 2), "GiB", flush=True)
    (work / "cache.json").write_text(json.dumps(entries))


def sets_in(work: Path) -> dict[str, float]:
    """The sets of a cache and their shares of the crops."""
    return shares(Counter(record["set"] for record in json.loads((work / "cache.json").read_text())))


def _shrunk(picture: Picture, scale: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


class CachedImage:
    """One cached picture: pixels stay in the memory map until they are cut."""

    def __init__(self, record: dict[str, Any], hard: list[list[float]]) -> None:
        self.name: str = record["name"]
        self.levels: list[list[int]] = record["levels"]
        self.objects = np.array(record["objects"], np.float32).reshape(-1, 5)
        self.ignored = np.array(record["ignored"], np.float32).reshape(-1, 5)
        self.hard = np.array(hard, np.float32).reshape(-1, 5)

    def pictures(self, data: NDArray[np.uint8]) -> list[Picture]:
        return [data[o : o + h * w * 3].reshape(h, w, 3) for o, h, w in self.levels]


class Crops(IterableDataset[Batch]):
    """Endless batches: pictures ``uint8 [B, 3, S, S]`` RGB, objects ``[n, 6]`` and ignore regions ``[m, 6]``.

    Rows are ``picture in the batch, kind, left, top, right, bottom``. A stream is fixed by its seed and the number of
    loader workers.
    """

    def __init__(self, work: Path, batch: int, size: int = 320, seed: int = 0) -> None:
        self.work, self.batch, self.size, self.seed = work, batch, size, seed

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        self.open(Random(self.seed * 1000 + (worker.id if worker else 0)))
        while True:
            yield self.collect()

    def open(self, random: Random) -> None:
        self.random, self.camera = random, augment.Camera(random)
        self.data = np.memmap(self.work / "cache.bin", np.uint8, "r")
        mined = self.work / "hard.json"
        hard = json.loads(mined.read_text()) if mined.exists() else {}
        groups: dict[str, list[CachedImage]] = {}
        self.hard: list[CachedImage] = []
        for record in json.loads((self.work / "cache.json").read_text()):
            entry = CachedImage(record, hard.get(record["name"], []))
            groups.setdefault(record["set"], []).append(entry)
            if len(entry.hard):
                self.hard.append(entry)
        self.groups = list(groups.values())
        self.weights = list(shares({name: len(entries) for name, entries in groups.items()}).values())

    def collect(self) -> Batch:
        pictures, objects, ignored = [], [], []
        for number in range(self.batch):
            picture, own, other = self.sample()
            pictures.append(picture[:, :, ::-1].transpose(2, 0, 1))
            objects.append(np.insert(own, 0, number, 1))
            ignored.append(np.insert(other, 0, number, 1))
        stacked = torch.from_numpy(np.ascontiguousarray(np.stack(pictures)))
        return stacked, torch.from_numpy(np.concatenate(objects)), torch.from_numpy(np.concatenate(ignored))

    def sample(self) -> Sample:
        """One training picture: a single crop, an uneven mosaic of four, or a zoomed-out grid of 9, 16 or 25."""
        r, size = self.random, self.size
        draw = r.random()
        if draw < SINGLE:
            cuts: tuple[list[int], list[int]] = ([0, size], [0, size])
        elif draw < SINGLE + MOSAIC:
            cuts = ([0, int(r.uniform(0.35, 0.65) * size), size], [0, int(r.uniform(0.35, 0.65) * size), size])
        else:
            parts = r.choice((3, 4, 4, 5))
            cuts = ([round(i * size / parts) for i in range(parts + 1)],) * 2
        picture = np.empty((size, size, 3), np.uint8)
        objects, ignored = [], []
        for left, right in zip(cuts[0][:-1], cuts[0][1:], strict=True):
            for top, bottom in zip(cuts[1][:-1], cuts[1][1:], strict=True):
                tile, own, other = self.crop(right - left, bottom - top)
                picture[top:bottom, left:right] = tile
                for rows in (own, other):
                    rows[:, 1:] += (left, top, left, top)
                objects.append(own)
                ignored.append(other)
        own = np.concatenate(objects)
        if len(own) and r.random() < 0.2:
            augment.cover(picture, own, r)
        return self.camera(picture), own, np.concatenate(ignored)

    def pick(self) -> tuple[CachedImage, Rows | None]:
        """A picture, and the row to build the crop around (None: anywhere)."""
        r = self.random
        if self.hard and r.random() < HARD:
            entry = r.choice(self.hard)
            return entry, entry.hard[r.randrange(len(entry.hard))]
        entry = r.choice(r.choices(self.groups, self.weights)[0])
        if len(entry.objects) and r.random() >= BACKGROUND:
            return entry, entry.objects[r.randrange(len(entry.objects))]
        return entry, None

    def crop(self, width: int, height: int) -> Sample:
        """Cut one window: a chosen object somewhere in it at a drawn size, mostly small as cameras see them."""
        r = self.random
        entry, row = self.pick()
        levels = entry.pictures(self.data)
        full_height, full_width = levels[0].shape[:2]
        near = min(width, height)
        if row is not None:
            middle = ((row[1] + row[3]) / 2, (row[2] + row[4]) / 2)
            side = row[3] - row[1] if row[0] == PLATE else max(row[3] - row[1], row[4] - row[2])
            low, high = (14.0, 0.85 * width) if row[0] == PLATE else (SMALLEST_FACE, 0.85 * near)
            scale = min(_between(r, low, max(low * 1.2, high)) / side, 2.2)
        else:
            middle, side = (r.uniform(0, full_width), r.uniform(0, full_height)), 0.0
            scale = max(width / full_width, height / full_height) * math.exp(r.uniform(-0.3, 1.1))
        scale = max(scale, r.uniform(0.55, 1.0) * near / max(full_width, full_height))
        stretch = math.exp(r.uniform(-0.2, 0.2))
        scales = (scale * stretch, scale / stretch)
        angle = math.radians(r.uniform(-8, 8) if r.random() < 0.75 else r.uniform(-35, 35))
        # where the object may sit in the crop without being cut, unless it is larger than the crop
        slack = [max(0.0, (w - side * s) / 2) for w, s in zip((width, height), scales, strict=True)]
        target = (width / 2 + r.uniform(-slack[0], slack[0]), height / 2 + r.uniform(-slack[1], slack[1]))
        placement = augment.place(middle, target, scales, angle, flip=(flip := r.random() < 0.5))
        placement = _keep_on_picture(placement, (full_width, full_height), (width, height), flip=flip)
        grey = r.randrange(256)
        fill = (grey, grey, grey) if r.random() < 0.7 else tuple(r.randrange(256) for _ in range(3))
        picture = augment.warp(levels, placement, width, height, fill)
        objects, cut = augment.clip(augment.move(entry.objects, placement), width, height)
        ignored = augment.clip(augment.move(entry.ignored, placement), width, height)
        return picture, objects, np.concatenate([cut, *ignored])


def _between(random: Random, low: float, high: float) -> float:
    """A draw whose logarithm is uniform: as many faces between 8 and 16 pixels as between 80 and 160."""
    return math.exp(random.uniform(math.log(low), math.log(high)))


def _keep_on_picture(
    placement: augment.Placement,
    full: tuple[int, int],
    crop: tuple[int, int],
    *,
    flip: bool,
) -> augment.Placement:
    """Slide the window back over the picture where the picture is large enough to fill it."""
    inverse = np.linalg.inv(placement.matrix[:, :2])
    centre = inverse @ (np.array(crop) / 2 - placement.matrix[:, 2])
    scales = (placement.scale_x, placement.scale_y)
    wanted = []
    for axis in (0, 1):
        half = crop[axis] / scales[axis] / 2
        low, high = sorted((half, full[axis] - half))
        wanted.append(min(max(centre[axis], low), high))
    return augment.place((wanted[0], wanted[1]), (crop[0] / 2, crop[1] / 2), scales, placement.angle, flip=flip)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("data", type=Path)
    cli.add_argument("work", type=Path)
    cli.add_argument("--teacher", type=Path, help="folder that teacher.py wrote")
    cli.add_argument("--licensed-only", action="store_true", help="leave out every set without a stated licence")
    a = cli.parse_args()
    build(a.data, a.work, a.teacher, licensed_only=a.licensed_only)


if __name__ == "__main__":
    main()
