"""From boxes to regions: padded, turned, snapped, clipped, and none forgotten."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.fit import check_fits
from bodycam_pipeline.rules.planning import make_plan, snapped_regions
from bodycam_pipeline.values.errors import PlanError
from bodycam_pipeline.values.geometry import Box, Orientation, Region, snapped_region
from bodycam_pipeline.values.policy import HideRule, Padding, Policy, RedactionRule, TrackingRule
from tests.rules.build import index, look, plan, recording, row
from tests.rules.test_tracks import recordings

BARE = Padding(left=0, top=0, right=0, bottom=0, minimum_px_at_1080p=0)
ALONE = TrackingRule(bridge_ms=0, extend_ms=0)


def policy(padding=BARE, grid_px=2, kinds=("face",), tracking=ALONE):
    return Policy(
        hide={kind: HideRule(reason=f"the {kind}'s reason", padding=padding) for kind in kinds},
        redaction=RedactionRule(grid_px=grid_px),
        tracking=tracking,
    )


def planned(file, looks, of=None):
    return make_plan(file, looks, (), of or policy(), {"made": "00"})


def one_frame(**facts):
    return recording(index([0]), **facts)


def regions(made):
    return [r.region for r in made.rows()]


def test_a_region_holds_the_box_padded_by_its_shares():
    padding = Padding(left=0.1, top=0.2, right=0.3, bottom=0.4, minimum_px_at_1080p=0)
    made = planned(one_frame(), [look(0, (100, 50, 120, 70))], policy(padding))
    assert regions(made) == [Region(98, 46, 126, 78)]


def test_the_least_padding_is_scaled_by_the_shorter_side_of_the_upright_picture():
    padding = replace_padding(minimum_px_at_1080p=24)
    made = planned(one_frame(width=1920, height=1080), [look(0, (100, 100, 110, 110))], policy(padding))
    assert regions(made) == [Region(76, 76, 134, 134)]
    made = planned(one_frame(width=540, height=960), [look(0, (100, 100, 110, 110))], policy(padding))
    assert regions(made) == [Region(88, 88, 122, 122)]


def test_padding_is_up_in_the_upright_picture_however_the_frame_is_turned():
    """In a frame that is shown turned by a quarter clockwise, up is the coded picture's left."""
    turned = one_frame(width=320, height=192, orientation=Orientation.QUARTER_TURN)
    made = planned(turned, [look(0, (50, 100, 70, 140))], policy(replace_padding(top=0.5)))
    # upright 50..70 x 80..140 in a picture 192 wide; coded x = upright y, coded y = 192 - upright x
    assert regions(made) == [Region(80, 122, 140, 142)]


def test_regions_are_snapped_outward_and_end_with_the_frame():
    made = planned(one_frame(width=310, height=190), [look(0, (17, 33, 304.5, 189))], policy(grid_px=16))
    assert regions(made) == [Region(16, 32, 310, 190)]


def test_a_box_outside_the_picture_is_no_region():
    made = planned(one_frame(), [look(0, (400, 10, 500, 50))])
    assert regions(made) == []


def test_kinds_that_the_policy_does_not_name_are_ignored():
    seen = replace(
        look(0, (10, 10, 30, 30)),
        detections=(*look(0, (10, 10, 30, 30)).detections, *look(0, (90, 90, 99, 99), kind="plate").detections),
    )
    assert {r.kind for r in planned(one_frame(), [seen]).rows()} == {"face"}


def test_each_region_says_what_why_and_how_it_came():
    file = recording(index([0, 40, 80]))
    looks = [look(0), look(40, (10, 10, 30, 30), score=0.75), look(80)]
    rows = list(planned(file, looks, policy(tracking=TrackingRule(extend_ms=40, growth_per_second=0))).rows())
    assert [(r.pts, r.origin, r.score) for r in rows] == [
        (0, "extended", None),
        (40, "detected", 0.75),
        (80, "extended", None),
    ]
    assert {(r.reason, r.track) for r in rows} == {("the face's reason", 1)}


