"""The forward sweep: observations of one thing in key frames are one candidate, followed between."""

import numpy as np
import pytest

from bodycam_pipeline.following.candidates import Candidate
from bodycam_pipeline.following.sweep import SEED, SILENT_SECONDS, SUPPORT, blended, distance, is_same, sweep
from bodycam_pipeline.values.geometry import Box
from tests.following.scenes import Blob, footage, frames_in, going, ground, luma, said, view

BLOB = Blob(going(40, 60, 5, 1))
FRAMES = 12
LATE = frames_in(SILENT_SECONDS) + 1
"""The first frame in which a weak observation begins nothing."""


def shown(*blobs: Blob, frames: int = FRAMES) -> list[np.ndarray]:
    return [luma(n, *blobs) for n in range(frames)]


def seen(*blobs: Blob, every: int = 2, frames: int = FRAMES, **about: object) -> dict[int, list]:
    """What a perfect network sees in every so many frames."""
    return {n: [said(b.box(n), **about) for b in blobs if b.shows(n)] for n in range(0, frames, every)}


def found(candidate: Candidate) -> list[str]:
    return [candidate.points[frame].found for frame in sorted(candidate.points)]


def test_a_moving_thing_is_followed_between_key_frames_and_its_sightings_are_joined() -> None:
    (one,) = sweep(footage(shown(BLOB), seen(BLOB, every=4)))
    assert (one.first, one.last, one.start, one.end) == (0, 8, 0, 8)
    assert found(one) == ["detected", "followed", "followed", "followed"] * 2 + ["detected"]
    for frame, point in one.points.items():
        assert point.box.iou(BLOB.box(frame)) > 0.9, frame


def test_frames_without_a_look_have_no_scores_and_silent_ones_have_none_from_anybody() -> None:
    looks = seen(BLOB, every=3, scores=(0.9, 0.2))
    looks[3] = []
    (one,) = sweep(footage(shown(BLOB), looks))
    assert [one.points[n].scores for n in range(5)] == [(0.9, 0.2), None, None, (), None]


def test_two_things_are_two_candidates_and_each_goes_its_own_way() -> None:
    left, right = Blob(going(20, 40, 6, 0), seed=1), Blob(going(230, 120, -6, 0), seed=2)
    one, other = sweep(footage(shown(left, right), seen(left, right)))
    for candidate, blob in ((one, left), (other, right)):
        assert (candidate.first, candidate.last) == (0, 10)
        assert all(point.box.iou(blob.box(frame)) > 0.9 for frame, point in candidate.points.items())


def test_a_face_and_a_plate_in_one_place_are_two_candidates() -> None:
    looks = {n: [said(BLOB.box(n)), said(BLOB.box(n), kind="plate")] for n in range(0, FRAMES, 2)}
    assert sorted(each.kind for each in sweep(footage(shown(BLOB), looks))) == ["face", "plate"]


def test_two_boxes_of_one_thing_in_one_frame_begin_one_candidate() -> None:
    twice = {n: [said(BLOB.box(n)), said(BLOB.box(n).grown(6, 6, 6, 6), odds=2)] for n in range(0, FRAMES, 2)}
    assert len(sweep(footage(shown(BLOB), twice))) == 1


def test_a_scene_change_ends_a_candidate() -> None:
    pictures = [luma(n, BLOB, of=ground(level=40 if n < 6 else 220)) for n in range(FRAMES)]
    one, other = sweep(footage(pictures, seen(BLOB)))
    assert (one.first, one.last, one.end) == (0, 4, 4)
    assert (other.first, other.start, other.last) == (6, 6, 10)


