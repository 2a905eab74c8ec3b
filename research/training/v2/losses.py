"""What a wrong answer of the second network costs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from research.training.losses import box_iou, complete_iou
from research.training.v2.assign import Candidates, around, match
from research.training.v2.network import Maps, decode, flatten, points

BACKGROUND_WEIGHT, BOX_WEIGHT, QUALITY_WEIGHT = 1.5, 2.0, 0.5
# The score an object is taught is this much plus the rest times its box's IoU: a pure IoU teaches low scores for small
# objects, whose boxes are never exact
PRESENCE = 0.4


class Losses(NamedTuple):
    total: Tensor
    score: float
    box: float
    quality: float
    cells: int
    iou: float


def loss_of(maps: Maps, objects: Tensor, counted: Tensor) -> Losses:
    """Quality focal loss (after Li et al. 2020) for scores, CIoU for boxes, cross entropy for the expected IoU.

    ``objects`` are ``[n, 6]`` rows of picture, kind, left, top, right, bottom. Where ``counted`` is 0 a cell carries no
    background loss for that kind, which is also how a kind that a set does not label is masked (see regions.py).
    Quality is learned by every cell around an object, the badly lying ones by as much as they would be believed.
    """
    logits, qualities, codes, shapes = flatten(maps)
    centres, strides = points(shapes, logits.device)
    target = torch.zeros_like(logits)
    belief = logits.detach().sigmoid()
    weight = BACKGROUND_WEIGHT * belief.pow(2) * counted
    if not len(objects):
        score_loss = (functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight).sum()
        return Losses(score_loss, score_loss.item(), 0.0, 0.0, 0, 0.0)
    found, price = around(codes.detach(), objects, shapes)
    mine = match(logits.detach(), objects, found, price)
    row, spared = found.spared.nonzero(as_tuple=True)
    image, kind = objects[:, 0].long(), objects[:, 1].long()
    weight[image[row], found.cell[row, spared], kind[row]] = 0
    total_weight = mine.weight.sum().clamp(min=1)
    at = (mine.image, mine.cell, kind[mine.row])
    boxes, truth = decode(codes[at], centres[mine.cell], strides[mine.cell]), objects[mine.row, 2:]
    box_loss = ((1 - complete_iou(boxes, truth)) * mine.weight).sum() / total_weight
    iou = box_iou(boxes.detach(), truth)
    target[at] = PRESENCE + (1 - PRESENCE) * iou
    weight[at] = mine.weight
    score_loss = functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * weight
    score_loss = score_loss.sum() / total_weight
    quality_loss = _quality(qualities, belief, objects, found, at, mine.weight)
    total = score_loss + BOX_WEIGHT * box_loss + QUALITY_WEIGHT * quality_loss
    return Losses(total, score_loss.item(), box_loss.item(), quality_loss.item(), len(iou), iou.mean().item())


def _quality(
    qualities: Tensor, belief: Tensor, objects: Tensor, found: Candidates, at: tuple[Tensor, ...], weight: Tensor
) -> Tensor:
    """Cross entropy between the promised and the true IoU of the cells around objects."""
    row, column = found.there.nonzero(as_tuple=True)
    image, kind, cell = objects[row, 0].long(), objects[row, 1].long(), found.cell[row, column]
    truth, price = (torch.zeros(qualities.shape, device=qualities.device) for _ in range(2))
    key = (image * qualities.shape[1] + cell) * qualities.shape[2] + kind
    truth.view(-1).scatter_reduce_(0, key, found.iou[row, column], "amax")
    price[image, cell, kind] = belief[image, cell, kind]
    price[at] = weight
    used = price.nonzero(as_tuple=True)
    loss = functional.binary_cross_entropy_with_logits(qualities[used], truth[used], reduction="none") * price[used]
    return loss.sum() / price[used].sum().clamp(min=1)
