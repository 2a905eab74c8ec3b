"""Past both ends of a candidate: how far it is followed, for how long it is guessed, and whom it meets."""

import numpy as np
import pytest

from bodycam_pipeline.following.candidates import Candidate, Point
from bodycam_pipeline.following.footage import Footage
from bodycam_pipeline.following.onward import BEYOND_SECONDS, GROWTH, go_on, join_candidates
from bodycam_pipeline.following.segment import follow_segment
from bodycam_pipeline.following.sweep import GUESSED_SECONDS, SUPPORT, sweep
from bodycam_pipeline.rules import entering
from bodycam_pipeline.values.geometry import Box
from tests.following.scenes import FRAME_SECONDS, Blob, footage, frames_in, going, ground, luma, said, view

BLOB = Blob(going(60, 60, 2, 1))
STILL = going(120, 60)


def candidate(frame: int, box: Box, kind: str = "face") -> Candidate:
    return Candidate(kind, {frame: Point(box, "detected", (0.9,))}, frame, frame)  # type: ignore[arg-type]


def shown(blob: Blob, frames: int = 40) -> list[np.ndarray]:
    return [luma(n, blob) for n in range(frames)]


def how(made: Candidate) -> str:
    """A letter a frame."""
    return "".join(made.points[frame].found[0] for frame in sorted(made.points))


@pytest.mark.parametrize("direction", [1, -1])
def test_what_stays_in_sight_is_followed_for_a_second_past_its_last_sighting_and_no_longer(direction: int) -> None:
    made, frames = candidate(40, BLOB.box(40)), 32
    assert frames == frames_in(BEYOND_SECONDS) == frames_in(entering.BEYOND_SECONDS), (
        "a second, in a segment and past it"
    )
    assert go_on(footage(shown(BLOB, 80), {}), made, direction, BEYOND_SECONDS) is None
    assert len(made.points) == 1 + frames
    assert (made.end if direction > 0 else made.start) == 40 + direction * frames
    assert {point.found for frame, point in made.points.items() if frame != 40} == {"followed"}
    assert all(point.box.iou(BLOB.box(frame)) > 0.9 for frame, point in made.points.items())
    assert (made.first, made.last) == (40, 40)


@pytest.mark.parametrize("seconds", [1 / 10, 1 / 60])
def test_it_is_seconds_that_count_and_not_frames(seconds: float) -> None:
    made = candidate(0, BLOB.box(0))
    slow = Blob(going(60, 60, 0.5, 0.5))
    go_on(footage(shown(slow, 70), {}, seconds=seconds), made, 1, BEYOND_SECONDS)
    assert made.end == pytest.approx(BEYOND_SECONDS / seconds, abs=1)


@pytest.mark.parametrize("direction", [1, -1])
def test_when_in_a_recording_a_thing_is_seen_changes_nothing(direction: int) -> None:
    """1.2 + 1 is less than 2.2 to a computer."""
    made = footage(shown(Blob(STILL), 80), {}, seconds=0.04)
    for frame in range(30, 50):
        one = candidate(frame, Blob(STILL).box(0))
        go_on(made, one, direction, BEYOND_SECONDS)
        assert len(one.points) == 26, frame


def lost(frames: int = 40, back: int | None = None) -> Footage:
    """A thing that is something else in every frame after the fifth, until it comes back."""
    there = [n <= 5 or (back is not None and n >= back) for n in range(frames)]
    return footage([luma(n, Blob(STILL, seed=1 if on else 50 + n), of=view()) for n, on in enumerate(there)], {})


def test_what_cannot_be_followed_is_guessed_for_four_tenths_of_a_second_at_most() -> None:
    assert GUESSED_SECONDS == 0.4
    made = candidate(3, Blob(STILL).box(0))
    go_on(lost(), made, 1, BEYOND_SECONDS)
    assert how(made) == "dff" + "g" * frames_in(GUESSED_SECONDS)
    assert made.end == 5 + frames_in(GUESSED_SECONDS)


def test_a_guess_goes_with_the_camera_and_grows_with_time() -> None:
    made = candidate(3, Blob(STILL).box(0))
    go_on(lost(), made, 1, BEYOND_SECONDS)
    sure, last = made.points[5].box, made.points[made.end].box
    assert last.centre == pytest.approx(sure.centre, abs=2)
    assert last.width == pytest.approx(
        sure.width * (1 + 2 * GROWTH * FRAME_SECONDS) ** frames_in(GUESSED_SECONDS), rel=0.02
    )


def test_what_was_lost_for_a_moment_is_found_again_and_followed_on() -> None:
    made = candidate(3, Blob(STILL).box(0))
    go_on(lost(back=10), made, 1, BEYOND_SECONDS)
    assert how(made) == "dffggggf" + "f" * (len(made.points) - 8)
    assert made.end == 3 + frames_in(BEYOND_SECONDS)
    assert made.points[12].box.iou(Blob(STILL).box(0)) > 0.9


def test_a_scene_change_ends_it_in_either_direction() -> None:
    pictures = [luma(n, BLOB, of=ground(level=40 if 10 <= n < 20 else 220)) for n in range(30)]
    made = candidate(15, BLOB.box(15))
    for direction in (-1, 1):
        go_on(footage(pictures, {}), made, direction, BEYOND_SECONDS)
    assert (made.start, made.end) == (10, 19)


def test_what_leaves_the_picture_is_followed_no_farther() -> None:
    made = candidate(0, Box(240, 60, 272, 92))
    go_on(footage([luma(n, of=view(10 * n)) for n in range(10)], {}), made, 1, BEYOND_SECONDS)
    assert made.end == 7
    assert made.points[7].box.left == pytest.approx(310, abs=3)


