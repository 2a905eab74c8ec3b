"""A box that a person drew once is followed both ways, over segments, until the follower is unsure."""

from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.tasks.extend import extend_segment
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.plan import Plan
from tests.attacks.jobs import QUICK_HIDE, quick_policy
from tests.clips import Picture, clip
from tests.inline import InlineRunner

FRAMES, PER_SECOND, GONE = 260, 25, 200
"""Three segments of four seconds; behind frame 200 the thing is gone, and nothing looks like it."""

SIDE, SIZE = 40, (320, 240)
PATCH = np.random.default_rng(3).integers(30, 220, (SIDE // 4, SIDE // 4)).repeat(4, 0).repeat(4, 1).astype(np.uint8)


def left_of(frame: int) -> int:
    return 20 + frame


def picture(frame: int) -> Picture:
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    luma = (90 + (x // 40 + y // 40) % 2 * 12).astype(np.uint8)
    if frame < GONE:
        luma[100 : 100 + SIDE, left_of(frame) : left_of(frame) + SIDE] = PATCH
    grey = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    return Picture(luma, grey, grey)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = [picture(frame) for frame in range(FRAMES)]
    path = tmp_path_factory.mktemp("drawn") / "thing.mp4"
    return clip(path, pictures=pictures, frames=FRAMES, size=SIZE, options={"g": "25"})


def drawn(at: str, box: tuple[int, int, int, int]) -> Edits:
    keyframe = {"at": at, "box": box}
    hide = {"kind": "face", "reason": "a child", "by": "R. O.", "follow": True, "keyframes": [keyframe]}
    return Edits.model_validate({"hide": [hide]})


def test_it_is_hidden_wherever_it_is_and_no_longer_than_it_is_there(recording: Path, tmp_path: Path) -> None:
    middle = 120  # in the second segment
    left = left_of(middle)
    edits = drawn(str(middle / PER_SECOND), (left, 100, left + SIDE, 100 + SIDE))
    job, plan = detect(Order(str(recording), tmp_path, quick_policy(), edits), InlineRunner())
    shown = job.recording.packets.shown_pts().tolist()
    regions = {shown.index(row.pts): row.region for row in plan.rows() if row.origin == "manual"}
    assert sorted(regions) == list(range(min(regions), max(regions) + 1))
    assert min(regions) == 0
    assert GONE - 2 <= max(regions) <= GONE
    for frame, region in regions.items():
        if frame < GONE:
            shows = max(region.left - left_of(frame), left_of(frame) + SIDE - region.right, 0)
            assert shows <= SIDE // 10, f"frame {frame}: {region}"
            assert region.right - region.left <= SIDE + 2 * 16


def test_a_time_outside_the_recording_is_refused(recording: Path, tmp_path: Path) -> None:
    with pytest.raises(EditsError, match="outside the recording"):
        detect(Order(str(recording), tmp_path, quick_policy(), drawn("99", (10, 10, 40, 40))), InlineRunner())


def test_two_keyframes_or_one_that_is_followed() -> None:
    keyframe = {"at": "1", "box": (1, 2, 30, 40)}
    hide = {"kind": "face", "reason": "a child", "by": "R. O."}
    with pytest.raises(ValueError, match="two keyframes"):
        Edits.model_validate({"hide": [{**hide, "keyframes": [keyframe]}]})
    both = [keyframe, {**keyframe, "at": "2"}]
    with pytest.raises(ValueError, match="takes one keyframe"):
        Edits.model_validate({"hide": [{**hide, "keyframes": both, "whole": True}]})


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_box_that_is_nowhere_is_refused(odd: float) -> None:
    with pytest.raises(ValueError, match="finite number"):
        drawn("1", (10, 10, odd, 40))  # type: ignore[arg-type]


class Counting(InlineRunner):
    """Counts what is followed."""

    def __init__(self) -> None:
        self.stretches: list[tuple[int, int]] = []

    def run(self, step, tasks):  # type: ignore[no-untyped-def]
        if step is extend_segment:
            self.stretches += [(each.pts, each.direction) for task in tasks for each in task.entering]
        return super().run(step, tasks)


def keyed(*frames: int, shift: int = 0) -> Edits:
    boxes = [{"at": f"pts {pts_of(n)}", "box": around(n, shift if n == frames[-1] else 0)} for n in frames]
    hide = {"kind": "screen", "by": "R. O.", "follow": True, "keyframes": boxes}
    return Edits.model_validate({"hide": [hide]})


def pts_of(frame: int) -> int:
    return frame * 512


def around(frame: int, shift: int = 0) -> tuple[int, int, int, int]:
    left = left_of(frame) + shift
    return left, 100, left + SIDE, 100 + SIDE


def test_a_corrected_keyframe_costs_the_stretches_beside_it_alone(recording: Path, tmp_path: Path) -> None:
    policy = quick_policy(hide={**QUICK_HIDE, "screen": {"reason": "s. 9", "found_by": "hand"}})

    def followed(edits: Edits) -> tuple[list[tuple[int, int]], Plan]:
        runner = Counting()
        _, plan = detect(Order(str(recording), tmp_path, policy, edits), runner)
        return runner.stretches, plan

    first, plan = followed(keyed(40, 80, 120))
    assert {row.kind for row in plan.rows()} == {"screen"}
    assert {row.reason for row in plan.rows()} == {"s. 9"}
    assert {(pts_of(40), -1), (pts_of(40), 1), (pts_of(80), 1), (pts_of(120), 1)} <= set(first)
    again, same = followed(keyed(40, 80, 120))
    assert (again, same.sha256) == ([], plan.sha256)
    corrected, moved = followed(keyed(40, 80, 120, shift=3))
    assert {start for start, _ in corrected if start in {pts_of(n) for n in (40, 80, 120)}} == {pts_of(120)}
    before = [row.region for row in plan.rows() if row.pts <= pts_of(80)]
    assert before == [row.region for row in moved.rows() if row.pts <= pts_of(80)]


def test_between_keyframes_it_is_hidden_even_where_the_follower_is_lost(recording: Path, tmp_path: Path) -> None:
    policy = quick_policy(hide={**QUICK_HIDE, "screen": {"reason": "s. 9", "found_by": "hand"}})
    edits = keyed(190, 230)  # it is gone from frame 200 on
    job, plan = detect(Order(str(recording), tmp_path, policy, edits), InlineRunner())
    shown = job.recording.packets.shown_pts().tolist()
    hidden = {shown.index(row.pts) for row in plan.rows()}
    assert set(range(190, 231)) <= hidden
