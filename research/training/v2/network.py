"""A depthwise network behind a patch stem: four levels, a top-down pyramid, one light head a level.

Input: RGB in 0..1, ``[batch, 3, height, width]``, height and width multiples of 32. Output for each of the strides 4,
8, 16 and 32: logits of the kinds, logits of how well their boxes lie (expected IoU), and box codes of each kind. A
code is (dx, dy, log width, log height): ``centre = (cell + 0.5 + d) * stride`` and ``size = exp(code) * SIZE_UNIT *
stride``. A face and the head around it share their cells, so each kind has a box of its own.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from research.training.model import Separable, convolution
from research.training.v2.kinds import KINDS, SIZE_UNIT, STRIDES

PRIOR = -4.6  # logit of 0.01: nearly every cell is background
CHANNELS = 6 * len(KINDS)  # score, quality and four numbers of a box for each kind
Maps = list[Tensor]


class Network(nn.Module):
    """``width``, ``depth``, ``kernel``: the backbone; ``neck``, ``tower``: the heads; each at strides 4, 8, 16, 32."""

    def __init__(
        self,
        width: tuple[int, ...] = (24, 48, 96, 128),
        depth: tuple[int, ...] = (2, 3, 3, 2),
        kernel: tuple[int, ...] = (3, 3, 5, 5),
        neck: tuple[int, ...] = (24, 48, 48, 48),
        tower: tuple[int, ...] = (0, 1, 1, 1),
        patch: int = 4,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width[0], patch, 4, (patch - 4) // 2, bias=False), nn.BatchNorm2d(width[0])
        )
        stages = []
        for level, (o, blocks, k) in enumerate(zip(width, depth, kernel, strict=True)):
            first = [Separable(width[level - 1], o, 2)] if level else [Separable(o, o, 1, k)]
            stages.append(nn.Sequential(*first, *(Separable(o, o, 1, k) for _ in range(blocks - 1))))
        self.stages = nn.ModuleList(stages)
        self.lateral = nn.ModuleList(convolution(i, o) for i, o in zip(width, neck, strict=True))
        self.down = nn.ModuleList(
            convolution(above, own) if above != own else nn.Identity() for own, above in pairwise(neck)
        )
        self.merge = nn.ModuleList(Separable(n, n) for n in neck)
        self.tower = nn.ModuleList(
            nn.Sequential(*(Separable(n, n) for _ in range(t))) for n, t in zip(neck, tower, strict=True)
        )
        self.head = nn.ModuleList(nn.Conv2d(n, CHANNELS, 1) for n in neck)
        for head in self.head:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
            nn.init.constant_(head.bias[: len(KINDS)], PRIOR)

    def forward(self, x: Tensor) -> Maps:
        x = functional.relu(self.stem(x))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        maps: Maps = []
        above: Tensor | None = None
        for level in reversed(range(len(STRIDES))):
            f = self.lateral[level](features[level])
            if above is not None:
                f = f + functional.interpolate(self.down[level](above), scale_factor=2.0, mode="nearest")
            above = self.merge[level](functional.relu(f))
            maps.insert(0, self.head[level](self.tower[level](above)))
        return maps


def points(shapes: list[torch.Size], device: torch.device) -> tuple[Tensor, Tensor]:
    """Cell centres ``[N, 2]`` and strides ``[N]`` of all levels, in pixels, level by level, row by row."""
    centres, strides = [], []
    for (h, w), stride in zip(shapes, STRIDES, strict=True):
        y, x = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
        centres.append((torch.stack([x, y], -1).reshape(-1, 2).float() + 0.5) * stride)
        strides.append(torch.full((h * w,), float(stride), device=device))
    return torch.cat(centres), torch.cat(strides)


def flatten(maps: Maps) -> tuple[Tensor, Tensor, Tensor, list[torch.Size]]:
    """Maps of all levels -> score and quality logits ``[B, N, kinds]``, codes ``[B, N, kinds, 4]``, level shapes."""
    rows = torch.cat([m.flatten(2) for m in maps], 2).transpose(1, 2).float()
    kinds = len(KINDS)
    codes = rows[..., 2 * kinds :].unflatten(-1, (kinds, 4))
    return rows[..., :kinds], rows[..., kinds : 2 * kinds], codes, [m.shape[2:] for m in maps]


def decode(codes: Tensor, centres: Tensor, strides: Tensor) -> Tensor:
    """Box codes ``[n, 4]`` of cells at ``centres`` -> ``left, top, right, bottom`` in pixels."""
    middle = centres + codes[..., :2] * strides[..., None]
    half = codes[..., 2:].clamp(-4, 5).exp() * (SIZE_UNIT / 2) * strides[..., None]
    return torch.cat([middle - half, middle + half], -1)
