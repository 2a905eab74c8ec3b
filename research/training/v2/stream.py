"""An endless seeded stream of augmented crops.

Half of the crops hold a face below 24 pixels: a quarter of those with one picture are built around one on purpose, and
grids of shrunk pictures hold many. A third of the tiles is turned, half of these by up to 100 degrees: people lie down,
and cameras hang askew.
"""

from __future__ import annotations

import json
import math
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
from research.training.augment import Picture, Rows
from research.training.data import _between, _keep_on_picture
from research.training.v2.kinds import FACE, HEAD, PLATE
from research.training.v2.regions import counted
from research.training.v2.sources import MODES, SOURCES

SINGLE, MOSAIC = 0.62, 0.22  # share of single crops and of mosaics of four; the rest are grids of small pictures
SMALL_FACE = (6.0, 24.0)  # pixels of its longer side in the crop
LARGE_FACE = (56.0, 300.0)
FILLED = (0.8, 1.3)  # a picture is at least this large, as a share of its tile
CLOSE = 48.0  # pixels in its picture: a face of this size can be shown large
SMALL_SHARE = 0.09  # a face that is larger than this share of its picture cannot be small in a full crop
BACKGROUND, HARD = 0.15, 0.4  # share of tiles placed anywhere; of tiles with something hard, those placed on it
LEAST = {FACE: 4.0, HEAD: 4.0, PLATE: 3.0}  # shorter side in pixels below which nothing is rewarded or punished
SMALLEST_PLATE = 9.0  # pixels of width: the smallest that a plate is drawn at on purpose
TURNS = ((0.66, 12.0), (0.82, 45.0), (1.0, 100.0))  # share of the tiles, and by how many degrees at most
PLATE_TURNS = ((0.8, 10.0), (1.0, 40.0))
Sample = tuple[Picture, Rows, Rows]
Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


