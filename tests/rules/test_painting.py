"""How large a track is painted: as large as the thing, and hardly larger where nobody saw it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.painting import DRIFT_PER_SECOND, MOST_DRIFT, paint_boxes
from tests.rules.build import track

BASE = 0.001
PTS = list(range(0, 2000, 40))


def centred(width, height=None, at=(100, 100)):
    height = height or width
    return (at[0] - width / 2, at[1] - height / 2, at[0] + width / 2, at[1] + height / 2)


def widths(made):
    return made[:, 2] - made[:, 0]


def test_a_thing_of_one_size_that_is_always_seen_is_painted_as_it_is():
    seen = track(PTS, centred(20, 30))
    assert paint_boxes(seen, BASE) == pytest.approx(seen.boxes)


def test_four_in_five_of_those_around_are_held():
    sizes = [20.0] * 50
    sizes[24], sizes[25] = 30.0, 30.0
    made = widths(paint_boxes(track(PTS, [centred(size) for size in sizes]), BASE))
    assert made[24:26] == pytest.approx([30, 30]), "never smaller than the box itself"
    assert made[[22, 27]] == pytest.approx([20, 20]), "two of eleven are outliers"
    sizes[22:28] = [30.0] * 6
    made = widths(paint_boxes(track(PTS, [centred(size) for size in sizes]), BASE))
    assert made[[19, 30]] == pytest.approx([30, 30]), "three of eleven are not"


def test_what_is_farther_than_a_fifth_of_a_second_is_not_held():
    sizes = [20.0] * 44 + [40.0] * 6
    made = widths(paint_boxes(track(PTS, [centred(size) for size in sizes]), BASE))
    assert made[40] == pytest.approx(20), "two of eleven are larger, four of fifteen were"
    assert made[41] == pytest.approx(40), "three of eleven"


def test_sizes_are_held_in_place_and_not_where_the_thing_was():
    boxes = [centred(20 + 6 * (n % 2), at=(100 + 9 * n, 80)) for n in range(50)]
    made = paint_boxes(track(PTS, boxes), BASE)
    assert (made[:, 0] + made[:, 2]) / 2 == pytest.approx(100 + 9 * np.arange(50))


def test_where_nobody_saw_it_a_box_grows_with_time_up_to_a_limit():
    origins = ["detected"] + ["followed"] * 49
    made = widths(paint_boxes(track(PTS, centred(20), origins=origins), BASE))
    assert made[0] == pytest.approx(20)
    assert made[5] == pytest.approx(20 * (1 + 2 * DRIFT_PER_SECOND * 0.2))
    assert made[-1] == pytest.approx(20 * (1 + 2 * MOST_DRIFT))
    assert (np.diff(made) >= -1e-9).all()


def test_it_grows_from_the_nearest_sighting_before_or_behind():
    origins = ["followed"] * 50
    origins[20], origins[30] = "detected", "detected"
    made = widths(paint_boxes(track(PTS, centred(20), origins=origins), BASE))
    assert made[[19, 21, 29, 31]] == pytest.approx([made[21]] * 4)
    assert made[25] == pytest.approx(20 * (1 + 2 * DRIFT_PER_SECOND * 0.2))
    assert made[20] == pytest.approx(20)


def test_a_track_that_nobody_saw_has_grown_as_far_as_it_may():
    made = widths(paint_boxes(track(PTS, centred(20), origins="guessed"), BASE))
    assert made == pytest.approx(np.full(50, 20 * (1 + 2 * MOST_DRIFT)))


@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=60)
def test_no_box_is_painted_smaller_than_it_is(things):
    origins = ["detected" if seen else "guessed" for _, _, seen in things]
    made_of = track(PTS[: len(things)], [centred(w, h) for w, h, _ in things], origins=origins)
    made = paint_boxes(made_of, BASE)
    assert (made[:, :2] <= made_of.boxes[:, :2] + 1e-9).all()
    assert (made[:, 2:] >= made_of.boxes[:, 2:] - 1e-9).all()
