"""From boxes to regions: padded, turned, snapped, clipped, and none forgotten."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.fit import check_fits
from bodycam_pipeline.rules.painting import paint_boxes
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.values.errors import PlanError
from bodycam_pipeline.values.geometry import Box, Orientation, Region, snap_region
from bodycam_pipeline.values.policy import HideRule, Padding, Policy, RedactionRule
from tests.rules.build import TIME_BASE, index, part, plan, recording, row, segments, track

ROUNDING = 1e-9
"""Pixels: a box that lies in the picture by less is hidden by nothing."""

BARE = Padding(left=0, top=0, right=0, bottom=0, minimum_px_at_1080p=0)


def policy(padding=BARE, grid_px=2, kinds=("face",)):
    return Policy(
        hide={kind: HideRule(reason=f"the {kind}'s reason", padding=padding) for kind in kinds},
        redaction=RedactionRule(grid_px=grid_px),
    )


def planned(file, *tracks, of=None):
    """The plan of a recording whose every frame was decoded."""
    return make_plan(file, segments(part(pts=file.packets.shown_pts())), tracks, of or policy(), {"made": "00"})


def one_frame(**facts):
    return recording(index([0]), **facts)


def regions(made):
    return [r.region for r in made.rows()]


def test_a_region_holds_the_box_padded_by_its_shares():
    padding = Padding(left=0.1, top=0.2, right=0.3, bottom=0.4, minimum_px_at_1080p=0)
    made = planned(one_frame(), track([0], (100, 50, 120, 70)), of=policy(padding))
    assert regions(made) == [Region(98, 46, 126, 78)]


def test_the_least_padding_is_scaled_by_the_shorter_side_of_the_upright_picture():
    padding, seen = replace_padding(minimum_px_at_1080p=24), track([0], (100, 100, 110, 110))
    made = planned(one_frame(width=1920, height=1080), seen, of=policy(padding))
    assert regions(made) == [Region(76, 76, 134, 134)]
    made = planned(one_frame(width=540, height=960), seen, of=policy(padding))
    assert regions(made) == [Region(88, 88, 122, 122)]


def test_padding_is_up_in_the_upright_picture_however_the_frame_is_turned():
    """In a frame that is shown turned by a quarter clockwise, up is the coded picture's left."""
    turned = one_frame(width=320, height=192, orientation=Orientation.QUARTER_TURN)
    made = planned(turned, track([0], (50, 100, 70, 140)), of=policy(replace_padding(top=0.5)))
    # upright 50..70 x 80..140 in a picture 192 wide; coded x = upright y, coded y = 192 - upright x
    assert regions(made) == [Region(80, 122, 140, 142)]


def test_regions_are_snapped_outward_and_end_with_the_frame():
    made = planned(one_frame(width=310, height=190), track([0], (17, 33, 304.5, 189)), of=policy(grid_px=16))
    assert regions(made) == [Region(16, 32, 310, 190)]


def test_a_box_outside_the_picture_is_no_region():
    assert regions(planned(one_frame(), track([0], (400, 10, 500, 50)))) == []


def test_each_region_says_what_why_and_how_it_came():
    file = recording(index([0, 40, 80, 120]))
    origins = ["followed", "detected", "followed", "guessed"]
    rows = list(planned(file, track([0, 40, 80, 120], (10, 10, 30, 30), origins=origins, scores=0.75)).rows())
    assert [(r.pts, r.origin, r.score) for r in rows] == [
        (0, "followed", None),
        (40, "detected", 0.75),
        (80, "followed", None),
        (120, "guessed", None),
    ]
    assert {(r.reason, r.track, r.kind) for r in rows} == {("the face's reason", 1, "face")}


def test_regions_are_sorted_by_time_whatever_the_order_of_the_tracks():
    file, rule = recording(index([0, 40, 80])), policy(kinds=("face", "plate"))
    one = track([40, 80], (10, 10, 30, 30), number=2)
    other = track([0, 40], (90, 90, 120, 110), kind="plate", number=1)
    made = planned(file, one, other, of=rule)
    assert made == planned(file, other, one, of=rule)
    assert [(r.pts, r.kind) for r in made.rows()] == [(0, "plate"), (40, "face"), (40, "plate"), (80, "face")]


def test_the_plan_names_recording_policy_models_and_holes():
    file, rule = recording(index([0, 40, 80])), policy()
    made = make_plan(file, segments(part(pts=[0, 80], undecodable=[40])), (), rule, {"b": "22", "a": "11"})
    assert (made.recording_sha256, made.policy_sha256) == (file.sha256, rule.sha256)
    assert (made.frames, made.undecodable_pts, list(made.models)) == (3, (40,), ["a", "b"])
    check_fits(made, file, rule)


@pytest.mark.parametrize(
    ("looked", "broken"), [([0, 40], []), ([0, 40], [40]), ([0, 40, 120], []), ([0], [40, 80, 81]), ([], [])]
)
def test_refuses_frames_that_nobody_accounts_for(looked, broken):
    with pytest.raises(PlanError, match="accounted for"):
        make_plan(recording(index([0, 40, 80])), segments(part(pts=looked, undecodable=broken)), (), policy(), {})


def test_refuses_a_frame_that_two_segments_account_for():
    with pytest.raises(PlanError, match="accounted for"):
        make_plan(recording(index([0, 40, 80])), segments(part(pts=[0, 40]), part(pts=[40, 80])), (), policy(), {})


BOX = st.tuples(st.floats(-40, 320), st.floats(-40, 190), st.floats(1, 200), st.floats(1, 120))


@given(
    st.lists(BOX, min_size=1, max_size=8),
    st.sampled_from(["face", "plate"]),
    st.sampled_from(list(Orientation)),
    st.sampled_from([2, 16, 64]),
)
@settings(max_examples=60)
def test_every_box_of_a_track_is_inside_a_region_of_its_frame(places, kind, orientation, grid_px):
    pts = [40 * n for n in range(len(places))]
    file = recording(index(pts), orientation=orientation, width=318, height=190)
    rule = policy(grid_px=grid_px, kinds=("face", "plate"))
    seen = track(pts, [(x, y, x + w, y + h) for x, y, w, h in places], kind=kind)
    made = planned(file, seen, of=rule)
    check_fits(made, file, rule)
    assert (paint_boxes(seen, float(TIME_BASE))[:, 2:] >= seen.boxes[:, 2:] - ROUNDING).all()
    for at, (x, y, w, h) in zip(pts, places, strict=True):
        upright = Box(x + ROUNDING, y + ROUNDING, x + w - ROUNDING, y + h - ROUNDING)
        region = snap_region(orientation.to_coded(upright, 318, 190), 318, 190, 1)
        there = [r for r in made.rows() if r.pts == at and r.kind == kind]
        assert region is None or any(holds(r.region, region) for r in there)


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
