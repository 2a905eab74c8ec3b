"""Where tracks are followed past the segments in which they were seen, and what comes of it."""

import numpy as np
import pytest

from bodycam_pipeline.rules.entering import BEYOND_SECONDS, Neighbours, extend
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.track import ORIGINS, Extension
from tests.rules.build import Thing, part, segments, still, track

FIRST, SECOND, THIRD = range(0, 400, 40), range(400, 800, 40), range(800, 1200, 40)
BOX, ON = (10, 10, 30, 30), (50, 50, 70, 70)


def entering(*parts):
    """What every chain asks for."""
    found = segments(*parts)
    neighbours = Neighbours.of(found, 0.001)
    return [each for number, tracklet in enumerate(tracklets(found)) for each in neighbours.entering(number, tracklet)]


def test_a_track_that_is_there_at_the_end_enters_the_next_segment():
    seen = still(SECOND[2:], BOX, followed=SECOND[7:], onward=ON)
    (asked,) = entering(part(), part(seen, pts=SECOND, border_pts=800), part(pts=THIRD))
    assert (asked.track, asked.segment, asked.direction, asked.pts, asked.kind) == (0, 2, 1, 800, "face")
    assert asked.box == Box(*ON)
    assert asked.seconds == pytest.approx(BEYOND_SECONDS - (800 - SECOND[6]) / 1000)


def test_a_track_that_is_there_at_the_beginning_enters_the_segment_before():
    seen = still(SECOND, BOX, followed=SECOND[:3], kind="plate")
    (asked,) = entering(part(border_pts=400), part(seen, pts=SECOND), part(pts=THIRD))
    assert (asked.track, asked.segment, asked.direction, asked.pts, asked.kind) == (0, 0, -1, 400, "plate")
    assert asked.box == Box(*BOX)
    assert asked.seconds == pytest.approx(BEYOND_SECONDS - (SECOND[3] - 400) / 1000)


def test_what_is_only_guessed_at_the_border_enters_as_a_guess():
    sure = still(SECOND[2:], BOX, followed=SECOND[7:], onward=ON)
    lost = still(SECOND[2:], BOX, followed=SECOND[6:8], guessed=SECOND[8:], onward=ON)
    before, after = part(), part(pts=THIRD)
    assert [e.guessed for e in entering(before, part(sure, pts=SECOND, border_pts=800), after)] == [False]
    assert [e.guessed for e in entering(before, part(lost, pts=SECOND, border_pts=800), after)] == [True]


def test_a_chain_is_followed_past_its_own_ends_only():
    one, other = still(SECOND, BOX, onward=BOX), still(THIRD, BOX, onward=ON)
    middle, last = part(one, pts=SECOND, border_pts=800), part(other, pts=THIRD, border_pts=1200)
    asked = entering(part(border_pts=400), middle, last, part(pts=range(1200, 1600, 40)))
    assert [(each.direction, each.segment, each.pts) for each in asked] == [(-1, 0, 400), (1, 3, 1200)]


def test_a_track_that_ended_inside_its_segment_enters_none():
    assert (
        entering(part(border_pts=400), part(still(SECOND[1:9], BOX), pts=SECOND, border_pts=800), part(pts=THIRD)) == []
    )


def test_nothing_enters_across_a_scene_change_or_past_the_ends_of_the_recording():
    seen = still(SECOND, BOX, onward=ON)
    assert entering(part(border_pts=None), part(seen, pts=SECOND, border_pts=None), part(pts=THIRD)) == []
    assert entering(part(seen, pts=SECOND, border_pts=800)) == []


def test_what_was_followed_for_a_second_is_followed_no_farther():
    slow = range(0, 4000, 400)
    stale = Thing(dict.fromkeys(slow, BOX), followed=tuple(slow[7:]), onward=ON)
    assert entering(part(stale, pts=slow, border_pts=4000), part(pts=range(4000, 8000, 400))) == []
    fresh = Thing(dict.fromkeys(slow, BOX), followed=tuple(slow[8:]), onward=ON)
    (asked,) = entering(part(fresh, pts=slow, border_pts=3700), part(pts=range(3700, 8000, 400)))
    assert asked.seconds == pytest.approx(0.1)


def rows(*at, origin="followed"):
    return tuple((pts, Box(*ON), origin) for pts in at)


def test_a_track_grows_by_where_it_was_followed_to_in_order_and_without_a_frame_twice():
    seen = track([400, 440, 480], BOX)
    back = Extension(0, -1, rows(320, 360, 400))
    onward = Extension(0, 1, rows(520) + rows(560, origin="guessed"))
    (longer,) = extend([seen], [onward, back])
    assert longer.pts.tolist() == [320, 360, 400, 440, 480, 520, 560]
    assert longer.boxes[:, 0].tolist() == [50, 50, 10, 10, 10, 50, 50]
    origins = ["followed", "followed", *["detected"] * 3, "followed", "guessed"]
    assert [ORIGINS[code] for code in longer.origins] == origins
    assert np.isnan(longer.scores).tolist() == [True, True, False, False, False, True, True]
    assert (longer.kind, longer.evidence) == (seen.kind, seen.evidence)


def test_each_track_grows_by_its_own_and_others_stay_as_they_were():
    one, other, third = track([0, 40], BOX), track([0, 40], BOX, kind="plate"), track([0], BOX)
    found = extend([one, other, third], [Extension(1, 1, rows(80)), Extension(2, -1, rows(0))])
    assert found[0] is one
    assert found[1].pts.tolist() == [0, 40, 80]
    assert found[2] is third
