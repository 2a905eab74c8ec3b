"""A person's decisions, applied to a plan."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.editing import apply_edits
from bodycam_pipeline.rules.exemptions import Screen, exemptions
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError, PlanError
from bodycam_pipeline.values.geometry import Orientation, Region
from bodycam_pipeline.values.plan import KeptTrack, MutedSpan, WithheldSpan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import index, keep, plan, recording, row

SAID = {"reason": "a reason", "by": "R. Officer"}
PAIR = [row(0, track=1), row(40, track=1), row(40, (8, 8, 24, 24), track=2), row(80, track=7, kind="plate")]


def edited(made, file=None, **edits):
    return apply_edits(made, Edits.model_validate(edits), file or recording(), Policy())


def hide(*keyframes, kind="face"):
    return {"kind": kind, **SAID, "keyframes": [{"at": at, "box": box} for at, box in keyframes]}


def test_no_edits_change_nothing():
    assert edited(plan(PAIR)) == plan(PAIR)


def test_a_kind_is_a_line_of_the_policy_and_all_that_is_made_from_it_says_so():
    said = {"reason": "s. 9, a badge", "code": "s. 9", "found_by": "hand"}
    policy = Policy(hide={"badge": said}, redaction={"style": "fill", "codes": True})
    made = plan(policy=policy)
    drawn = Edits.model_validate({"hide": [hide(("0", [0, 0, 10, 10]), ("0.04", [0, 0, 10, 10]), kind="badge")]})
    edited = apply_edits(made, drawn, recording(), policy)
    assert {(r.kind, r.reason) for r in edited.rows()} == {("badge", "a reason")}
    assert edited.part(Span(0, 400), policy.hiding).codes == ("s. 9", "s. 9")
    (line,) = exemptions(edited, Screen.of(recording()), names=True)
    assert (line.kind, line.by) == ("badge", "R. Officer")


def test_refuses_a_kind_that_the_policy_does_not_declare_and_says_what_to_write():
    with pytest.raises(EditsError, match="'badge'") as caught:
        edited(plan(), hide=[hide(("0", [0, 0, 10, 10]), ("0.04", [0, 0, 10, 10]), kind="badge")])
    assert '[hide.badge] with reason = "..." and found_by = "hand"' in caught.value.remedy


def test_keeping_a_track_drops_its_rows_and_no_others():
    made = plan(PAIR)
    kept = edited(made, keep=[keep(made, 1)])
    assert [(r.pts, r.track) for r in kept.rows()] == [(40, 2), (80, 7)]
    assert kept.kept == (KeptTrack(1, "a reason", "R. Officer", ((0, 0, 0, 16, 16), (40, 0, 0, 16, 16))),)


def test_several_tracks_of_one_person_are_kept_in_one_decision():
    made = plan(PAIR)
    kept = edited(made, keep=[keep(made, 1, 7)])
    assert [(r.pts, r.track) for r in kept.rows()] == [(40, 2)]
    assert [k.track for k in kept.kept] == [1, 7]


def test_a_hidden_box_moves_from_keyframe_to_keyframe_at_each_frames_own_time():
    file = recording(index([0, 40, 100, 160, 200, 240]))
    made = edited(plan(of=file), file, hide=[hide(("0.04", [0, 0, 10, 10]), ("0.2", [160, 80, 170, 90]))])
    rows = list(made.rows())
    assert [r.pts for r in rows] == [40, 100, 160, 200]
    assert [r.region for r in rows] == [  # 60/160 and 120/160 of the way, snapped outward to 16
        Region(0, 0, 16, 16),
        Region(48, 16, 80, 48),
        Region(112, 48, 144, 80),
        Region(160, 80, 176, 96),
    ]
    assert {(r.origin, r.score, r.reason, r.track) for r in rows} == {("manual", None, "a reason", 1)}


def test_hidden_boxes_get_numbers_above_all_others():
    boxes = [hide(("0", [0, 0, 9, 9]), ("0.04", [0, 0, 9, 9])), hide(("0", [0, 0, 9, 9]), ("0.04", [0, 0, 9, 9]))]
    made = edited(plan(PAIR), hide=boxes)
    assert {r.track for r in made.rows() if r.origin == "manual"} == {8, 9}


def test_a_hidden_box_starts_with_the_frame_on_the_screen_at_its_first_keyframe():
    made = edited(plan(), hide=[hide(("0.05", [0, 0, 9, 9]), ("0.09", [0, 0, 9, 9]))])
    assert [r.pts for r in made.rows()] == [40, 80]


def test_a_hidden_box_is_turned_with_the_picture():
    file = recording(orientation=Orientation.HALF_TURN)
    made = edited(plan(of=file), file, hide=[hide(("0", [0, 0, 16, 16]), ("0.01", [0, 0, 16, 16]))])
    assert [r.region for r in made.rows()] == [Region(304, 176, 320, 192)]


def test_refuses_a_hidden_box_outside_the_picture():
    with pytest.raises(EditsError, match="outside the frame"):
        edited(plan(), hide=[hide(("0", [900, 0, 950, 9]), ("0.2", [900, 0, 950, 9]))])


def test_a_withheld_stretch_holds_the_frame_on_the_screen_when_it_begins_and_not_the_one_when_it_ends():
    made = edited(plan(), withhold=[{"from": "0.05", "to": "0.12", **SAID}])
    assert made.withheld == (WithheldSpan(Span(40, 120), "a reason", "R. Officer"),)
    assert [pts for pts in range(0, 400, 40) if made.is_withheld(pts)] == [40, 80]


def test_a_muted_stretch_is_exact():
    made = edited(plan(), mute=[{"from": "0.05", "to": "0.055", **SAID}])
    assert made.muted == (MutedSpan(Span(50, 55), "a reason", "R. Officer"),)


def test_stretches_are_cut_to_the_recording():
    made = edited(plan(), withhold=[{"from": "0", "to": "0.44", **SAID}])
    assert made.withheld[0].span == Span(0, 400)


@pytest.mark.parametrize("verb", ["withhold", "mute"])
@pytest.mark.parametrize(("start", "end"), [("0", "0.45"), ("7", "8"), ("1:00:00", "1:00:01")])
def test_refuses_stretches_outside_the_recording_and_says_where_it_is(verb, start, end):
    with pytest.raises(EditsError, match="outside the recording") as caught:
        edited(plan(), **{verb: [{"from": start, "to": end, **SAID}]})
    assert "00:00:00.000 to 00:00:00.400" in caught.value.remedy


def test_refuses_a_stretch_before_a_recording_that_starts_late():
    file = recording(index(range(5000, 5400, 40)))
    with pytest.raises(EditsError, match="outside the recording"):
        edited(plan(of=file), file, withhold=[{"from": "0", "to": "5.2", **SAID}])


def test_refuses_a_keyframe_outside_the_recording():
    with pytest.raises(EditsError, match="hide at 00:00:09"):
        edited(plan(), hide=[hide(("0", [0, 0, 9, 9]), ("9", [0, 0, 9, 9]))])


def test_refuses_edits_on_a_plan_of_another_policy():
    with pytest.raises(PlanError):
        apply_edits(plan(), Edits(), recording(), Policy(name="other"))


def test_edits_go_on_the_plan_as_it_was_detected():
    made = plan(PAIR)
    once = edited(made, keep=[keep(made, 1)])
    with pytest.raises(EditsError, match="has decisions in it already"):
        edited(once, keep=[keep(made, 1)])


def test_a_whole_recording_box_stands_in_every_frame():
    box = {"kind": "screen", "by": "R. O.", "whole": True, "keyframes": [{"at": "0", "box": [0, 0, 9, 9]}]}
    rows = list(edited(plan(), hide=[box]).rows())
    assert [r.pts for r in rows] == list(range(0, 400, 40))
    assert {(r.region, r.reason) for r in rows} == {(Region(0, 0, 16, 16), "personal privacy")}


def test_times_may_be_the_pts_of_frames_and_of_nothing_else():
    made = edited(
        plan(),
        withhold=[{"from": "pts 80", "to": "pts 160", **SAID}],
        mute=[{"from": "pts 360", "to": "pts 400", **SAID}],
    )
    assert made.withheld[0].span == Span(80, 160)
    assert made.muted[0].span == Span(360, 400)
    with pytest.raises(EditsError, match="no frame of that pts"):
        edited(plan(), withhold=[{"from": "pts 81", "to": "pts 160", **SAID}])


def test_what_is_withheld_bears_the_kind_and_the_reason_of_the_policy():
    made = edited(plan(), withhold=[{"from": "0", "to": "0.04", "kind": "interior", "by": "R. O."}])
    assert made.withheld == (WithheldSpan(Span(0, 40), "personal privacy", "R. O.", "interior"),)
    (line,) = exemptions(made, Screen.of(recording()), names=False)
    assert (line.kind, line.place) == ("interior", "all of it")
    with pytest.raises(EditsError, match="withhold names the kind 'cellar'"):
        edited(plan(), withhold=[{"from": "0", "to": "0.04", "kind": "cellar", "by": "R. O."}])


@given(st.integers(0, 399), st.integers(1, 400))
def test_every_frame_that_shows_during_a_withheld_stretch_is_withheld(start, length):
    end = min(start + length, 400)
    made = edited(plan(), withhold=[{"from": str(start / 1000), "to": str(end / 1000), **SAID}])
    for pts in range(0, 400, 40):
        shows = pts < end and pts + 40 > start
        assert made.is_withheld(pts) == shows


@given(st.integers(0, 100_000))
def test_the_first_box_is_hidden_however_its_time_falls_between_frames(microseconds):
    at = f"0.{microseconds:06d}"
    made = edited(plan(), hide=[hide((at, [0, 0, 9, 9]), ("0.2", [0, 0, 9, 9]))])
    pts = [r.pts for r in made.rows()]
    assert pts == list(range(int(Fraction(at) * 1000) // 40 * 40, 201, 40))
