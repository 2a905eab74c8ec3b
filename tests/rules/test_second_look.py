"""What counts as explained, and what a person has to look at."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.second_look import Released, auditor_scales, find_unexplained
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.evidence import Evidence, KindWeights
from bodycam_pipeline.values.geometry import Orientation, Region
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.values.observed import Finding
from bodycam_pipeline.values.plan import Dismissed, KeptTrack, Plan, PlannedRegion, WithheldSpan, region_table
from bodycam_pipeline.values.policy import DetectionRule, GateRule, Policy
from bodycam_pipeline.values.timeline import ReleaseClock, Span
from bodycam_pipeline.vision.registry import find_model
from tests.rules.build import part, recording, segments, still

BOX = (32, 32, 64, 64)
PLACE = Region(16, 16, 80, 80)
FRAMES = 10
STEP = 3600

KNOWS = {"face": (0,), "plate": (0,)}
TRUSTED = Evidence(KNOWS, thresholds=dict.fromkeys(KNOWS, (Thresholds(high=0.5, low=0.3),)))

MEANS = KindWeights((0.0,) * 4, (-4.0, 0.0, 8.0, 0.0, 0.0, 0.0))
"""What a network says on average has to be more than half."""

ON_AVERAGE = Evidence(KNOWS, dict.fromkeys(KNOWS, MEANS))


def plan(*regions: tuple[int, Region], **decided: object) -> Plan:
    rows = [PlannedRegion(pts, r, "face", 1, "detected", 0.9, "a test") for pts, r in regions]
    made = Plan("a" * 64, "b" * 64, {}, Fraction(1, 90000), FRAMES, region_table(rows))
    return replace(made, **decided)  # type: ignore[arg-type]


def seen(*at: int, box: tuple[float, ...] = BOX, score: object = 0.8, **about: object) -> list[SegmentCandidates]:
    """Ten looks, in some of which something is seen; between, it is followed."""
    pts = range(0, FRAMES * STEP, STEP)
    between = tuple(n * STEP for n in range(at[0], at[-1]) if n not in at)
    scores = {n * STEP: (score[n] if isinstance(score, dict) else score,) for n in at}
    there = still([n * STEP for n in range(at[0], at[-1] + 1)], box, scores=scores, followed=between, **about)
    return segments(part(there, pts=pts))


def findings(
    of: Plan, looks: list[SegmentCandidates], policy: Policy | None = None, turn: int = 1, evidence: Evidence = TRUSTED
) -> tuple[Finding, ...]:
    video = replace(recording().video, width=320, height=240, orientation=Orientation(turn))
    return find_unexplained(Released(of, policy or Policy(), video, ReleaseClock(0, 1)), looks, evidence)


def test_what_nobody_hid_is_a_spot() -> None:
    (finding,) = findings(plan(), seen(3, 4, 5, score={3: 0.6, 4: 0.8, 5: 0.7}))
    assert (finding.first_pts, finding.last_pts, finding.looks, finding.kind) == (3 * STEP, 5 * STEP, 3, "face")
    assert (finding.pts, finding.score) == (4 * STEP, pytest.approx(0.8))
    assert (finding.box.left, finding.box.top, finding.box.right, finding.box.bottom) == BOX


def test_what_is_hidden_is_explained_in_its_own_frames_only() -> None:
    hidden = [(n * STEP, PLACE) for n in (3, 4)]
    assert not findings(plan(*hidden), seen(3, 4))
    (finding,) = findings(plan(*hidden), seen(3, 4, 5, 6))
    assert (finding.first_pts, finding.looks) == (5 * STEP, 2)


def test_what_was_only_followed_is_no_look() -> None:
    (finding,) = findings(plan(), seen(3, 6))
    assert finding.looks == 2
    hidden = [(n * STEP, PLACE) for n in (3, 6)]
    assert not findings(plan(*hidden), seen(3, 6)), "followed between into frames in which nothing is hidden"


def test_a_face_that_half_shows_is_not_hidden() -> None:
    assert findings(plan(*[(n * STEP, Region(0, 0, 320, 46)) for n in (3, 4)]), seen(3, 4))
    assert not findings(plan(*[(n * STEP, Region(0, 0, 320, 60)) for n in (3, 4)]), seen(3, 4))


def test_two_regions_explain_together() -> None:
    halves = [(n * STEP, Region(*sides)) for n in (3, 4) for sides in ((32, 32, 42, 64), (48, 32, 64, 64))]
    assert not findings(plan(*halves), seen(3, 4))
    assert findings(plan(*halves[::2]), seen(3, 4))


def test_what_a_person_kept_is_explained_where_it_was() -> None:
    places = tuple((n * STEP, 16, 16, 80, 80) for n in (3, 4))
    kept = plan(kept=(KeptTrack(1, "the requester", "R. Officer", places),))
    assert not findings(kept, seen(3, 4))
    assert findings(kept, seen(3, 4, box=(100, 100, 140, 140)))


def test_what_a_person_dismissed_is_explained_for_its_time() -> None:
    dismissed = plan(dismissed=(Dismissed(Span(3 * STEP, 5 * STEP), PLACE, "a poster", "R. Officer"),))
    assert not findings(dismissed, seen(3, 4))
    assert findings(dismissed, seen(6, 7))


def test_withheld_time_is_explained() -> None:
    withheld = plan(withheld=(WithheldSpan(Span(0, 5 * STEP), "a dwelling", "R. Officer"),))
    assert not findings(withheld, seen(3, 4))
    assert findings(withheld, seen(4, 5))


def test_one_look_is_enough_unless_the_policy_asks_for_more_and_there_are_more() -> None:
    two = Policy(gate=GateRule(least_looks=2))
    assert findings(plan(), seen(3))
    assert not findings(plan(), seen(3), two)
    assert findings(plan(), seen(3, 4), two)
    assert findings(plan(), segments(part(still([0], BOX), pts=[0])), two)


def test_looks_that_are_explained_are_not_counted_as_enough() -> None:
    two = Policy(gate=GateRule(least_looks=2))
    assert not findings(plan((3 * STEP, PLACE)), seen(3, 4), two)


def test_what_is_tiny_does_not_count() -> None:
    assert not findings(plan(), seen(3, 4, box=(32, 32, 64, 43.9)))
    assert not findings(plan(), seen(3, 4, box=(32, 32, 43.9, 64)))
    assert findings(plan(), seen(3, 4, box=(32, 32, 44, 44)))
    assert findings(plan(), seen(3, 4, box=(32, 32, 40, 40)), Policy(gate=GateRule(smallest_px=8)))


def test_what_is_less_likely_a_thing_than_not_does_not_count() -> None:
    assert not findings(plan(), seen(3, 4, 5, score=0.49), evidence=ON_AVERAGE)
    assert findings(plan(), seen(3, 4, 5, score=0.51), evidence=ON_AVERAGE)
    assert not findings(plan(), seen(3, 4, 5, score=0.29))


def test_silence_between_two_looks_counts() -> None:
    assert findings(plan(), seen(3, 4, score=0.9), evidence=ON_AVERAGE)
    assert not findings(plan(), seen(1, 8, score=0.9), evidence=ON_AVERAGE)


def test_what_was_seen_of_it_where_it_is_hidden_is_no_evidence_of_what_shows() -> None:
    hidden = [(n * STEP, PLACE) for n in (3, 4, 5)]
    found = seen(3, 4, 5, 6, score={3: 0.9, 4: 0.9, 5: 0.9, 6: 0.4})
    assert findings(plan(), found, evidence=ON_AVERAGE)
    assert not findings(plan(*hidden), found, evidence=ON_AVERAGE)


def test_kinds_that_the_policy_leaves_visible_are_not_looked_for() -> None:
    faces = Policy(hide={"face": Policy().hide["face"]})
    assert not findings(plan(), seen(3, 4, kind="plate"), faces)
    assert findings(plan(), seen(3, 4, kind="plate"))


def test_spots_stand_in_order_of_time_and_one_that_crosses_a_border_is_one() -> None:
    late, early = still([8000, 12000], (100, 100, 140, 140)), still([0, 4000], BOX, onward=BOX)
    on = still([16000, 20000], BOX)
    before = part(late, early, pts=range(0, 16000, 4000), border_pts=16000)
    two = findings(plan(), segments(before, part(on, pts=range(16000, 24000, 4000))))
    assert [(finding.first_pts, finding.last_pts) for finding in two] == [(0, 20000), (8000, 12000)]


def test_boxes_of_a_turned_recording_are_compared_where_they_were_painted() -> None:
    place = Region(32, 176, 64, 208)  # coded x = upright y, coded y = 240 - upright x
    assert not findings(plan((3 * STEP, place), (4 * STEP, place)), seen(3, 4), turn=6)
    assert findings(plan((3 * STEP, PLACE), (4 * STEP, PLACE)), seen(3, 4), turn=6)


PAINTERS = [(find_model(rule.model), rule.long_sides_px) for rule in DetectionRule().detectors]
AUDITORS = [(find_model(rule.model), rule.long_sides_px) for rule in GateRule().auditors]


@given(st.integers(64, 8192))
def test_no_auditor_shares_weights_and_scale_with_a_detector_in_a_recording_of_any_size(longest: int) -> None:
    painted = {side for _, sides in PAINTERS for side in sides}
    for auditor, wanted in AUDITORS:
        for side in auditor_scales(auditor, wanted, PAINTERS, longest):
            assert all(not 1 / 1.2 < side / min(other, longest) < 1.2 for other in painted)
            assert side <= 2 * longest


@pytest.mark.parametrize(
    ("longest", "expected"), [(1920, 960), (1280, 960), (1100, 1467), (960, 1280), (640, 960), (400, 800)]
)
def test_the_default_auditor_moves_where_a_small_recording_brings_it_to_the_detectors(
    longest: int, expected: int
) -> None:
    auditor, wanted = AUDITORS[1]
    assert auditor_scales(auditor, wanted, PAINTERS, longest) == (expected,)


def test_an_auditor_with_weights_of_its_own_stays_at_its_scale() -> None:
    auditor, _ = AUDITORS[1]
    assert auditor_scales(auditor, (640,), [(find_model("centerface"), (640,))], 1920) == (640,)
