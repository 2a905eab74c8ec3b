"""Promise 4: two recordings that differ only under the masks give byte-identical releases.

Groups in which nothing is hidden are the recording's own packets. They are the same in both releases exactly if they
are the same in both recordings: what a camera's rate control learnt from a hidden face stays in the packets after it.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bodycam_pipeline._native import SHIPPING_STYLES
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy, Style
from tests.attacks.jobs import MIXED_HIDE, coded_policy, files_of, plan_of, quick_policy, recording_of, rendered
from tests.clips import Picture, clip

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


@pytest.mark.parametrize("style", SHIPPING_STYLES)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_under_the_mask_changes_no_byte(style: Style, seed: int, tmp_path: Path) -> None:
    compare(quick_policy(style, encoding=LOSSLESS), seed, tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_under_a_code_changes_no_byte(seed: int, tmp_path: Path) -> None:
    compare(coded_policy(encoding=LOSSLESS), seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("style", SHIPPING_STYLES)
@pytest.mark.parametrize("seed", range(3, 3 + CASES))
def test_what_is_under_the_mask_changes_no_byte_in_many_cases(style: Style, seed: int, tmp_path: Path) -> None:
    compare(quick_policy(style, encoding=LOSSLESS), seed, tmp_path)


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(4, CASES))])
def test_what_is_under_masks_of_several_styles_changes_no_byte(seed: int, tmp_path: Path) -> None:
    policy = quick_policy(hide=MIXED_HIDE, encoding=LOSSLESS)
    assert compare(policy, seed, tmp_path)["styles"] == {"plate": "fill", "screen": "mosaic"}


def compare(policy: Policy, seed: int, folder: Path) -> dict[str, object]:
    """Render two recordings that differ under the masks alone; returns what their manifest says of the policy."""
    rng = np.random.default_rng(seed)
    width, height = (int(2 * side) for side in rng.integers(16, 60, 2))
    regions = some_regions(rng, width, height)
    pictures = [noise(rng, width, height) for _ in range(FRAMES)]
    others = [changed_under(picture, regions, rng) for picture in pictures]
    first, second = recording_of(folder / "first", pictures), recording_of(folder / "second", others)
    assert first.read_bytes() != second.read_bytes()
    releases = [
        files_of(rendered(path, policy, plan_of(path, policy, regions, [*policy.hide]))) for path in (first, second)
    ]
    assert releases[0] == releases[1]
    return dict(json.loads(releases[0]["manifest.json"])["policy"])


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


GROUP = 4
"""Frames of each group of the recordings below; the second of three is hidden in."""


def in_three_groups(folder: Path, pictures: list[Picture]) -> Path:
    """A recording whose groups know nothing of each other: at a constant quantiser there is no rate to control."""
    folder.mkdir()
    options = {"preset": "medium", "g": str(GROUP), "bf": "2", "qp": "20", "sc_threshold": "0"}
    path = folder / "recording.mp4"
    return clip(path, pictures=pictures, frames=len(pictures), size=pictures[0].size, options=options)


@pytest.mark.parametrize("style", ["fill", "blur", "mosaic"])
@pytest.mark.parametrize("seed", range(2))
def test_beside_carried_over_groups_what_is_under_the_mask_changes_no_byte(
    style: Style, seed: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(seed)
    pictures = [noise(rng, 96, 64) for _ in range(3 * GROUP)]
    whole = [(0, Region(0, 0, 96, 64))]  # the coding of what is hidden reaches beyond its edges
    others = [changed_under(p, whole, rng) if n // GROUP == 1 else p for n, p in enumerate(pictures)]
    paths = [in_three_groups(tmp_path / name, p) for name, p in (("a", pictures), ("b", others))]
    assert own_packets(paths[0], 0) == own_packets(paths[1], 0)
    assert own_packets(paths[0], 1) != own_packets(paths[1], 1)
    policy = quick_policy(style)
    published = [rendered(path, policy, hidden_in_the_second(path, policy, whole)) for path in paths]
    releases = [files_of(each) for each in published]
    assert releases[0] == releases[1]
    spans = json.loads(releases[0]["manifest.json"])["video"]["spans"]
    assert [span["how"] for span in spans] == ["copied", "encoded", "copied"]


def own_packets(path: Path, group: int) -> bytes:
    return probe(str(path)).packets.sha256[group * GROUP : (group + 1) * GROUP].tobytes()


def hidden_in_the_second(path: Path, policy: Policy, regions: list[tuple[int, Region]]) -> Plan:
    plan = plan_of(path, policy, regions)
    shown = probe(str(path)).packets.shown_pts()[GROUP : 2 * GROUP]
    inside = np.isin(plan.regions["pts"].to_numpy(), shown)
    return replace(plan, regions=plan.regions.filter(pa.array(inside)))


def test_a_policy_can_leave_no_packet_of_the_recording_in_a_release(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = in_three_groups(tmp_path / "a", [noise(rng, 96, 64) for _ in range(3 * GROUP)])
    policy = quick_policy("fill", encoding={"untouched": "reencode"})
    released = files_of(rendered(path, policy, hidden_in_the_second(path, policy, [(0, Region(0, 0, 16, 16))])))
    facts = json.loads(released["manifest.json"])["video"]
    assert facts["frames_copied"] == 0
    assert [span["how"] for span in facts["spans"]] == ["encoded"]
