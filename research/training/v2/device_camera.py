"""Light, lens and coding of a body camera for a whole batch, where the network lies: `augment.Camera` in torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from research.training.augment import BRIGHT_SHARE, DARK, DUSK, LEVELS, LIGHT, STEEPEST

KERNEL = 9  # pixels: side of the blurs
# The luminance and chrominance tables of the JPEG standard, Annex K
LUMINANCE = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
]  # fmt: skip
CHROMINANCE = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, *[99] * 32,
]  # fmt: skip
TO_YCC = [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]


class DeviceCamera:
    """Takes and gives RGB in 0..1, ``[batch, 3, side, side]``; moves no pixel. Sides are multiples of 8."""

    def __init__(self, generator: torch.Generator, device: str) -> None:
        self.random, self.device = generator, device
        at = torch.arange(8.0, device=device)
        dct = torch.cos((2 * at[None] + 1) * at[:, None] * math.pi / 16) / 2
        dct[0] /= math.sqrt(2)
        self.dct = dct
        tables = torch.tensor([LUMINANCE, CHROMINANCE, CHROMINANCE], dtype=torch.float32, device=device)
        self.tables, self.to_ycc = tables.reshape(3, 1, 8, 1, 8), torch.tensor(TO_YCC, device=device)

    def uniform(self, n: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(n, 1, 1, 1, generator=self.random, device=self.device)

    def some(self, n: int, share: float) -> Tensor:
        return (self.uniform(n) < share).flatten().nonzero().flatten()

    def __call__(self, pictures: Tensor) -> Tensor:
        n = len(pictures)
        night = self.uniform(n) < 0.15
        pictures = self.expose(pictures, night)
        grey = pictures.mean(1, keepdim=True)
        share = self.uniform(n, 0.3, 1.5)
        draw = self.uniform(n)
        share = torch.where(
            draw < 0.08, torch.zeros_like(share), torch.where(draw < 0.23, share, torch.ones_like(share))
        )
        pictures = (grey + (pictures - grey) * share).clamp(0, 1)
        pictures = self.soften(pictures)
        noisy = self.some(n, 0.08 + 0.52 * 0.15)
        strength = self.uniform(len(noisy), 0.012, 0.09)
        noise = torch.randn(pictures[noisy].shape, generator=self.random, device=self.device)
        pictures[noisy] = (pictures[noisy] + noise * strength).clamp(0, 1)
        dim = ((self.uniform(n) < DUSK) & ~night).flatten().nonzero().flatten()
        if len(dim):
            light = self.uniform(len(dim), *map(math.log, LIGHT)).exp()
            pictures[dim] = self.dusk(pictures[dim], light, self.uniform(len(dim), *LEVELS))
        coded = self.some(n, 0.25)
        pictures[coded] = self.jpeg(pictures[coded])
        return pictures

    def expose(self, pictures: Tensor, night: Tensor) -> Tensor:
        n = len(pictures)
        gamma = torch.where(night, self.uniform(n, 1.3, 2.6), self.uniform(n, -0.45, 0.45).exp())
        gain = torch.where(night, self.uniform(n, 0.35, 0.9), self.uniform(n, 0.65, 1.35))
        tint = 0.88 + 0.24 * torch.rand(n, 3, 1, 1, generator=self.random, device=self.device)
        changed = pictures.clamp(min=1e-4) ** gamma * gain * tint + self.uniform(n, -0.07, 0.07)
        return torch.where(night | (self.uniform(n) < 0.7), changed, pictures).clamp(0, 1)

    def dusk(self, pictures: Tensor, light: Tensor, levels: Tensor) -> Tensor:
        """Little light, with the noise and the steps of so few levels, brightened as the product does it."""
        noise = torch.randn(pictures.shape, generator=self.random, device=self.device) * levels
        dark = (pictures * 255 * light + noise).round().clamp(0, 255)
        bright = dark[:, 1, ::4, ::4].flatten(1).quantile(BRIGHT_SHARE, 1)[:, None, None, None]
        steep = (DARK / bright.clamp(min=1)).clamp(1, STEEPEST)
        return (steep * dark / (1 + (steep - 1) * dark / 255)).round() / 255

    def soften(self, pictures: Tensor) -> Tensor:
        draw = self.uniform(len(pictures)).flatten()
        blurred = (draw < 0.17).nonzero().flatten()
        if len(blurred):
            pictures[blurred] = self.blur(pictures[blurred])
        for low, factor in ((0.17, 0.4), (0.26, 0.55), (0.35, 0.75)):
            small = ((draw >= low) & (draw < low + 0.09)).nonzero().flatten()
            if len(small):
                less = functional.interpolate(pictures[small], scale_factor=factor, mode="bilinear", antialias=True)
                pictures[small] = functional.interpolate(less, pictures.shape[2:], mode="bilinear").clamp(0, 1)
        return pictures

    def blur(self, pictures: Tensor) -> Tensor:
        """A smear along a line (seven of ten), or out of focus."""
        n = len(pictures)
        at = torch.arange(KERNEL, device=self.device) - KERNEL // 2
        y, x = torch.meshgrid(at.float(), at.float(), indexing="ij")
        angle, length = self.uniform(n, 0, math.pi), self.uniform(n, 2, KERNEL)
        along = x * angle.cos() + y * angle.sin()
        across = y * angle.cos() - x * angle.sin()
        smear = torch.exp(-(across**2) / 0.5) * torch.sigmoid(4 * (length / 2 - along.abs()))
        focus = torch.exp(-(x**2 + y**2) / (2 * self.uniform(n, 0.5, 1.6) ** 2))
        kernel = torch.where(self.uniform(n) < 0.7, smear, focus)
        kernel = (kernel / kernel.sum((2, 3), keepdim=True)).repeat_interleave(3, 0)
        padded = functional.pad(pictures, [KERNEL // 2] * 4, mode="replicate")
        return functional.conv2d(padded.reshape(1, 3 * n, *padded.shape[2:]), kernel, groups=3 * n).reshape(
            pictures.shape
        )

    def jpeg(self, pictures: Tensor) -> Tensor:
        """Rounded as JPEG rounds the cosines of 8x8 blocks, without its halved colours."""
        n, _, height, width = pictures.shape
        quality = self.uniform(n, 12, 70)[..., None, None]
        scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
        ycc = torch.einsum("ij,njhw->nihw", self.to_ycc, pictures * 255 - 128)
        blocks = ycc.reshape(n, 3, height // 8, 8, width // 8, 8)
        cosines = torch.einsum("ai,ncyixj,bj->ncyaxb", self.dct, blocks, self.dct)
        steps = (self.tables[None] * scale).clamp(min=1)
        cosines = (cosines / steps).round() * steps
        blocks = torch.einsum("ai,ncyaxb,bj->ncyixj", self.dct, cosines, self.dct)
        back = torch.einsum("ij,njhw->nihw", torch.linalg.inv(self.to_ycc), blocks.reshape(n, 3, height, width))
        return ((back + 128) / 255).clamp(0, 1)