def test_the_plan_names_recording_policy_models_and_holes():
    file, rule = recording(index([0, 40, 80])), policy()
    made = make_plan(file, [look(0), look(80)], [40], rule, {"b": "22", "a": "11"})
    assert (made.recording_sha256, made.policy_sha256) == (file.sha256, rule.sha256)
    assert (made.frames, made.undecodable_pts, list(made.models)) == (3, (40,), ["a", "b"])
    check_fits(made, file, rule)


@pytest.mark.parametrize(
    ("looked", "broken"), [([0, 40], []), ([0, 40], [40]), ([0, 40, 120], []), ([0], [40, 80, 81])]
)
def test_refuses_frames_that_nobody_accounts_for(looked, broken):
    with pytest.raises(PlanError, match="accounted for"):
        make_plan(recording(index([0, 40, 80])), [look(pts) for pts in looked], broken, policy(), {})


@given(recordings(), st.sampled_from(list(Orientation)), st.sampled_from([2, 16, 64]))
@settings(max_examples=60)
def test_every_confident_detection_is_inside_a_region_of_its_frame(looks, orientation, grid_px):
    file = recording(index([a.pts for a in looks]), orientation=orientation, width=318, height=190)
    rule = policy(grid_px=grid_px, kinds=("face", "plate"), tracking=TrackingRule())
    made = planned(file, looks, rule)
    check_fits(made, file, rule)
    for a in looks:
        part = [r for r in made.rows() if r.pts == a.pts]
        for d in a.detections:
            region = snapped_region(orientation.to_coded(d.box, 318, 190), 318, 190, 1)
            assert not d.confident or region is None or any(r.kind == d.kind and holds(r.region, region) for r in part)


@given(
    st.lists(st.tuples(*[st.floats(-500, 500)] * 4), min_size=1, max_size=5),
    st.integers(1, 300),
    st.integers(1, 300),
    st.sampled_from([2, 4, 8, 16, 32, 64]),
)
def test_snapping_many_boxes_is_snapping_each(sides, width, height, grid_px):
    many = snapped_regions(np.array(sides), width, height, grid_px)
    for box, found in zip(sides, many.tolist(), strict=True):
        left, top, right, bottom = found
        single = snapped_region(Box(*box), width, height, grid_px)
        assert single == (Region(*found) if left < right and top < bottom else None)


def holds(outer, inner):
    return (
        outer.left <= inner.left + 1
        and outer.top <= inner.top + 1
        and outer.right >= inner.right - 1
        and outer.bottom >= inner.bottom - 1
    )


def replace_padding(**shares):
    return BARE.model_copy(update=shares)


class TestFit:
    def test_accepts_the_plan_of_this_recording_and_policy(self):
        check_fits(plan([row(40)]), recording(), Policy())

    def test_refuses_the_plan_of_another_recording(self):
        with pytest.raises(PlanError, match="another recording"):
            check_fits(plan(), replace(recording(), sha256="00" * 32), Policy())

    def test_refuses_a_plan_under_another_policy(self):
        with pytest.raises(PlanError, match="another policy"):
            check_fits(plan(), recording(), Policy(name="stricter"))

    def test_refuses_a_plan_with_another_number_of_frames(self):
        with pytest.raises(PlanError, match="number of frames"):
            check_fits(replace(plan(), frames=3), recording(), Policy())

    @pytest.mark.parametrize("made", [plan([row(41)]), plan(undecodable_pts=(1,))])
    def test_refuses_a_plan_for_frames_that_do_not_exist(self, made):
        with pytest.raises(PlanError, match="do not exist"):
            check_fits(made, recording(), Policy())

    @pytest.mark.parametrize("box", [(0, 0, 321, 16), (0, 0, 16, 193), (-1, 0, 16, 16), (16, 0, 16, 16), (0, 9, 9, 8)])
    def test_refuses_regions_outside_the_frame(self, box):
        with pytest.raises(PlanError, match="past the frame"):
            check_fits(plan([row(40, box)]), recording(), Policy())

    def test_accepts_a_region_that_is_the_whole_frame(self):
        check_fits(plan([row(40, (0, 0, 320, 192))]), recording(), Policy())
