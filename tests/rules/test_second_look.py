"""What counts as explained, and what a person has to look at."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.second_look import Released, auditor_scales, unexplained
from bodycam_pipeline.values.detection import Detection, Kind, Look
from bodycam_pipeline.values.geometry import Box, Orientation, Region
from bodycam_pipeline.values.observed import Spot
from bodycam_pipeline.values.plan import Dismissed, KeptTrack, Plan, PlannedRegion, WithheldSpan, region_table
from bodycam_pipeline.values.policy import DetectionRule, GateRule, Policy
from bodycam_pipeline.values.timeline import ReleaseClock, Span
from bodycam_pipeline.vision.registry import find_model
from tests.rules.build import recording

BOX = Box(32, 32, 64, 64)
PLACE = Region(16, 16, 80, 80)
FRAMES = 10
STEP = 3600


def plan(*regions: tuple[int, Region], **decided: object) -> Plan:
    rows = [PlannedRegion(pts, r, "face", 1, "detected", 0.9, "a test") for pts, r in regions]
    made = Plan("a" * 64, "b" * 64, {}, Fraction(1, 90000), FRAMES, region_table(rows))
    return replace(made, **decided)  # type: ignore[arg-type]


def seen(*at: int, box: Box = BOX, kind: Kind = "face", sure: bool = True) -> list[Look]:
    """Ten looks, in some of which something is seen."""
    found = (Detection(0, kind, box, 0.8, sure, "auditor"),)
    return [
        Look(n * STEP, cut=False, detections=(replace(found[0], pts=n * STEP),) if n in at else ())
        for n in range(FRAMES)
    ]


def spots(of: Plan, looks: list[Look], policy: Policy | None = None, turn: int = 1) -> tuple[Spot, ...]:
    video = replace(recording().video, width=320, height=240, orientation=Orientation(turn))
    return unexplained(Released(of, policy or Policy(), video, ReleaseClock(0, 1)), looks)


def test_what_nobody_hid_is_a_spot() -> None:
    (spot,) = spots(plan(), seen(3, 4, 5))
    assert (spot.first_pts, spot.last_pts, spot.looks, spot.kind) == (3 * STEP, 5 * STEP, 3, "face")
    assert spot.box == BOX


def test_what_is_hidden_is_explained_in_its_own_frames_only() -> None:
    hidden = [(n * STEP, PLACE) for n in (3, 4)]
    assert not spots(plan(*hidden), seen(3, 4))
    (spot,) = spots(plan(*hidden), seen(3, 4, 5, 6))
    assert spot.first_pts == 5 * STEP


def test_a_face_that_half_shows_is_not_hidden() -> None:
    assert spots(plan(*[(n * STEP, Region(0, 0, 320, 46)) for n in (3, 4)]), seen(3, 4))
    assert not spots(plan(*[(n * STEP, Region(0, 0, 320, 60)) for n in (3, 4)]), seen(3, 4))


def test_what_a_person_kept_is_explained_where_it_was() -> None:
    places = tuple((n * STEP, 16, 16, 80, 80) for n in (3, 4))
    kept = plan(kept=(KeptTrack(1, "the requester", "R. Officer", places),))
    assert not spots(kept, seen(3, 4))
    assert spots(kept, seen(3, 4, box=Box(100, 100, 140, 140)))


def test_what_a_person_dismissed_is_explained_for_its_time() -> None:
    dismissed = plan(dismissed=(Dismissed(Span(3 * STEP, 5 * STEP), PLACE, "a poster", "R. Officer"),))
    assert not spots(dismissed, seen(3, 4))
    assert spots(dismissed, seen(6, 7))


def test_withheld_time_is_explained() -> None:
    assert not spots(plan(withheld=(WithheldSpan(Span(0, 5 * STEP), "a dwelling", "R. Officer"),)), seen(3, 4))


def test_one_look_is_enough_unless_the_policy_asks_for_more_and_there_are_more() -> None:
    two = Policy(gate=GateRule(least_looks=2))
    assert spots(plan(), seen(3))
    assert not spots(plan(), seen(3), two)
    assert spots(plan(), seen(0)[:1], two)


def test_what_was_never_seen_surely_is_not_a_spot() -> None:
    assert not spots(plan(), seen(3, 4, 5, sure=False))


def test_kinds_that_the_policy_leaves_visible_are_not_looked_for() -> None:
    faces = Policy(hide={"face": Policy().hide["face"]})
    assert not spots(plan(), seen(3, 4, kind="plate"), faces)


def test_boxes_of_a_turned_recording_are_compared_where_they_were_painted() -> None:
    coded = Orientation.QUARTER_TURN.to_coded(BOX, 320, 240)
    place = Region(int(coded.left), int(coded.top), int(coded.right), int(coded.bottom))
    assert not spots(plan((3 * STEP, place), (4 * STEP, place)), seen(3, 4), turn=6)
    assert spots(plan((3 * STEP, PLACE), (4 * STEP, PLACE)), seen(3, 4), turn=6)


PAINTERS = [find_model(name) for name in DetectionRule().models]
AUDITORS = [(find_model(rule.model), rule.long_sides_px) for rule in GateRule().auditors]


@given(st.integers(64, 8192))
def test_no_auditor_shares_weights_and_scale_with_a_painter_in_a_recording_of_any_size(longest: int) -> None:
    painted = DetectionRule().long_sides_px
    for auditor, wanted in AUDITORS:
        for side in auditor_scales(auditor, wanted, PAINTERS, painted, longest):
            assert all(not 1 / 1.2 < side / min(other, longest) < 1.2 for other in painted)
            assert side <= 2 * longest


@pytest.mark.parametrize(
    ("longest", "expected"), [(1920, 960), (1280, 960), (1100, 1467), (960, 1280), (640, 960), (400, 800)]
)
def test_the_default_auditor_moves_where_a_small_recording_brings_it_to_the_painters(
    longest: int, expected: int
) -> None:
    auditor, wanted = AUDITORS[1]
    assert auditor_scales(auditor, wanted, PAINTERS, DetectionRule().long_sides_px, longest) == (expected,)


def test_an_auditor_with_weights_of_its_own_stays_at_its_scale() -> None:
    auditor, _ = AUDITORS[1]
    assert auditor_scales(auditor, (640,), [find_model("centerface")], (640,), 1920) == (640,)
