"""Which candidates of neighbouring segments are one thing."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.joining import MEETS, tracklets
from bodycam_pipeline.values.candidates import SegmentCandidates
from tests.rules.build import part, segments, still

FIRST, SECOND, THIRD = range(0, 400, 40), range(400, 800, 40), range(800, 1200, 40)
BOX = (10, 10, 30, 30)


def moved(box, x):
    return (box[0] + x, box[1], box[2] + x, box[3])


def named(found):
    """The chains as numbers of parts and rows."""
    return [[(piece.segment, piece.row) for piece in tracklet] for tracklet in found]


def overlap(x):
    """Intersection over union of a box of 20 pixels with itself, that many pixels farther."""
    return (20 - x) / (20 + x)


def test_two_segments_meet_at_the_border():
    before = part(still([320, 360], BOX, onward=BOX), border_pts=400)
    after = part(still([400, 440], BOX), pts=SECOND)
    assert named(tracklets(segments(before, after))) == [[(0, 0), (1, 0)]]


def test_a_thing_that_goes_through_three_segments_is_one():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    middle = part(still(SECOND, BOX, onward=BOX), pts=SECOND, border_pts=800)
    after = part(still(THIRD, BOX), pts=THIRD)
    assert named(tracklets(segments(before, middle, after))) == [[(0, 0), (1, 0), (2, 0)]]


def test_parts_of_one_segment_are_joined_as_segments_are():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    after = part(still(SECOND, BOX), pts=SECOND)
    assert named(tracklets([SegmentCandidates(7, (before, after))])) == [[(7, 0), (7, 0)]]


def test_one_that_is_not_sure_counts_if_it_goes_on_from_one_that_is():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    weak = part(still(SECOND, BOX, onward=BOX, sure=False), pts=SECOND, border_pts=800)
    last = part(still(THIRD, BOX, sure=False), pts=THIRD)
    assert named(tracklets(segments(before, weak, last))) == [[(0, 0), (1, 0), (2, 0)]]
    assert tracklets(segments(weak, last)) == []


def test_one_that_is_sure_is_joined_before_one_that_is_not():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    after = part(still(SECOND, BOX, sure=False), still(SECOND, moved(BOX, 2)), pts=SECOND)
    assert named(tracklets(segments(before, after))) == [[(0, 0), (1, 1)]]


def test_nothing_is_joined_across_a_scene_change():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=None)
    after = part(still(SECOND, BOX), pts=SECOND)
    assert named(tracklets(segments(before, after))) == [[(0, 0)], [(1, 0)]]


def test_nothing_is_joined_where_the_border_frame_did_not_decode():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    after = part(still(SECOND[1:], BOX), pts=SECOND[1:], undecodable=[400])
    assert named(tracklets(segments(before, after))) == [[(0, 0)], [(1, 0)]]
    empty = part(pts=[], undecodable=SECOND)
    assert named(tracklets(segments(before, empty, part(still(THIRD, BOX), pts=THIRD)))) == [[(0, 0)], [(2, 0)]]


def test_what_was_lost_before_the_border_or_begins_behind_it_is_not_joined():
    gone, there = still(FIRST[:5], BOX), still(FIRST, BOX, onward=BOX)
    late, now = still(SECOND[1:], BOX), still(SECOND, BOX)
    assert len(tracklets(segments(part(gone, border_pts=400), part(now, pts=SECOND)))) == 2
    assert len(tracklets(segments(part(there, border_pts=400), part(late, pts=SECOND)))) == 2


def test_kinds_are_not_joined():
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    after = part(still(SECOND, BOX, kind="plate"), pts=SECOND)
    assert named(tracklets(segments(before, after))) == [[(0, 0)], [(1, 0)]]


@pytest.mark.parametrize(("x", "joined"), [(10, True), (11, False)])
def test_a_third_of_overlap_is_enough(x, *, joined):
    assert (overlap(x) >= MEETS) is joined
    before = part(still(FIRST, BOX, onward=BOX), border_pts=400)
    after = part(still(SECOND, moved(BOX, x)), pts=SECOND)
    assert (len(tracklets(segments(before, after))) == 1) is joined


def test_it_is_the_box_in_the_border_frame_that_meets():
    before = part(still(FIRST, BOX, onward=moved(BOX, 100)), border_pts=400)
    stayed, followed = still(SECOND, BOX), still(SECOND, moved(BOX, 100))
    assert named(tracklets(segments(before, part(stayed, followed, pts=SECOND)))) == [[(0, 0), (1, 1)], [(1, 0)]]


def test_the_best_overlap_is_joined_first():
    near, far = still(FIRST, BOX, onward=moved(BOX, 2)), still(FIRST, BOX, onward=moved(BOX, 6))
    after = part(still(SECOND, moved(BOX, 3)), still(SECOND, moved(BOX, 0)), pts=SECOND)
    assert named(tracklets(segments(part(near, far, border_pts=400), after))) == [[(0, 0), (1, 0)], [(0, 1), (1, 1)]]
    assert named(tracklets(segments(part(far, near, border_pts=400), after))) == [[(0, 0), (1, 1)], [(0, 1), (1, 0)]]


def test_no_candidate_is_joined_twice():
    before = part(*(still(FIRST, BOX, onward=moved(BOX, x)) for x in (0, 1)), border_pts=400)
    after = part(still(SECOND, BOX), pts=SECOND)
    assert named(tracklets(segments(before, after))) == [[(0, 0), (1, 0)], [(0, 1)]]


PLACES = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.sampled_from(["face", "plate"])), max_size=4)


@given(st.lists(PLACES, min_size=1, max_size=4))
@settings(max_examples=60)
def test_every_candidate_is_in_exactly_one_chain_in_order_of_time(places):
    parts = []
    for number, of_part in enumerate(places):
        pts = range(400 * number, 400 * number + 400, 40)
        things = [still(pts, moved(BOX, x), kind=kind, onward=moved(BOX, x) if on else None) for x, on, kind in of_part]
        parts.append(part(*things, pts=pts, border_pts=400 * number + 400))
    found = tracklets(segments(*parts))
    pieces = sorted(place for tracklet in named(found) for place in tracklet)
    assert pieces == [(n, row) for n, of_part in enumerate(places) for row in range(len(of_part))]
    for tracklet in found:
        assert all(after.segment == before.segment + 1 for before, after in pairwise(tracklet))
        assert len({piece.kind for piece in tracklet}) == 1


def test_a_piece_names_its_own_points():
    two = part(still(FIRST[:3], BOX), still(FIRST[2:7], BOX, kind="plate"))
    one, other = (tracklet[0] for tracklet in tracklets(segments(two)))
    assert two.points[one.points]["pts"].tolist() == [0, 40, 80]
    assert two.points[other.points]["pts"].tolist() == [80, 120, 160, 200, 240]
    assert (one.kind, other.kind) == ("face", "plate")