class PoolImage:
    """One picture of the pool: pixels stay in the memory map until they are cut."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.name: str = record["name"]
        self.levels: list[list[int]] = record["levels"]
        self.objects, self.ignored, self.hard = (np.array(r, np.float32).reshape(-1, 5) for r in record["rows"])
        longest = max(self.levels[0][1:])
        sides = (self.objects[:, 3:] - self.objects[:, 1:3]).max(1, initial=0)
        self.small = self.objects[(self.objects[:, 0] == FACE) & (sides < SMALL_SHARE * longest)]
        self.plates = self.objects[self.objects[:, 0] == PLATE]
        self.large = self.objects[(self.objects[:, 0] == FACE) & (sides >= CLOSE)]
        self.anchors = self.objects[self.objects[:, 0] != HEAD] if (self.objects[:, 0] != HEAD).any() else self.objects

    def pictures(self, data: NDArray[np.uint8]) -> list[Picture]:
        return [data[o : o + h * w * 3].reshape(h, w, 3) for o, h, w in self.levels]


class Crops(IterableDataset[Batch]):
    """Endless batches: pictures ``uint8 [B, 3, S, S]`` RGB, objects ``[n, 6]`` and what regions.py makes of the rest.

    Rows are ``picture in the batch, kind, left, top, right, bottom``. A stream is fixed by its seed and the number of
    loader workers.
    """

    def __init__(self, work: Path, batch: int, size: int = 320, seed: int = 0) -> None:
        self.work, self.batch, self.size, self.seed = work, batch, size, seed

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        worker = get_worker_info()
        self.open(Random(self.seed * 1000 + (worker.id if worker else 0)))
        while True:
            yield self.collect()

    def open(self, random: Random) -> None:
        self.random, self.camera = random, augment.Camera(random)
        self.data = np.memmap(self.work / "pool.bin", np.uint8, "r")
        groups: dict[str, list[PoolImage]] = {}
        for record in json.loads((self.work / "pool.json").read_text()):
            groups.setdefault(record["source"], []).append(PoolImage(record))
        self.groups = [(SOURCES[name].share, entries) for name, entries in groups.items()]
        self.weights = [share for share, _ in self.groups]
        # crowded pictures hold more to learn, but not in proportion: their faces come in one crop together
        self.inner = [[math.sqrt(max(1, len(e.anchors))) for e in entries] for _, entries in self.groups]
        self.crowds = [e for _, entries in self.groups for e in entries if len(e.small)]
        self.crowd_weights = [math.sqrt(len(e.small)) for e in self.crowds]
        self.plated = [e for _, entries in self.groups for e in entries if len(e.plates)]
        self.feints = [e for _, entries in self.groups for e in entries if len(e.hard)]
        self.feint_weights = [math.sqrt(len(e.hard)) for e in self.feints]
        self.closeups = [e for _, entries in self.groups for e in entries if len(e.large)]

    def collect(self) -> Batch:
        pictures, objects, ignored = [], [], []
        for number in range(self.batch):
            picture, own, other = self.sample()
            pictures.append(picture[:, :, ::-1].transpose(2, 0, 1))
            objects.append(np.insert(own, 0, number, 1))
            ignored.append(np.insert(other, 0, number, 1))
        stacked = torch.from_numpy(np.ascontiguousarray(np.stack(pictures)))
        marks = counted(np.concatenate(ignored).tolist(), self.batch, self.size, self.size)
        return stacked, torch.from_numpy(np.concatenate(objects)), torch.from_numpy(marks)

    def sample(self) -> Sample:
        """One training picture: a single crop, an uneven mosaic of four, or a zoomed-out grid of 9, 16 or 25."""
        r, size = self.random, self.size
        draw = r.random()
        if draw < SINGLE:
            cuts: tuple[list[int], list[int]] = ([0, size], [0, size])
        elif draw < SINGLE + MOSAIC:
            cuts = ([0, int(r.uniform(0.35, 0.65) * size), size], [0, int(r.uniform(0.35, 0.65) * size), size])
        else:
            parts = r.choice((3, 3, 4, 4, 5))
            cuts = ([round(i * size / parts) for i in range(parts + 1)],) * 2
        mode = r.choices(list(MODES), list(MODES.values()))[0] if draw < SINGLE else ""
        picture = np.empty((size, size, 3), np.uint8)
        objects, ignored = [], []
        for left, right in zip(cuts[0][:-1], cuts[0][1:], strict=True):
            for top, bottom in zip(cuts[1][:-1], cuts[1][1:], strict=True):
                tile, own, other = self.crop(right - left, bottom - top, mode)
                picture[top:bottom, left:right] = tile
                for rows in (own, other):
                    rows[:, 1:] += (left, top, left, top)
                objects.append(own)
                ignored.append(other)
        own = np.concatenate(objects)
        if len(own) and r.random() < 0.2:
            augment.cover(picture, own[own[:, 0] != HEAD], r)
        return self.camera(picture), own, np.concatenate(ignored)

    def pick(self, mode: str) -> tuple[PoolImage, Rows | None]:
        """A picture, and the row to build the crop around (None: anywhere)."""
        r = self.random
        if mode == "plate":
            entry = r.choice(self.plated)
            return entry, entry.plates[r.randrange(len(entry.plates))]
        if mode == "large":
            entry = r.choice(self.closeups)
            return entry, entry.large[r.randrange(len(entry.large))]
        if mode == "hard":
            entry = r.choices(self.feints, self.feint_weights)[0]
            return entry, entry.hard[r.randrange(len(entry.hard))]
        if mode == "small":
            entry = r.choices(self.crowds, self.crowd_weights)[0]
            return entry, entry.small[r.randrange(len(entry.small))]
        group = r.choices(range(len(self.groups)), self.weights)[0]
        entry = r.choices(self.groups[group][1], self.inner[group])[0]
        if len(entry.hard) and r.random() < HARD:
            return entry, entry.hard[r.randrange(len(entry.hard))]
        if len(entry.anchors) and r.random() >= BACKGROUND:
            return entry, entry.anchors[r.randrange(len(entry.anchors))]
        return entry, None

    def scale(self, row: Rows, width: int, height: int, mode: str) -> tuple[float, float]:
        """How much to scale so that an object comes out at a drawn size, mostly small as cameras see them; its side."""
        r, near = self.random, min(width, height)
        if row[0] == PLATE:
            side = float(row[3] - row[1])
            return min(_between(r, SMALLEST_PLATE, 0.85 * width) / side, 2.2), side
        side = float(max(row[3:] - row[1:3]))
        low, high = {"small": SMALL_FACE, "large": LARGE_FACE}.get(mode, (SMALL_FACE[0], max(0.9 * near, 12.0)))
        return min(_between(r, low, high) / side, 2.2), side

    def crop(self, width: int, height: int, mode: str) -> Sample:
        """Cut one window around something, at a drawn size, angle and place in it."""
        r = self.random
        entry, row = self.pick(mode)
        levels = entry.pictures(self.data)
        full_height, full_width = levels[0].shape[:2]
        near = min(width, height)
        if row is not None:
            middle = ((row[1] + row[3]) / 2, (row[2] + row[4]) / 2)
            scale, side = self.scale(row, width, height, mode)
        else:
            middle, side = (r.uniform(0, full_width), r.uniform(0, full_height)), 0.0
            scale = max(width / full_width, height / full_height) * math.exp(r.uniform(-0.3, 1.1))
        scale = max(scale, r.uniform(*FILLED) * near / max(full_width, full_height))
        stretch = math.exp(r.uniform(-0.15, 0.15))
        scales = (scale * stretch, scale / stretch)
        draw, turns = r.random(), PLATE_TURNS if row is not None and row[0] == PLATE else TURNS
        most = next(degrees for share, degrees in turns if draw < share)
        angle = math.radians(r.uniform(-most, most))
        # where the object may sit in the crop without being cut, unless it is larger than the crop
        slack = [max(0.0, (w - side * s) / 2) for w, s in zip((width, height), scales, strict=True)]
        target = (width / 2 + r.uniform(-slack[0], slack[0]), height / 2 + r.uniform(-slack[1], slack[1]))
        placement = augment.place(middle, target, scales, angle, flip=(flip := r.random() < 0.5))
        placement = _keep_on_picture(placement, (full_width, full_height), (width, height), flip=flip)
        grey = r.randrange(256)
        fill = (grey, grey, grey) if r.random() < 0.7 else tuple(r.randrange(256) for _ in range(3))
        picture = augment.warp(levels, placement, width, height, fill)
        objects, cut = clip(move(entry.objects, placement), width, height)
        ignored = clip(move(entry.ignored, placement, loose=True), width, height)
        return picture, objects, np.concatenate([cut, *ignored])


def move(rows: Rows, placement: augment.Placement, *, loose: bool = False) -> Rows:
    """Boxes after a placement, not yet clipped: heads and faces as ellipses, plates (``loose``: all) as rectangles."""
    if not len(rows):
        return rows.reshape(-1, 5)
    middle = (rows[:, 1:3] + rows[:, 3:5]) / 2
    half = (rows[:, 3:5] - rows[:, 1:3]) / 2
    cos, sin = abs(math.cos(placement.angle)), abs(math.sin(placement.angle))
    round_half = np.sqrt(np.stack([(half**2) @ [cos**2, sin**2], (half**2) @ [sin**2, cos**2]], 1))
    square_half = np.stack([half @ [cos, sin], half @ [sin, cos]], 1)
    half = np.where((rows[:, :1] == PLATE) | loose, square_half, round_half) * [placement.scale_x, placement.scale_y]
    middle = middle @ placement.matrix[:, :2].T + placement.matrix[:, 2]
    return np.concatenate([rows[:, :1], middle - half, middle + half], 1).astype(np.float32)


def clip(rows: Rows, width: int, height: int) -> tuple[Rows, Rows]:
    """Cut moved boxes at the crop's edge: those still visible enough to be objects, and the rest that still shows."""
    cut = rows.copy()
    cut[:, 1::2] = cut[:, 1::2].clip(0, width)
    cut[:, 2::2] = cut[:, 2::2].clip(0, height)
    size, full = cut[:, 3:] - cut[:, 1:3], rows[:, 3:] - rows[:, 1:3]
    shows = (size > 1).all(1)
    least = np.where(rows[:, 0] == PLATE, LEAST[PLATE], LEAST[FACE])
    whole = shows & (size.prod(1) > augment.VISIBLE * full.prod(1)) & (size.min(1, initial=1e9) >= least)
    return cut[whole], cut[shows & ~whole]
