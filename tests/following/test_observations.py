"""Boxes of all networks at all scales made into one observation for each place."""

from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.following.observations import SAME, observed
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.evidence import Evidence, KindWeights
from bodycam_pipeline.values.geometry import Box

KNOWS = {"face": (0, 1), "plate": (1,)}
SUM = Evidence(
    KNOWS,
    {"face": KindWeights((-1.0, 2.0, 4.0, 0, 0, 0, 0), (0,) * 11), "plate": KindWeights((-1.0, 3.0, 0, 0), (0,) * 6)},
)
"""A second network that is worth twice the first."""

BOX, NEAR, FAR = Box(10, 10, 50, 50), Box(14, 10, 54, 50), Box(200, 100, 240, 140)


def seen(network: int, score: float, box: Box = BOX, kind: str = "face") -> Detection:
    return Detection(network, kind, box, score)  # type: ignore[arg-type]


def test_two_networks_boxes_of_one_thing_are_one_observation_with_both_scores() -> None:
    (one,) = observed([seen(0, 0.75), seen(1, 0.5, NEAR)], SUM, 2, 1.0)
    assert one.scores == (0.75, 0.5)
    assert one.odds == pytest.approx(-1 + 1.5 + 2)
    assert (one.kind, one.taken) == ("face", False)


def test_the_box_is_of_the_network_whose_word_alone_is_worth_most() -> None:
    (one,) = observed([seen(0, 0.75), seen(1, 0.5, NEAR)], SUM, 2, 1.0)
    assert one.box == NEAR
    (one,) = observed([seen(0, 0.75), seen(1, 0.25, NEAR)], SUM, 2, 1.0)
    assert one.box == BOX


def test_of_a_networks_scales_the_best_score_counts() -> None:
    (one,) = observed([seen(0, 0.25), seen(0, 0.75, NEAR), seen(0, 0.5)], SUM, 2, 1.0)
    assert one.scores == (0.75, 0.0)


def test_two_places_are_two_observations_surest_first() -> None:
    found = observed([seen(0, 0.5), seen(1, 0.5, FAR)], SUM, 2, 1.0)
    assert [each.box for each in found] == [FAR, BOX]
    assert [each.scores for each in found] == [(0.0, 0.5), (0.5, 0.0)]


@pytest.mark.parametrize(("x", "one"), [(19, True), (20, False)])
def test_a_third_of_overlap_makes_two_boxes_one(x: int, *, one: bool) -> None:
    moved = Box(10 + x, 10, 50 + x, 50)
    assert (BOX.iou(moved) >= SAME) is one
    assert (len(observed([seen(0, 0.5), seen(1, 0.5, moved)], SUM, 2, 1.0)) == 1) is one


def test_kinds_in_one_place_are_two_observations() -> None:
    found = observed([seen(1, 0.5), seen(1, 0.5, kind="plate")], SUM, 2, 1.0)
    assert sorted(each.kind for each in found) == ["face", "plate"]


def test_a_box_between_two_goes_to_the_surest_alone() -> None:
    left, middle, right = Box(0, 0, 40, 40), Box(16, 0, 56, 40), Box(32, 0, 72, 40)
    found = observed([seen(1, 0.75, left), seen(0, 0.5, middle), seen(1, 0.5, right)], SUM, 2, 1.0)
    assert [(each.box, each.scores) for each in found] == [(left, (0.5, 0.75)), (right, (0.0, 0.5))]


def test_sides_are_told_in_pixels_of_the_finest_tensor() -> None:
    by_size = Evidence(KNOWS, {"face": KindWeights((0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0), (0.0,) * 11)})
    (one,) = observed([seen(0, 0.5, Box(0, 0, 20, 80))], by_size, 2, 0.5)
    assert one.odds == pytest.approx(log(20 / 32))


def test_nothing_seen_is_nothing_observed() -> None:
    assert observed([], SUM, 2, 1.0) == []


SEEN = st.lists(
    st.builds(
        lambda network, score, x, y, side, kind: seen(
            1 if kind == "plate" else network, score, Box(x, y, x + side, y + side), kind
        ),
        st.integers(0, 1),
        st.sampled_from([0.25, 0.5, 0.75]),
        st.integers(0, 40),
        st.integers(0, 10),
        st.integers(10, 40),
        st.sampled_from(["face", "plate"]),
    ),
    max_size=9,
)


@given(SEEN, st.randoms())
@settings(max_examples=80)
def test_every_score_is_in_an_observation_and_the_order_does_not_matter(boxes: list[Detection], random: object) -> None:
    found = observed(boxes, SUM, 2, 1.0)
    for each in boxes:
        near = [o for o in found if o.kind == each.kind and (o.box == each.box or o.box.iou(each.box) >= SAME)]
        assert any(o.scores[each.network] >= each.score for o in near)
    assert [o.odds for o in found] == sorted((o.odds for o in found), reverse=True)
    shuffled = list(boxes)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    merged = [(o.kind, o.box, o.scores, o.odds) for o in found]
    assert [(o.kind, o.box, o.scores, o.odds) for o in observed(shuffled, SUM, 2, 1.0)] == merged