def test_what_is_seen_on_the_way_is_taken_in_and_followed_from_there() -> None:
    made = candidate(0, BLOB.box(0))
    seen = footage(shown(BLOB, 60), {n: [said(BLOB.box(n), odds=SUPPORT, scores=(0.3,))] for n in (10, 20)})
    go_on(seen, made, 1, BEYOND_SECONDS)
    assert (made.first, made.last, made.end) == (0, 20, 20 + frames_in(BEYOND_SECONDS))
    assert how(made)[:21] == "d" + "f" * 9 + "d" + "f" * 9 + "d"
    assert made.points[10].scores == (0.3,)
    assert seen.observations[10][0].taken


@pytest.mark.parametrize("wrong", [{"odds": SUPPORT - 0.01}, {"kind": "plate"}, {"taken": True}, {"elsewhere": True}])
def test_what_is_of_another_kind_worth_too_little_elsewhere_or_taken_is_not_taken_in(wrong: dict[str, object]) -> None:
    made = candidate(0, BLOB.box(0))
    about = {name: value for name, value in wrong.items() if name in {"odds", "kind"}}
    one = said(Box(200, 20, 232, 52) if "elsewhere" in wrong else BLOB.box(10), **about)  # type: ignore[arg-type]
    one.taken = bool(wrong.get("taken"))
    go_on(footage(shown(BLOB, 60), {10: [one]}), made, 1, BEYOND_SECONDS)
    assert (made.last, made.end) == (0, frames_in(BEYOND_SECONDS))


class TestJoining:
    """Candidates of one thing, of which the later is followed back to the earlier."""

    def pieces(self, *of: tuple[int, int], kind: str = "face") -> list[Candidate]:
        """Candidates of the thing, each from its first observation to its last."""
        made = []
        for first, last in of:
            points = {n: Point(BLOB.box(n), "detected", (0.9,)) for n in range(first, last + 1)}
            made.append(Candidate(kind, points, first, last))  # type: ignore[arg-type]
        return made

    def test_one_that_is_followed_back_to_another_is_one_with_it(self) -> None:
        (one,) = join_candidates(footage(shown(BLOB), {}), self.pieces((0, 4), (10, 12)))
        assert (one.first, one.last, one.start, one.end) == (0, 12, 0, 12)
        assert how(one) == "ddddd" + "fffff" + "ddd"

    def test_three_pieces_are_one(self) -> None:
        (one,) = join_candidates(footage(shown(BLOB), {}), self.pieces((0, 2), (8, 9), (16, 20)))
        assert (one.first, one.last) == (0, 20)

    def test_one_that_meets_nobody_keeps_only_what_it_was_seen_for(self) -> None:
        found = join_candidates(footage(shown(BLOB), {}), self.pieces((0, 2), (30, 34)))
        assert [(each.start, each.end) for each in found] == [(0, 2), (30, 34)]

    def test_weak_observations_before_the_first_strong_one_are_taken_in(self) -> None:
        looks = {n: [said(BLOB.box(n), odds=SUPPORT if n < 20 else 3.0)] for n in range(12, 30, 2)}
        made = footage(shown(BLOB), looks)
        (before,) = sweep(made)
        assert before.first == 20
        (one,) = join_candidates(made, [before])
        assert (one.first, one.start, one.last) == (12, 12, 28)

    def test_kinds_do_not_meet(self) -> None:
        both = self.pieces((0, 4)) + self.pieces((10, 12), kind="plate")
        assert [each.kind for each in join_candidates(footage(shown(BLOB), {}), both)] == ["face", "plate"]

    def test_two_things_that_are_apart_do_not_meet(self) -> None:
        other = Candidate("face", {n: Point(Box(200, 20, 232, 52), "detected", (0.9,)) for n in range(5)}, 0, 4)
        assert len(join_candidates(footage(shown(BLOB), {}), [other, *self.pieces((10, 12))])) == 2

    def test_nobody_is_met_across_a_scene_change(self) -> None:
        pictures = [luma(n, BLOB, of=ground(level=40 if n < 8 else 220)) for n in range(16)]
        assert len(join_candidates(footage(pictures, {}), self.pieces((0, 7), (8, 12)))) == 2


class TestAWholeSegment:
    """Forward, back, and past both ends."""

    def test_a_thing_that_is_seen_in_the_middle_is_there_for_a_second_on_both_sides(self) -> None:
        (one,) = follow_segment(footage(shown(BLOB, 80), {n: [said(BLOB.box(n))] for n in (38, 42)}))
        beyond = frames_in(1.0)
        assert (one.first, one.last, one.start, one.end) == (38, 42, 38 - beyond, 42 + beyond)
        assert sorted(one.points) == list(range(38 - beyond, 43 + beyond)), "no gap"

    def test_a_thing_is_there_only_where_it_is_to_be_seen(self) -> None:
        there = Blob(STILL, there=range(20, 50))
        (one,) = follow_segment(
            footage([luma(n, there, of=view()) for n in range(80)], {n: [said(there.box(n))] for n in (30, 40)})
        )
        inside = [n for n, point in one.points.items() if point.found != "guessed"]
        assert (min(inside), max(inside)) == (20, 49)
        guessed = frames_in(GUESSED_SECONDS)
        assert (one.start, one.end) == (20 - guessed, 49 + guessed)

    def test_the_same_footage_gives_the_same_candidates(self) -> None:
        other = Blob(going(240, 130, -3, -1), seed=3)

        def made() -> list[dict[int, Point]]:
            looks = {n: [said(each.box(n)) for each in (BLOB, other)] for n in range(0, 40, 4)}
            return [each.points for each in follow_segment(footage([luma(n, BLOB, other) for n in range(40)], looks))]

        assert len(made()) == 2
        assert made() == made()
