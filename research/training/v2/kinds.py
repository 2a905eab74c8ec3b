"""What the second network tells apart, and the numbers its head is made of."""

from __future__ import annotations

FACE, HEAD, PLATE = 0, 1, 2
KINDS = ("face", "head", "plate")
STRIDES = (4, 8, 16, 32)
SIZE_UNIT = 4.0  # side, in strides, of the box that a zero size code stands for
