"""Tracks followed into a segment that they enter unseen: decoded and followed, and nobody looks."""

from pathlib import Path

import pytest

from bodycam_pipeline.tasks.detect import Part
from bodycam_pipeline.tasks.extend import ExtendTask, extend_segment
from bodycam_pipeline.values.track import Entering, Extension
from tests.following.scenes import CUT
from tests.steps.recordings import BORDER, FRAMES, RATE, THING, pts_of, recorded


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Part]:
    return recorded(tmp_path_factory.mktemp("extend") / "a.mp4")


def entering(part: Part, direction: int, seconds: float = 0.5, track: int = 0, border: int = BORDER) -> Entering:
    box = THING.box(border)
    return Entering(track, part.segment.number, "face", pts_of(part, border), box, direction, seconds)


def numbers(part: Part, extension: Extension) -> list[int]:
    return [round(float(at * part.video.time_base) * RATE) for at, _, _ in extension.rows]


def test_forward_from_the_border_frame_for_as_long_as_was_asked(parts: list[Part]) -> None:
    (extension,) = extend_segment(ExtendTask(parts[1], (entering(parts[1], 1),), CUT))
    assert numbers(parts[1], extension) == list(range(BORDER, BORDER + 6))
    assert {origin for _, _, origin in extension.rows} == {"followed"}
    for number, (_, box, _) in zip(numbers(parts[1], extension), extension.rows, strict=True):
        assert box.iou(THING.box(number)) > 0.9


def test_backward_from_the_next_segments_first_frame(parts: list[Part]) -> None:
    (extension,) = extend_segment(ExtendTask(parts[0], (entering(parts[0], -1),), CUT))
    assert numbers(parts[0], extension) == list(range(BORDER - 5, BORDER + 1))
    for number, (_, box, _) in zip(numbers(parts[0], extension), extension.rows, strict=True):
        assert box.iou(THING.box(number)) > 0.9


@pytest.mark.parametrize("direction", [1, -1])
def test_a_border_within_a_segment_is_like_any_other(parts: list[Part], direction: int) -> None:
    (extension,) = extend_segment(ExtendTask(parts[0], (entering(parts[0], direction, border=20),), CUT))
    expected = range(20, 26) if direction > 0 else range(15, 21)
    assert numbers(parts[0], extension) == list(expected)


@pytest.mark.parametrize("direction", [1, -1])
def test_each_is_followed_as_far_as_it_asked(parts: list[Part], direction: int) -> None:
    part = parts[1 if direction > 0 else 0]
    asked = tuple(entering(part, direction, seconds, track) for track, seconds in ((4, 0.2), (2, 0.9)))
    found = extend_segment(ExtendTask(part, asked, CUT))
    assert [(each.track, len(each.rows)) for each in found] == [(4, 3), (2, 10)]


def test_nobody_is_followed_past_the_end_of_the_segment_or_across_a_scene_change(tmp_path: Path) -> None:
    cut = recorded(tmp_path / "cut.mp4", {BORDER - 3: 20, BORDER + 3: 230})
    (onward,) = extend_segment(ExtendTask(cut[1], (entering(cut[1], 1, 1.0),), CUT))
    assert numbers(cut[1], onward) == [BORDER, BORDER + 1, BORDER + 2]
    (back,) = extend_segment(ExtendTask(cut[0], (entering(cut[0], -1, 1.0),), CUT))
    assert numbers(cut[0], back) == list(range(BORDER - 3, BORDER + 1))
    (last,) = extend_segment(ExtendTask(cut[1], (entering(cut[1], 1, 9.0, border=FRAMES - 3),), CUT))
    assert numbers(cut[1], last) == list(range(FRAMES - 3, FRAMES))


def test_a_border_frame_that_is_not_there_extends_nothing(parts: list[Part]) -> None:
    asked = entering(parts[1], 1)
    gone = Entering(0, 1, "face", asked.pts + 1, asked.box, 1, 0.5)
    assert extend_segment(ExtendTask(parts[1], (gone,), CUT)) == ()
