"""Frames for the kernel tests: numpy planes, with padding behind every row."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from bodycam_pipeline import _native

PADDING = 0xA5


@dataclass
class Picture:
    """Three padded planes and the frame that borrows them."""

    padded: list[NDArray[np.uint8]]
    width: int
    height: int

    @property
    def planes(self) -> _native.Planes:
        """A fresh view of the same bytes."""
        strides = tuple(plane.shape[1] for plane in self.padded)
        return _native.Planes(*self.padded, strides=strides, width=self.width, height=self.height)

    @property
    def samples(self) -> list[NDArray[np.uint8]]:
        """The planes without their padding, in place."""
        widths = (self.width, -(-self.width // 2), -(-self.width // 2))
        return [plane[:, :width] for plane, width in zip(self.padded, widths, strict=True)]

    def copy(self) -> "Picture":
        return Picture([plane.copy() for plane in self.padded], self.width, self.height)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and all(map(np.array_equal, self.padded, other.padded))

    __hash__ = None  # type: ignore[assignment]


def noise(width: int, height: int, *, seed: int = 0, padding: tuple[int, int, int] = (3, 0, 5)) -> Picture:
    """Independent random samples: the hardest picture to hide and the easiest to tell apart."""
    rng = np.random.default_rng(seed)
    sizes = [(height, width), *[(-(-height // 2), -(-width // 2))] * 2]
    planes = []
    for (rows, columns), behind in zip(sizes, padding, strict=True):
        plane = np.full((rows, columns + behind), PADDING, np.uint8)
        plane[:, :columns] = rng.integers(0, 256, (rows, columns))
        planes.append(plane)
    return Picture(planes, width, height)


def flat(width: int, height: int, colour: tuple[int, int, int]) -> Picture:
    """One colour everywhere."""
    picture = noise(width, height)
    for plane, value in zip(picture.samples, colour, strict=True):
        plane[:] = value
    return picture


def regions(*rows: tuple[int, int, int, int]) -> NDArray[np.int32]:
    """A table of regions."""
    return np.array(rows, np.int32).reshape(-1, 4)


def cover(picture: Picture, table: NDArray[np.int32]) -> list[NDArray[np.bool_]]:
    """Per plane, which samples lie under a region: chroma by counting luma pixels, not by the kernel's rounding."""
    hidden = np.zeros((picture.height, picture.width), bool)
    for left, top, right, bottom in table:
        hidden[top:bottom, left:right] = True
    even = np.zeros((-(-picture.height // 2) * 2, -(-picture.width // 2) * 2), bool)
    even[: picture.height, : picture.width] = hidden
    chroma = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).any(axis=(1, 3))
    return [hidden, chroma, chroma]


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Picture, NDArray[np.int32]]:
    """A picture of any small size and one to four regions, often at its edges, often overlapping."""
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    padding = draw(st.tuples(*[st.integers(0, 4)] * 3))
    picture = noise(width, height, seed=draw(st.integers(0, 99)), padding=padding)

    def span(limit: int) -> st.SearchStrategy[tuple[int, int]]:
        return st.tuples(st.integers(0, limit), st.integers(0, limit)).filter(lambda ends: ends[0] != ends[1])

    boxes = draw(st.lists(st.tuples(span(width), span(height)), min_size=1, max_size=4))
    rows = [(min(across), min(down), max(across), max(down)) for across, down in boxes]
    return picture, regions(*rows)
