"""Which cells answer for which object.

An object of 16 pixels and more is matched SimOTA-like (Ge et al. 2021) among the cells around its centre on the levels
made for its size; a smaller one is answered for by the cell of stride 4 that its centre lies in, and the other cells in
its middle are left alone. Only the cells around an object are looked at, so the price does not grow with the picture.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from research.training.losses import box_iou
from research.training.v2.kinds import SIZE_UNIT, STRIDES
from research.training.v2.network import decode

REACH = 2  # cells on each side of the centre's cell that may claim an object
MOST_CELLS = 10  # an object is answered for by at most this many cells
LEVEL_REACH = 2.2  # octaves between an object and the size a level is made for
TINY = 16.0  # pixels (root of the area) below which the centre's cell answers alone
MIDDLE = 0.3  # cells closer to a tiny object's centre than this share of its size are no background
# A crop holds many small objects and one large one: a cell counts (side / EVEN) ** BALANCE times, within LIGHTEST to
# HEAVIEST, or the coarse levels would hardly be taught
EVEN, BALANCE, LIGHTEST, HEAVIEST = 20.0, 0.7, 1.0, 5.0
IMPOSSIBLE = 1e6


class Candidates(NamedTuple):
    """Cells around each object, ``[objects, cells]``: number, may it claim, is it no background, IoU of its box."""

    cell: Tensor
    there: Tensor
    spared: Tensor
    iou: Tensor


class Matches(NamedTuple):
    """One entry a match: picture, cell, object and weight."""

    image: Tensor
    cell: Tensor
    row: Tensor
    weight: Tensor


@torch.no_grad()
def around(codes: Tensor, objects: Tensor, shapes: list[torch.Size]) -> tuple[Candidates, Tensor]:
    """Candidates for each object, and what a level costs it."""
    image, kind, box = objects[:, 0].long(), objects[:, 1].long(), objects[:, 2:]
    middle, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    side = size.prod(-1).sqrt()
    tiny = side < TINY
    step = torch.arange(-REACH, REACH + 1, device=box.device)
    dy, dx = (d.flatten() for d in torch.meshgrid(step, step, indexing="ij"))
    parts, first = [], 0
    for level, ((h, w), stride) in enumerate(zip(shapes, STRIDES, strict=True)):
        x = (middle[:, :1] / stride).floor().long() + dx
        y = (middle[:, 1:] / stride).floor().long() + dy
        inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
        centre = (torch.stack([x, y], -1) + 0.5) * stride
        octaves = torch.log2(side / (SIZE_UNIT * stride)).abs()[:, None]
        may = inside & (octaves < LEVEL_REACH) & ~tiny[:, None]
        spared = torch.zeros_like(inside)
        if level == 0:
            own = (dx == 0) & (dy == 0)
            may |= inside & tiny[:, None] & own
            spared = inside & tiny[:, None] & ((centre - middle[:, None]).abs() < MIDDLE * size[:, None]).all(-1)
        outside = ((centre < box[:, None, :2]) | (centre > box[:, None, 2:])).any(-1)
        price = octaves + 4 * (outside & ~tiny[:, None])
        cell = first + y.clamp(0, h - 1) * w + x.clamp(0, w - 1)
        parts.append((cell, may, spared, centre, torch.full_like(price, float(stride)), price))
        first += h * w
    cell, may, spared, centre, stride, price = (torch.cat(part, 1) for part in zip(*parts, strict=True))
    boxes = decode(codes[image[:, None], cell, kind[:, None]], centre, stride)
    iou = box_iou(boxes, box[:, None]) * may
    return Candidates(cell, may, spared, iou), price


@torch.no_grad()
def match(logits: Tensor, objects: Tensor, found: Candidates, price: Tensor) -> Matches:
    """The cheapest cells of each object, as many as its ten best IoUs add up to; a cell claimed twice by a kind keeps
    the cheaper claim.
    """
    image, kind, box = objects[:, 0].long(), objects[:, 1].long(), objects[:, 2:]
    side = (box[:, 2:] - box[:, :2]).prod(-1).sqrt()
    score = logits[image[:, None], found.cell, kind[:, None]]
    cost = functional.softplus(-score) - 3 * torch.log(found.iou + 1e-3) + price
    cost = cost.masked_fill(~found.there, IMPOSSIBLE)
    wanted = found.iou.topk(MOST_CELLS, 1).values.sum(1).long().clamp(1, MOST_CELLS)
    value, chosen = cost.topk(MOST_CELLS, 1, largest=False)
    take = (torch.arange(MOST_CELLS, device=box.device)[None] < wanted[:, None]) & (value < IMPOSSIBLE)
    row, column = take.nonzero(as_tuple=True)
    cell, value = found.cell[row, chosen[row, column]], value[row, column]
    cells, kinds = logits.shape[1:]
    key = (image[row] * cells + cell) * kinds + kind[row]
    best = torch.full((logits.numel(),), torch.inf, device=box.device)
    best.scatter_reduce_(0, key, value, "amin")
    keep = value <= best[key]
    row, cell = row[keep], cell[keep]
    weight = ((side / EVEN) ** BALANCE).clamp(LIGHTEST, HEAVIEST)
    return Matches(image[row], cell, row, weight[row])