def test_weak_observations_continue_a_candidate_and_begin_none() -> None:
    frames = range(LATE, LATE + FRAMES)
    weak = {n: [said(BLOB.box(n), odds=SUPPORT)] for n in frames[::2]}
    assert sweep(footage(shown(BLOB, frames=frames.stop), weak)) == []
    begun = {**weak, LATE: [said(BLOB.box(LATE), odds=SEED)]}
    (one,) = sweep(footage(shown(BLOB, frames=frames.stop), begun))
    assert (one.first, one.last, one.sure) == (LATE, frames[::2][-1], True)
    weaker = {n: [said(BLOB.box(n), odds=SUPPORT - 0.01)] for n in frames[2::2]}
    (alone,) = sweep(footage(shown(BLOB, frames=frames.stop), {**weaker, LATE: [said(BLOB.box(LATE), odds=SEED)]}))
    assert (alone.first, alone.last) == (LATE, LATE)
    assert sweep(footage(shown(BLOB, frames=frames.stop), {LATE: [said(BLOB.box(LATE), odds=SEED - 0.01)]})) == []


def test_near_the_start_a_weak_observation_begins_a_candidate_that_is_not_sure() -> None:
    for at, begun in ((0, 1), (LATE - 1, 1), (LATE, 0)):
        found = sweep(footage(shown(BLOB, frames=LATE + 1), {at: [said(BLOB.box(at), odds=SUPPORT)]}))
        assert [each.sure for each in found] == [False] * begun
    looks = {0: [said(BLOB.box(0), odds=SUPPORT)], 4: [said(BLOB.box(4), odds=SEED)]}
    (later,) = sweep(footage(shown(BLOB), looks))
    assert (later.first, later.last, later.sure) == (0, 4, True)


def test_one_that_is_not_sure_keeps_no_sure_one_from_beginning() -> None:
    left, top, right, bottom = (getattr(BLOB.box(2), side) for side in ("left", "top", "right", "bottom"))
    head = Box(left - 40, top - 40, right + 40, bottom + 40)
    looks = {0: [said(head, odds=SUPPORT)], 2: [said(BLOB.box(2), odds=SEED)]}
    assert sorted(each.sure for each in sweep(footage(shown(BLOB), looks))) == [False, True]


def test_what_is_followed_past_its_last_sighting_is_left_to_others() -> None:
    (one,) = sweep(footage(shown(BLOB), {n: [said(BLOB.box(n))] for n in (2, 4)}))
    assert (one.start, one.end) == (2, 4)


def test_a_thing_is_one_over_a_silence_that_is_short_enough_and_two_over_a_longer_one() -> None:
    slow, longest = Blob(going(40, 60, 2, 1)), frames_in(SILENT_SECONDS)
    for gap, count in ((longest, 1), (longest + 1, 2)):
        looks = {n: [said(slow.box(n))] if n in (0, gap) else [] for n in range(16)}
        assert len(sweep(footage(shown(slow, frames=16), looks))) == count


@pytest.mark.parametrize(("every", "rate"), [(2, 25), (10, 25), (6, 15), (4, 10), (10, 10)])
def test_where_nobody_looked_nobody_was_silent(every: int, rate: int) -> None:
    """Looks that are farther apart than a silence may last are still of one thing."""
    slow = Blob(going(40, 60, 1, 1))
    looks = {n: [said(slow.box(n))] for n in range(0, 31, every)}
    (one,) = sweep(footage([luma(n, slow) for n in range(31)], looks, seconds=1 / rate))
    assert (one.first, one.last) == (0, max(looks))


def test_a_thing_that_hides_for_a_moment_is_guessed_and_met_again() -> None:
    hidden = Blob(going(40, 60), there=range(4))
    pictures = [luma(n, hidden if n < 4 or n > 6 else Blob(going(40, 60), seed=77)) for n in range(8)]
    pictures[7] = luma(0, hidden)
    looks = {n: [said(hidden.box(0))] if n in (0, 1, 2, 3, 7) else [] for n in range(8)}
    (one,) = sweep(footage(pictures, looks))
    assert found(one) == ["detected"] * 4 + [one.points[n].found for n in (4, 5, 6)] + ["detected"]
    assert one.points[4].found == "guessed"
    assert (one.first, one.last) == (0, 7)


