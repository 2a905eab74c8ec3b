"""Two checkouts are compared by what they release."""

from pathlib import Path

import pytest

from benchmarks.same_releases import HELD, ReleaseDigests, release_digests, table_rows
from tests.clips import clip

ROOT = Path(__file__).parents[2]
MADE = ReleaseDigests(dict.fromkeys(HELD, "a" * 64), {"format": 2, "tool": {"version": "1"}})


def test_a_file_that_differs_and_a_part_of_the_manifest_that_does_are_named() -> None:
    other = ReleaseDigests(MADE.files | {"redacted.mp4": "b" * 64}, MADE.manifest | {"tool": {"version": "2"}})
    video, frames, manifest = table_rows("a.mp4", MADE, other)
    assert video.endswith("| aaaaaaaaaaaaaaaa | bbbbbbbbbbbbbbbb | DIFFERS |")
    assert frames.endswith("| same |")
    assert manifest.endswith("| differs in tool |")


def test_what_one_of_them_refuses_differs() -> None:
    (row,) = table_rows("a.mp4", MADE, ReleaseDigests({}, {}, "it is no video"))
    assert row == "| a.mp4 | nothing | published | it is no video | DIFFERS |"


@pytest.mark.slow
def test_this_checkout_makes_the_same_release_twice(tmp_path: Path) -> None:
    recording = clip(tmp_path / "a.mp4", frames=12)
    one, other = (release_digests(ROOT, recording) for _ in range(2))
    assert one == other
    assert set(one.files) == set(HELD)


@pytest.mark.slow
def test_a_recording_that_is_refused_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    found = release_digests(ROOT, tmp_path / "a.mp4")
    assert (found.files, bool(found.refusal)) == ({}, True)
