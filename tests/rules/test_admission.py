"""Which tracks are hidden, and which are of one thing."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.admission import admitted, merged, numbered
from bodycam_pipeline.values.policy import LEAST_EVIDENCE, HideRule, Policy
from bodycam_pipeline.values.track import ORIGINS
from tests.rules.build import track

BOX = (10, 10, 30, 30)
PTS = [0, 40, 80, 120]


def moved(box, x):
    return (box[0] + x, box[1], box[2] + x, box[3])


def policy(**admissions):
    return Policy(hide={kind: HideRule(reason="a test", admission=word) for kind, word in admissions.items()})


@pytest.mark.parametrize(("word", "least"), LEAST_EVIDENCE.items())
def test_as_much_evidence_as_the_policy_asks_for_is_enough_and_less_is_not(word, least):
    assert admitted(track(PTS, BOX, evidence=least), policy(face=word))
    assert not admitted(track(PTS, BOX, evidence=np.nextafter(least, -np.inf)), policy(face=word))


def test_each_kind_has_its_own_measure():
    rule = policy(face="cautious", plate="strict")
    assert admitted(track(PTS, BOX, evidence=-1.0), rule)
    assert not admitted(track(PTS, BOX, kind="plate", evidence=-1.0), rule)


def test_a_kind_that_the_policy_does_not_name_is_not_hidden():
    assert not admitted(track(PTS, BOX, kind="plate", evidence=12.0), policy(face="cautious"))


def test_two_tracks_of_one_thing_are_one():
    (one,) = merged([track(PTS, BOX, evidence=1.0), track(PTS[1:], moved(BOX, 4), evidence=3.0)])
    assert one.pts.tolist() == PTS
    assert one.evidence == 3.0


def test_where_two_share_a_frame_what_was_detected_stays_and_of_two_the_larger():
    wide, wider = (10, 10, 32, 30), (8, 8, 34, 32)
    one = track(PTS, [BOX, BOX, wider, wide], origins=["detected", "detected", "followed", "detected"])
    other = track(PTS, [wide, BOX, BOX, BOX], origins=["detected", "guessed", "detected", "detected"])
    (both,) = merged([one, other])
    assert both.boxes.tolist() == [list(box) for box in (wide, BOX, BOX, wide)]
    assert [ORIGINS[code] for code in both.origins] == ["detected"] * 4


def test_what_only_one_has_is_kept():
    (both,) = merged([track([0, 40, 80], BOX), track([40, 80, 120, 160], moved(BOX, 2))])
    assert both.pts.tolist() == [0, 40, 80, 120, 160]
    assert both.boxes[[0, -1], 0].tolist() == [10, 12]


def test_a_face_within_a_face_is_one_if_each_holds_the_others_centre_and_they_are_about_as_large():
    assert len(merged([track(PTS, (0, 0, 48, 48)), track(PTS, (14, 14, 34, 34))])) == 1
    assert len(merged([track(PTS, (0, 0, 52, 52)), track(PTS, (16, 16, 36, 36))])) == 2


def test_two_that_are_apart_of_different_kinds_or_after_each_other_stay_two():
    assert len(merged([track(PTS, BOX), track(PTS, moved(BOX, 15))])) == 2
    assert len(merged([track(PTS, BOX), track(PTS, BOX, kind="plate")])) == 2
    assert len(merged([track(PTS, BOX), track([160, 200], BOX)])) == 2


def test_two_that_pass_each_other_stay_two():
    right = [moved(BOX, 30 * n) for n in range(4)]
    left = [moved(BOX, 90 - 30 * n) for n in range(4)]
    crossing = [moved(BOX, 30), moved(BOX, 30), *left[2:]]
    assert len(merged([track(PTS, right), track(PTS, left)])) == 2
    assert len(merged([track(PTS, right), track(PTS, crossing)])) == 2, "one frame in four"


def test_one_frame_together_is_not_enough():
    assert len(merged([track([0, 40], BOX), track([40, 80], BOX)])) == 2


def test_tracks_are_numbered_by_their_first_frame_whatever_the_order_they_came_in():
    three = [track([80, 120], BOX), track([0, 40], moved(BOX, 50)), track([0, 40], BOX, kind="plate")]
    for order in permutations(three):
        found = numbered(merged(order))
        assert [(t.number, int(t.pts[0]), t.kind) for t in found] == [(1, 0, "face"), (2, 0, "plate"), (3, 80, "face")]


TRACKS = st.lists(
    st.builds(
        lambda first, length, x, kind: track([40 * n for n in range(first, first + length)], moved(BOX, x), kind=kind),
        st.integers(0, 6),
        st.integers(1, 6),
        st.integers(0, 60),
        st.sampled_from(["face", "plate"]),
    ),
    max_size=6,
)


@given(TRACKS)
@settings(max_examples=80)
def test_no_frame_that_somebody_hides_is_lost_and_none_is_there_twice(tracks):
    found = merged(tracks)
    frames = {(t.kind, at) for t in found for at in t.pts.tolist()}
    assert frames == {(t.kind, at) for t in tracks for at in t.pts.tolist()}
    assert all((np.diff(t.pts) > 0).all() for t in found)
    assert all(int(one.pts[0]) <= int(other.pts[0]) for one, other in pairwise(found))
    assert len(found) <= len(tracks)
