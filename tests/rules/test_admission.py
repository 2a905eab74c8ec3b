"""Which tracks are hidden, and which are of one thing."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.admission import is_admitted, number_tracks
from bodycam_pipeline.values.policy import LEAST_EVIDENCE, HideRule, Policy
from tests.rules.build import track

BOX = (10, 10, 30, 30)
PTS = [0, 40, 80, 120]


def moved(box, x):
    return (box[0] + x, box[1], box[2] + x, box[3])


def policy(**admissions):
    return Policy(hide={kind: HideRule(reason="a test", admission=word) for kind, word in admissions.items()})


@pytest.mark.parametrize(("word", "least"), LEAST_EVIDENCE.items())
def test_as_much_evidence_as_the_policy_asks_for_is_enough_and_less_is_not(word, least):
    assert is_admitted(track(PTS, BOX, evidence=least), policy(face=word))
    assert not is_admitted(track(PTS, BOX, evidence=np.nextafter(least, -np.inf)), policy(face=word))


def test_each_kind_has_its_own_measure():
    rule = policy(face="cautious", plate="strict")
    assert is_admitted(track(PTS, BOX, evidence=-1.0), rule)
    assert not is_admitted(track(PTS, BOX, kind="plate", evidence=-1.0), rule)


def test_a_kind_that_the_policy_does_not_name_is_not_hidden():
    assert not is_admitted(track(PTS, BOX, kind="plate", evidence=12.0), policy(face="cautious"))


def things(*tracks):
    """How many things the tracks are of."""
    return len({each.number for each in number_tracks(tracks)})


def test_two_tracks_of_one_thing_have_one_number_and_each_keeps_its_boxes():
    tracks = [track(PTS, BOX, evidence=1.0), track(PTS[1:], moved(BOX, 4), evidence=3.0)]
    one, other = number_tracks(tracks)
    assert (one.number, other.number) == (1, 1)
    assert [one.boxes.tolist(), other.boxes.tolist()] == [each.boxes.tolist() for each in tracks]
    assert [one.evidence, other.evidence] == [1.0, 3.0]


def test_what_is_the_same_as_one_of_a_thing_is_of_that_thing():
    assert things(track([0, 40], BOX), track([0, 40, 80, 120], moved(BOX, 4)), track([80, 120], moved(BOX, 12))) == 1


def test_a_face_within_a_face_is_one_if_each_holds_the_others_centre_and_they_are_about_as_large():
    assert things(track(PTS, (0, 0, 48, 48)), track(PTS, (14, 14, 34, 34))) == 1
    assert things(track(PTS, (0, 0, 52, 52)), track(PTS, (16, 16, 36, 36))) == 2


def test_two_that_are_apart_of_different_kinds_or_after_each_other_stay_two():
    assert things(track(PTS, BOX), track(PTS, moved(BOX, 15))) == 2
    assert things(track(PTS, BOX), track(PTS, BOX, kind="plate")) == 2
    assert things(track(PTS, BOX), track([160, 200], BOX)) == 2


def test_two_that_pass_each_other_stay_two():
    right = [moved(BOX, 30 * n) for n in range(4)]
    left = [moved(BOX, 90 - 30 * n) for n in range(4)]
    crossing = [moved(BOX, 30), moved(BOX, 30), *left[2:]]
    assert things(track(PTS, right), track(PTS, left)) == 2
    assert things(track(PTS, right), track(PTS, crossing)) == 2, "one frame in four"


def test_one_frame_together_is_not_enough():
    assert things(track([0, 40], BOX), track([40, 80], BOX)) == 2


def test_tracks_are_numbered_by_their_first_frame_whatever_the_order_they_came_in():
    three = [track([80, 120], BOX), track([0, 40], moved(BOX, 50)), track([0, 40], BOX, kind="plate")]
    for order in permutations(three):
        found = number_tracks(order)
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
def test_every_track_has_one_number_and_numbers_have_no_gap(tracks):
    found = number_tracks(tracks)
    assert sorted(map(_told, found)) == sorted(map(_told, tracks))
    assert {each.number for each in found} == set(range(1, len({each.number for each in found}) + 1))
    firsts = [min(int(t.pts[0]) for t in found if t.number == n) for n in sorted({t.number for t in found})]
    assert firsts == sorted(firsts)


def _told(each):
    return each.kind, each.pts.tolist(), each.boxes.tolist()
