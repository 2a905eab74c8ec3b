"""The crops of stream.py, cut and augmented where the network lies: a lent accelerator waits for no processor.

Takes the parcel of pack.py and needs nothing but torch, numpy and something that decodes a JPEG. What differs: mosaics
are even, pictures lie in canvases of 512 pixels, and the crops of a batch are cut together, by size and level.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from research.training.v2.device_camera import DeviceCamera
from research.training.v2.kinds import FACE, HEAD, KINDS, PLATE, STRIDES
from research.training.v2.sources import MODES, SOURCES

CANVAS = 512
LEVELS = 3
PARTS = {1: 0.62, 2: 0.22, 3: 0.07, 4: 0.06, 5: 0.03}  # share of the crops that are one picture, four, 9, 16, 25
TURNS = ((0.66, 12.0), (0.16, 45.0), (0.18, 100.0))
PLATE_TURNS = ((0.8, 10.0), (0.2, 40.0))
SMALL_SHARE, CLOSE = 0.09, 40.0
BACKGROUND, HARD, COVERED = 0.15, 0.4, 0.1
VISIBLE, MARGIN = 0.4, 2.0
MOST_ROWS = 320  # of a picture, objects or ignore regions
Floats = NDArray[np.float64]


def decode(coded: bytes) -> NDArray[np.uint8]:
    """RGB of a JPEG, by whatever the machine has."""
    try:
        import cv2

        return np.asarray(cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1])
    except ImportError:
        pass
    try:
        from PIL import Image

        return np.asarray(Image.open(io.BytesIO(coded)).convert("RGB"))
    except ImportError:
        from torchvision.io import ImageReadMode, decode_jpeg

        data = torch.frombuffer(bytearray(coded), dtype=torch.uint8)
        return np.asarray(decode_jpeg(data, ImageReadMode.RGB).permute(1, 2, 0).numpy())


class Table:
    """Boxes that a crop may be built around, with the weight of each; drawn for all tiles at once."""

    def __init__(self, rows: list[tuple[int, float, list[float]]]) -> None:
        self.entry = np.array([entry for entry, _, _ in rows])
        self.row = np.array([row for _, _, row in rows], float).reshape(-1, 5)
        self.steps = np.cumsum([weight for _, weight, _ in rows])

    def draw(self, random: np.random.Generator, n: int) -> tuple[NDArray[np.int64], Floats]:
        at = np.searchsorted(self.steps, random.random(n) * self.steps[-1], side="right").clip(0, len(self.steps) - 1)
        return self.entry[at], self.row[at]


class DeviceCrops:
    """Endless batches as those of stream.Crops, already on the device, pictures as floats in 0..1."""

    def __init__(self, parcel: Path, batch: int, size: int, seed: int, device: str, most: int | None = None) -> None:
        self.batch, self.size, self.device = batch, size, device
        self.random = np.random.default_rng(seed)
        generator = torch.Generator(device).manual_seed(seed)
        self.camera = DeviceCamera(generator, device)
        records = json.loads(parcel.with_suffix(".json").read_text())[:most]
        self.load(records, parcel.with_suffix(".bin").read_bytes())
        self.tables(records)

    def load(self, records: list[dict[str, Any]], data: bytes) -> None:
        """Pictures as three levels of canvases, boxes as padded tables, all on the device."""
        n = len(records)
        canvases, self.full = torch.empty(n, 3, CANVAS, CANVAS, dtype=torch.uint8), np.zeros((n, 2))
        self.objects, self.ignored = (torch.full((n, MOST_ROWS, 5), -1.0) for _ in range(2))
        for number, record in enumerate(records):
            at, length = record["at"]
            picture = torch.from_numpy(decode(data[at : at + length]).copy()).permute(2, 0, 1)
            height, width = picture.shape[1:]
            self.full[number] = width, height
            pad = (0, CANVAS - width, 0, CANVAS - height)
            canvases[number] = functional.pad(picture[None].float(), pad, mode="replicate")[0].byte()
            for table, rows in ((self.objects, record["rows"][0]), (self.ignored, record["rows"][1])):
                if rows:
                    table[number, : len(rows)] = torch.tensor(rows[:MOST_ROWS])[:, :5]
        self.canvases = [canvases.to(self.device)]
        for _ in range(LEVELS - 1):
            parts = [functional.avg_pool2d(part.float(), 2).round().byte() for part in self.canvases[-1].split(64)]
            self.canvases.append(torch.cat(parts))
        self.objects, self.ignored = self.objects.to(self.device), self.ignored.to(self.device)
        self.sizes = torch.tensor(self.full, dtype=torch.float32, device=self.device)

    def tables(self, records: list[dict[str, Any]]) -> None:
        """What to build crops around, with the shares of sources.py."""
        groups: dict[str, list[int]] = {}
        for number, record in enumerate(records):
            groups.setdefault(record["source"], []).append(number)
        any_, small, large, plates, feints = [], [], [], [], []
        for source, members in groups.items():
            anchors = {n: [r for r in records[n]["rows"][0] if r[0] != HEAD] or records[n]["rows"][0] for n in members}
            total = sum(math.sqrt(max(1, len(rows))) for rows in anchors.values())
            for n, rows in anchors.items():
                weight = SOURCES[source].share * math.sqrt(max(1, len(rows))) / total
                hard, nowhere = records[n]["rows"][2], [-1.0, 0, 0, 0, 0]
                if hard:
                    any_ += [(n, weight * HARD / len(hard), row) for row in hard]
                    feints += [(n, 1 / math.sqrt(len(hard)), row) for row in hard]
                    weight *= 1 - HARD
                any_.append((n, weight * (BACKGROUND if rows else 1), nowhere))
                any_ += [(n, weight * (1 - BACKGROUND) / len(rows), row) for row in rows]
                faces = [r for r in rows if r[0] == FACE]
                sides = [max(r[3] - r[1], r[4] - r[2]) for r in faces]
                tiny = [r for r, s in zip(faces, sides, strict=True) if s < SMALL_SHARE * self.full[n].max()]
                small += [(n, 1 / math.sqrt(len(tiny)), row) for row in tiny]
                close = [r for r, s in zip(faces, sides, strict=True) if s >= CLOSE]
                large += [(n, 1 / len(close), row) for row in close]
                found = [r for r in rows if r[0] == PLATE]
                plates += [(n, 1 / len(found), row) for row in found]
        kept = {"": any_, "small": small, "large": large, "plate": plates, "hard": feints}
        self.drawn = {mode: Table(rows) for mode, rows in kept.items() if rows}

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        while True:
            yield self.collect()

    def collect(self) -> tuple[Tensor, Tensor, Tensor]:
        layouts = self.random.choice(list(PARTS), self.batch, p=list(PARTS.values()))
        pictures = torch.empty(self.batch, 3, self.size, self.size, device=self.device)
        objects, ignored = [], []
        for parts in PARTS:
            images = np.flatnonzero(layouts == parts)
            if not len(images):
                continue
            side = -(-self.size // parts)
            image = np.repeat(images, parts * parts)
            place = np.tile(np.arange(parts * parts), len(images))
            corner = np.stack([place % parts, place // parts], 1) * side
            tiles, own, other = self.tiles(len(image), side, single=parts == 1)
            whole = tiles.reshape(len(images), parts, parts, 3, side, side).permute(0, 3, 1, 4, 2, 5)
            whole = whole.reshape(len(images), 3, parts * side, parts * side)
            pictures[torch.from_numpy(images).to(self.device)] = whole[:, :, : self.size, : self.size]
            for rows, into in ((own, objects), (other, ignored)):
                into.append(self.placed(rows, image, corner))
        joined = torch.cat(objects)
        self.cover(pictures, joined)
        return self.camera(pictures), joined, self.counted(torch.cat(ignored))

    def placed(self, rows: tuple[Tensor, Tensor], image: NDArray[np.int64], corner: NDArray[np.int64]) -> Tensor:
        """Rows of tiles as rows of the batch: ``picture, kind, left, top, right, bottom``."""
        tile, boxes = rows
        at = torch.from_numpy(corner).to(self.device).float()[tile]
        number = torch.from_numpy(image).to(self.device).float()[tile]
        boxes = torch.cat([boxes[:, :1], boxes[:, 1:] + torch.cat([at, at], 1)], 1)
        boxes[:, 1:] = boxes[:, 1:].clamp(max=self.size)
        return torch.cat([number[:, None], boxes], 1)

    def choose(self, n: int, side: int, *, single: bool) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
        """Picture, box (kind -1: anywhere), scale and side of the box, of each of ``n`` tiles."""
        r = self.random
        modes = [mode for mode in MODES if mode in self.drawn] if single else [""]
        share = np.array([MODES[mode] for mode in modes])
        mode = r.choice(len(modes), n, p=share / share.sum())
        entry, row = np.zeros(n, np.int64), np.zeros((n, 5))
        low, high = np.full(n, 6.0), np.full(n, max(0.9 * side, 12.0))
        for number, name in enumerate(modes):
            at = np.flatnonzero(mode == number)
            entry[at], row[at] = self.drawn[name].draw(r, len(at))
            low[at], high[at] = {"small": (6, 24), "large": (56, 300)}.get(name, (6, max(0.9 * side, 12)))
        width, height = row[:, 3] - row[:, 1], row[:, 4] - row[:, 2]
        plate, nowhere = row[:, 0] == PLATE, row[:, 0] < 0
        low, high = np.where(plate, 9.0, low), np.where(plate, 0.85 * side, high)
        box = np.where(plate, width, np.maximum(width, height))
        wanted = np.exp(r.uniform(np.log(low), np.log(high)))
        scale = np.minimum(wanted / np.maximum(box, 1), 2.2)
        full = self.full[entry]
        cover = side / full.min(1) * np.exp(r.uniform(-0.3, 1.1, n))
        scale = np.where(nowhere, cover, scale)
        scale = np.maximum(scale, r.uniform(0.8, 1.3, n) * side / full.max(1))
        row[nowhere, 1:3] = row[nowhere, 3:] = (r.random((n, 2)) * full)[nowhere]
        return entry, row, scale, np.where(nowhere, 0, box)

    def tiles(self, n: int, side: int, *, single: bool) -> tuple[Tensor, tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """``n`` tiles, and their objects and ignore regions, each as (number of the tile, rows)."""
        r = self.random
        entry, row, scale, box = self.choose(n, side, single=single)
        stretch = np.exp(r.uniform(-0.15, 0.15, n))
        scales = np.stack([scale * stretch, scale / stretch], 1)
        turns = [
            r.choice([degrees for _, degrees in kind], n, p=[share for share, _ in kind])
            for kind in (TURNS, PLATE_TURNS)
        ]
        angle = np.radians(np.where(row[:, 0] == PLATE, turns[1], turns[0]) * r.uniform(-1, 1, n))
        sign = np.where(r.random(n) < 0.5, -1.0, 1.0)
        cos, sin = np.cos(angle), np.sin(angle)
        linear = np.stack(
            [sign * scales[:, 0] * cos, -sign * scales[:, 0] * sin, scales[:, 1] * sin, scales[:, 1] * cos], 1
        )
        linear = linear.reshape(n, 2, 2)
        inverse = np.linalg.inv(linear)
        slack = np.maximum(0, (side - box[:, None] * scales) / 2)
        target = side / 2 + r.uniform(-1, 1, (n, 2)) * slack
        middle = (row[:, 1:3] + row[:, 3:]) / 2
        centre = middle + np.einsum("nij,nj->ni", inverse, side / 2 - target)
        half, full = side / scales / 2, self.full[entry]
        centre = np.clip(centre, np.minimum(half, full - half), np.maximum(half, full - half))
        offset = side / 2 - np.einsum("nij,nj->ni", linear, centre)
        level = np.clip(np.floor(-np.log2(scales.min(1)) + 0.15), 0, LEVELS - 1).astype(int)
        drawn = {"linear": linear, "inverse": inverse, "offset": offset, "scales": scales, "angle": angle}
        to = {k: torch.tensor(v, dtype=torch.float32, device=self.device) for k, v in drawn.items()}
        where = torch.from_numpy(entry).to(self.device)
        pictures = self.warp(where, level, to, side)
        own = self.moved(self.objects[where], to, loose=False)
        other = self.moved(self.ignored[where], to, loose=True)
        objects, cut = self.clip(own, side)
        shown = self.clip(other, side)
        return pictures, objects, tuple(torch.cat(parts) for parts in zip(cut, *shown, strict=True))  # type: ignore[return-value]

    def warp(self, entry: Tensor, level: NDArray[np.int64], to: dict[str, Tensor], side: int) -> Tensor:
        at = torch.arange(side, device=self.device) + 0.5
        y, x = torch.meshgrid(at, at, indexing="ij")
        pixel = torch.stack([x, y], -1).reshape(1, -1, 2) - to["offset"][:, None]
        source = (pixel @ to["inverse"].transpose(1, 2)).reshape(-1, side, side, 2)
        full = self.sizes[entry][:, None, None]
        outside = ((source < 0) | (source > full)).any(-1)[:, None]
        out = torch.empty(len(entry), 3, side, side, device=self.device)
        for number, canvases in enumerate(self.canvases):
            chosen = torch.from_numpy(np.flatnonzero(level == number)).to(self.device)
            for part in chosen.split(256):
                grid = source[part] / CANVAS * 2 - 1
                pictures = canvases[entry[part]].float()
                out[part] = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False) / 255
        grey = self.camera.uniform(len(entry))
        colour = torch.rand(len(entry), 3, 1, 1, generator=self.camera.random, device=self.device)
        fill = torch.where(self.camera.uniform(len(entry)) < 0.7, grey, colour)
        return torch.where(outside, fill, out)

    @staticmethod
    def moved(rows: Tensor, to: dict[str, Tensor], *, loose: bool) -> Tensor:
        """Boxes ``[n, rows, 5]`` in their tiles: heads and faces as ellipses, plates (``loose``: all) as rectangles."""
        middle, half = (rows[..., 1:3] + rows[..., 3:]) / 2, (rows[..., 3:] - rows[..., 1:3]) / 2
        cos, sin = to["angle"].cos().abs()[:, None], to["angle"].sin().abs()[:, None]
        w, h = half[..., 0], half[..., 1]
        rounded = torch.stack([(w**2 * cos**2 + h**2 * sin**2).sqrt(), (w**2 * sin**2 + h**2 * cos**2).sqrt()], -1)
        square = torch.stack([w * cos + h * sin, w * sin + h * cos], -1)
        half = torch.where((rows[..., :1] == PLATE) | loose, square, rounded) * to["scales"][:, None]
        middle = middle @ to["linear"].transpose(1, 2) + to["offset"][:, None]
        return torch.cat([rows[..., :1], middle - half, middle + half], -1)

    @staticmethod
    def clip(rows: Tensor, side: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Boxes that show enough to be objects, and the rest that still shows; each with the number of its tile."""
        cut = torch.cat([rows[..., :1], rows[..., 1:].clamp(0, side)], -1)
        size, full = cut[..., 3:] - cut[..., 1:3], rows[..., 3:] - rows[..., 1:3]
        shows = (size > 1).all(-1) & (rows[..., 0] >= 0)
        least = torch.where(rows[..., 0] == PLATE, 3.0, 4.0)
        whole = shows & (size.prod(-1) > VISIBLE * full.prod(-1)) & (size.amin(-1) >= least)
        tile = torch.arange(len(rows), device=rows.device)[:, None].expand(rows.shape[:2])
        rest = shows & ~whole
        return (tile[whole], cut[whole]), (tile[rest], cut[rest])

    def cover(self, pictures: Tensor, objects: Tensor) -> None:
        """A cloth over the lower half of some faces, a block over part of others."""
        faces = objects[(objects[:, 1] != HEAD)]
        chosen = faces[
            torch.rand(len(faces), generator=self.camera.random, device=self.device) < COVERED * 0.6
        ].tolist()
        for image, kind, left, top, right, bottom in chosen:
            r, width, height = self.random, right - left, bottom - top
            if kind == FACE and r.random() < 0.6:
                x0, x1, y0, y1 = left + 0.04 * width, right - 0.04 * width, top + r.uniform(0.42, 0.65) * height, bottom
            else:
                x0, y0 = left + r.uniform(-0.1, 0.7) * width, top + r.uniform(0, 0.8) * height
                x1, y1 = x0 + r.uniform(0.2, 0.6) * width, y0 + r.uniform(0.2, 0.5) * height
            x0, y0, x1, y1 = (max(0, round(v)) for v in (x0, y0, x1, y1))
            colour = torch.tensor(r.choice([[0.92] * 3, [0.12] * 3, [0.6, 0.75, 0.85], r.random(3).tolist()]))
            pictures[int(image), :, y0:y1, x0:x1] = colour.float().to(self.device)[:, None, None]

    def counted(self, ignored: Tensor) -> Tensor:
        """Do what `regions.counted` does, on the device."""
        levels = []
        for stride in STRIDES:
            count = self.size // stride
            first = ((ignored[:, 2:4] - MARGIN) / stride).round().clamp(min=0)
            last = ((ignored[:, 4:] + MARGIN) / stride).round()
            at = torch.arange(count, device=self.device)
            inside = [(at[None] >= first[:, axis, None]) & (at[None] < last[:, axis, None]) for axis in (0, 1)]
            row, y, x = (inside[1][:, :, None] & inside[0][:, None]).nonzero(as_tuple=True)
            marks = torch.ones(self.batch, count, count, len(KINDS), dtype=torch.uint8, device=self.device)
            marks[ignored[row, 0].long(), y, x, ignored[row, 1].long()] = 0
            levels.append(marks.reshape(self.batch, -1, len(KINDS)))
        return torch.cat(levels, 1)
