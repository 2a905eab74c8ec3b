"""Promise 4: two recordings that differ only under the masks give byte-identical releases."""

from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.policy import SHIPPING_STYLES, Style
from tests.attacks.jobs import files_of, plan_of, quick_policy, recording_of, rendered
from tests.clips import Picture

CASES = 200
LOSSLESS = {"crf": 0}
"""The release is coded without loss: one level of difference in one sample, which quantising would hide, shows."""

FRAMES = 3


def noise(rng: np.random.Generator, width: int, height: int) -> Picture:
    """The worst picture to hide: every sample its own."""
    sizes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    return Picture(*(rng.integers(16, 236, size, dtype=np.uint8) for size in sizes))


def some_regions(rng: np.random.Generator, width: int, height: int) -> list[tuple[int, Region]]:
    """One to four regions, off the grid, overlapping, at the edges, one pixel wide or all of the frame."""
    regions = []
    for track in range(rng.integers(1, 5)):
        left, top = int(rng.integers(0, width)), int(rng.integers(0, height))
        right, bottom = int(rng.integers(left + 1, width + 1)), int(rng.integers(top + 1, height + 1))
        regions.append((track, Region(left, top, right, bottom)))
    return regions


def changed_under(picture: Picture, regions: list[tuple[int, Region]], rng: np.random.Generator) -> Picture:
    """The same picture with every sample under the masks drawn anew."""
    other = picture.copy()
    for _, r in regions:
        other.luma[r.top : r.bottom, r.left : r.right] = rng.integers(16, 236, dtype=np.uint8)
        rows, columns = slice(r.top // 2, -(-r.bottom // 2)), slice(r.left // 2, -(-r.right // 2))
        for plane in (other.blue, other.red):
            plane[rows, columns] = rng.integers(16, 236, plane[rows, columns].shape, dtype=np.uint8)
    return other


@pytest.mark.parametrize("style", sorted(SHIPPING_STYLES))
@pytest.mark.parametrize("seed", range(3))
def test_what_is_under_the_mask_changes_no_byte(style: Style, seed: int, tmp_path: Path) -> None:
    compare(style, seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("style", sorted(SHIPPING_STYLES))
@pytest.mark.parametrize("seed", range(3, 3 + CASES))
def test_what_is_under_the_mask_changes_no_byte_in_many_cases(style: Style, seed: int, tmp_path: Path) -> None:
    compare(style, seed, tmp_path)


def compare(style: Style, seed: int, folder: Path) -> None:
    rng = np.random.default_rng(seed)
    width, height = (int(2 * side) for side in rng.integers(16, 60, 2))
    regions = some_regions(rng, width, height)
    pictures = [noise(rng, width, height) for _ in range(FRAMES)]
    others = [changed_under(picture, regions, rng) for picture in pictures]
    first, second = recording_of(folder / "first", pictures), recording_of(folder / "second", others)
    assert first.read_bytes() != second.read_bytes()
    policy = quick_policy(style, encoding=LOSSLESS)
    releases = [files_of(rendered(path, policy, plan_of(path, policy, regions))) for path in (first, second)]
    assert releases[0] == releases[1]


def test_the_comparison_would_notice_one_level_in_one_sample_beside_the_mask(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    region = [(0, Region(16, 16, 48, 48))]
    picture = noise(rng, 64, 64)
    other = picture.copy()
    other.luma[15, 16] ^= 1
    policy = quick_policy("fill", encoding=LOSSLESS)
    paths = [recording_of(tmp_path / name, [p] * FRAMES) for name, p in (("a", picture), ("b", other))]
    first, second = (files_of(rendered(path, policy, plan_of(path, policy, region))) for path in paths)
    assert first != second
