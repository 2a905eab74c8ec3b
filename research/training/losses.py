"""Which cell answers for which object, and what a wrong answer costs."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from research.training.detectors import SIZE_UNIT
from research.training.model import Maps, decode, flatten, points

RADIUS = 2.0  # strides around an object's centre in which a cell may claim it
MOST_CELLS = 10  # an object is answered for by at most this many cells
LEVEL_REACH = 2.2  # octaves between an object and the size a level is made for
IMPOSSIBLE = 1e6
IGNORE_MARGIN = 4.0  # pixels around an ignore region that are ignored as well
BACKGROUND_WEIGHT, BOX_WEIGHT = 1.5, 2.0
# The score an object is taught is this much plus the rest times its box's IoU. A pure IoU, as in the paper, teaches low
# scores for small objects, whose boxes are never exact; hands and balloons then outrank them.
PRESENCE = 0.4


class Losses(NamedTuple):
    total: Tensor
    score: float
    box: float
    cells: int
    iou: float


def box_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU of corner boxes that broadcast."""
    inner = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    return inner / ((a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - inner + 1e-7)


def complete_iou(a: Tensor, b: Tensor) -> Tensor:
    """CIoU (Zheng et al. 2020): IoU less the distance of the centres and the difference of the shapes."""
    iou = box_iou(a, b)
    size_a, size_b = a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]).pow(2).sum(-1) / 4 / (hull.pow(2).sum(-1) + 1e-7)
    shape = torch.atan(size_b[..., 0] / size_b[..., 1]) - torch.atan(size_a[..., 0] / (size_a[..., 1] + 1e-7))
    v = 4 / math.pi**2 * shape.pow(2)
    with torch.no_grad():
        alpha = v / (1 - iou + v + 1e-7)
    return iou - apart - alpha * v


@torch.no_grad()
def assign(logits: Tensor, boxes: Tensor, objects: Tensor, centres: Tensor, strides: Tensor) -> tuple[Tensor, ...]:
    """SimOTA-like matching (Ge et al. 2021) of all objects of the batch at once: picture, cell, object of each match.

    The cost is classification plus three times -log IoU, plus a soft preference for the level whose stride suits the
    object. An object takes as many cells as its ten best IoUs add up to; a cell claimed twice keeps the cheaper claim.
    """
    image, kind, box = objects[:, 0].long(), objects[:, 1].long(), objects[:, 2:]
    middle, size = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    near = ((centres[None] - middle[:, None]).abs() < RADIUS * strides[None, :, None]).all(-1)
    level = torch.log2(size.prod(-1).sqrt()[:, None] / (SIZE_UNIT * strides[None])).abs()
    # nothing is finer than the finest level: whatever is too small for the others is its business
    near &= (level < LEVEL_REACH) | ((strides == strides.min()) & (size.prod(-1).sqrt() < 16)[:, None])
    inside = ((centres[None] > box[:, None, :2]) & (centres[None] < box[:, None, 2:])).all(-1)
    iou = box_iou(boxes[image], box[:, None]).masked_fill(~near, 0)
    cost = functional.softplus(-logits[image, :, kind]) - 3 * torch.log(iou + 1e-3) + level + 4 * ~inside
    cost = cost.masked_fill(~near, IMPOSSIBLE)
    wanted = iou.topk(MOST_CELLS, 1).values.sum(1).long().clamp(1, MOST_CELLS)
    value, cell = cost.topk(MOST_CELLS, 1, largest=False)
    take = (torch.arange(MOST_CELLS, device=box.device)[None] < wanted[:, None]) & (value < IMPOSSIBLE)
    row, column = take.nonzero(as_tuple=True)
    cell, value = cell[row, column], value[row, column]
    key = image[row] * len(centres) + cell
    best = torch.full((logits.shape[0] * len(centres),), torch.inf, device=box.device)
    best.scatter_reduce_(0, key, value, "amin")
    keep = value <= best[key]
    return image[row[keep]], cell[keep], row[keep]


def loss_of(maps: Maps, objects: Tensor, ignored: Tensor) -> Losses:
    """Quality focal loss (after Li et al. 2020) for scores and CIoU for boxes, both per matched cell.

    ``objects`` and ``ignored`` are ``[n, 6]`` rows of picture, kind, left, top, right, bottom. A cell inside an ignore
    region carries no background loss for that kind, which is also how a kind that a set does not label is masked.
    """
    logits, codes, shapes = flatten(maps)
    centres, strides = points(shapes, logits.device)
    boxes = decode(codes, centres, strides)
    target = torch.zeros_like(logits)
    weight = BACKGROUND_WEIGHT * logits.detach().sigmoid().pow(2)
    if len(ignored):
        low, high = ignored[:, None, 2:4] - IGNORE_MARGIN, ignored[:, None, 4:] + IGNORE_MARGIN
        row, cell = ((centres[None] > low) & (centres[None] < high)).all(-1).nonzero(as_tuple=True)
        weight[ignored[row, 0].long(), cell, ignored[row, 1].long()] = 0
    cells, box_loss, quality = 1, logits.sum() * 0, logits.new_zeros(1)
    if len(objects):
        image, cell, row = assign(logits.detach(), boxes.detach(), objects, centres, strides)
        if len(row):
            cells = len(row)
            mine, truth, kind = boxes[image, cell], objects[row, 2:], objects[row, 1].long()
            box_loss = (1 - complete_iou(mine, truth)).sum()
            quality = box_iou(mine.detach(), truth)
            target[image, cell, kind] = PRESENCE + (1 - PRESENCE) * quality
            weight[image, cell, kind] = 1.0
    score_loss = (functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight).sum()
    total = (score_loss + BOX_WEIGHT * box_loss) / cells
    return Losses(total, score_loss.item() / cells, box_loss.item() / cells, cells, quality.mean().item())
