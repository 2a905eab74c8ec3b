"""A compact anchor-free detector: residual depthwise-separable backbone, top-down pyramid, one light head a level.

Input: RGB in 0..1, ``[batch, 3, height, width]``, height and width multiples of 32. Output for each of the strides 8,
16 and 32: class logits ``[batch, 2, h, w]`` and box codes ``[batch, 4, h, w]``. A code is (dx, dy, log width, log
height): ``centre = (cell + 0.5 + d) * stride`` and ``size = exp(code) * SIZE_UNIT * stride``, in pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from research.training.detectors import SIZE_UNIT

KINDS = ("face", "plate")
STRIDES = (8, 16, 32)
PRIOR = -4.6  # logit of 0.01: nearly every cell is background
Maps = list[tuple[Tensor, Tensor]]


def convolution(i: int, o: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution and batch norm, which the export folds into one."""
    return nn.Sequential(nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(o))


class Separable(nn.Module):
    """Depthwise, 1x1 pointwise, ReLU; with a skip around both where the shape allows it."""

    def __init__(self, i: int, o: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.depthwise = convolution(i, i, kernel, stride, i)
        self.pointwise = convolution(i, o)
        self.skip = stride == 1 and i == o

    def forward(self, x: Tensor) -> Tensor:
        y = self.pointwise(self.depthwise(x))
        return functional.relu(x + y if self.skip else y)


class Network(nn.Module):
    """``width``: channels at strides 2, 4, 8, 16, 32; ``depth``: blocks at strides 4, 8, 16, 32; ``neck``: pyramid."""

    def __init__(
        self,
        width: tuple[int, ...] = (16, 32, 64, 96, 128),
        depth: tuple[int, ...] = (2, 5, 6, 4),
        neck: int = 64,
        tower: tuple[int, ...] = (1, 2, 2),
    ) -> None:
        super().__init__()
        self.stem = convolution(3, width[0], 3, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(Separable(i, o, 2), *(Separable(o, o) for _ in range(blocks - 1)))
            for i, o, blocks in zip(width[:-1], width[1:], depth, strict=True)
        )
        self.lateral = nn.ModuleList(convolution(c, neck) for c in width[2:])
        self.merge = nn.ModuleList(Separable(neck, neck) for _ in STRIDES)
        self.tower = nn.ModuleList(nn.Sequential(*(Separable(neck, neck) for _ in range(n))) for n in tower)
        self.score = nn.ModuleList(nn.Conv2d(neck, len(KINDS), 1) for _ in STRIDES)
        self.box = nn.ModuleList(nn.Conv2d(neck, 4, 1) for _ in STRIDES)
        for head in (*self.score, *self.box):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
        for head in self.score:
            nn.init.constant_(head.bias, PRIOR)

    def forward(self, x: Tensor) -> Maps:
        x = functional.relu(self.stem(x))
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        maps: Maps = []
        above: Tensor | None = None
        for level in reversed(range(len(STRIDES))):
            f = functional.relu(self.lateral[level](features[level + 1]))
            if above is not None:
                f = f + functional.interpolate(above, scale_factor=2.0, mode="nearest")
            above = self.merge[level](f)
            t = self.tower[level](above)
            maps.insert(0, (self.score[level](t), self.box[level](t)))
        return maps


def points(shapes: list[torch.Size], device: torch.device) -> tuple[Tensor, Tensor]:
    """Cell centres ``[N, 2]`` and strides ``[N]`` of all levels, in pixels, level by level, row by row."""
    centres, strides = [], []
    for (h, w), stride in zip(shapes, STRIDES, strict=True):
        y, x = torch.meshgrid(torch.arange(h, device=device), torch.arange(w, device=device), indexing="ij")
        centres.append((torch.stack([x, y], -1).reshape(-1, 2).float() + 0.5) * stride)
        strides.append(torch.full((h * w,), float(stride), device=device))
    return torch.cat(centres), torch.cat(strides)


def flatten(maps: Maps) -> tuple[Tensor, Tensor, list[torch.Size]]:
    """Maps of all levels -> class logits ``[B, N, kinds]``, box codes ``[B, N, 4]`` (float32), level shapes."""
    logits, codes = (torch.cat([m[k].flatten(2) for m in maps], 2).transpose(1, 2).float() for k in (0, 1))
    return logits, codes, [m[0].shape[2:] for m in maps]


def decode(codes: Tensor, centres: Tensor, strides: Tensor) -> Tensor:
    """Box codes ``[..., N, 4]`` -> ``left, top, right, bottom`` in pixels."""
    middle = centres + codes[..., :2] * strides[:, None]
    half = codes[..., 2:].clamp(-4, 5).exp() * (SIZE_UNIT / 2) * strides[:, None]
    return torch.cat([middle - half, middle + half], -1)