@pytest.mark.parametrize("begin", [0, 5])
def test_unsure_is_guessed_for_as_long_wherever_in_a_recording_it_begins(begin: int) -> None:
    """The first frame's time is 0, which is a time like any other."""
    place = Blob(going(120, 60)).box(0)
    pictures = [luma(n, Blob(going(120, 60), seed=max(n, begin)), of=view()) for n in range(25)]
    made = footage(pictures, {begin: [said(place)], begin + 8: [said(place)]})
    (one,) = sweep(made)
    assert found(one) == ["detected", *["guessed"] * 7, "detected"]


def test_a_candidate_that_leaves_the_picture_ends() -> None:
    leaving = Blob(going(260, 60, 12, 0))
    looks = {n: [said(leaving.box(n))] if n < 4 else [] for n in range(FRAMES)}
    (one,) = sweep(footage(shown(leaving), looks))
    assert one.end == 3


def test_the_nearest_observation_is_taken_first() -> None:
    looks = {0: [said(BLOB.box(0))], 1: [said(BLOB.box(1).grown(-8, 0, 8, 0), odds=5), said(BLOB.box(1), odds=2)]}
    one, *_ = sweep(footage(shown(BLOB, frames=2), looks))
    assert one.points[1].box.iou(BLOB.box(1)) > 0.95


def test_an_observation_of_another_size_or_place_is_another_thing() -> None:
    box = Box(100, 100, 120, 120)
    assert distance(box, said(box)) == 0
    assert distance(box, said(Box(78, 78, 142, 142))) is None, "more than twice as large"
    assert distance(box, said(Box(130, 100, 150, 120))) is None
    near, far = distance(box, said(Box(102, 100, 122, 120))), distance(box, said(Box(106, 100, 126, 120)))
    assert near is not None
    assert far is not None
    assert 0 < near < far


def test_two_boxes_are_of_one_thing_if_they_overlap_or_hold_each_others_centre() -> None:
    box = Box(0, 0, 30, 30)
    assert is_same(box, Box(10, 0, 40, 30))
    assert not is_same(box, Box(20, 0, 50, 30))
    assert is_same(Box(0, 0, 40, 40), Box(10, 10, 28, 28))
    assert not is_same(Box(0, 0, 50, 50), Box(16, 16, 34, 34)), "one holds the other, and is much larger"


def test_a_certain_observation_moves_a_followed_box_and_changes_its_size_less() -> None:
    made = blended(Box(0, 0, 20, 20), said(Box(4, 0, 30, 20), odds=12))
    assert made.width == pytest.approx(20 + 0.4 * 6, abs=1e-3)
    assert made.centre == pytest.approx((10 + 0.7 * 7, 10), abs=1e-3)
    apart = said(Box(100, 0, 120, 20))
    assert blended(Box(0, 0, 20, 20), apart) == apart.box


def test_an_observation_counts_by_the_probability_that_it_is_the_thing() -> None:
    moves = [blended(Box(0, 0, 20, 20), said(Box(4, 0, 24, 20), odds=odds)).left for odds in (-1, 0, 1.5, 3)]
    assert moves == sorted(moves)
    assert moves[1] == pytest.approx(0.7 * 4 / 2)


def test_doubtful_boxes_beside_a_face_do_not_lead_its_track_away() -> None:
    """A dog's head beside a man's face: doubtful, larger, and seen three times as often as the face."""
    still = Blob(lambda _: (60, 60))
    face, beside = still.box(0), still.box(0).grown(0, 0, 16, 16)
    looks = {n: [said(face, odds=4)] if n % 4 == 0 else [said(beside, odds=SUPPORT)] for n in range(24)}
    (one,) = sweep(footage(shown(still, frames=24), looks))
    assert min(point.box.iou(face) for point in one.points.values()) > 0.6
