"""Tracks: no gap, both ends extended, nothing sure left out, no scene cut crossed."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.rules.tracks import link
from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.policy import TrackingRule
from tests.rules.build import TIME_BASE, detection, look

SIZE = (640, 360)
FACE = (100, 100, 140, 150)


def tracks(looks, size=SIZE, **rule):
    return link(looks, time_base=TIME_BASE, size=size, rule=TrackingRule(**rule))


def covers(outer, inner):
    return (
        outer.left <= inner.left + 1e-6
        and outer.top <= inner.top + 1e-6
        and outer.right >= inner.right - 1e-6
        and outer.bottom >= inner.bottom - 1e-6
    )


def boxes_at(found, pts):
    return [s.box for track in found for s in track.sightings() if s.pts == pts]


def is_covered(found, pts, box):
    return any(covers(b, Box(*box)) for b in boxes_at(found, pts))


def moved(box, x, y=0):
    return (box[0] + x, box[1] + y, box[2] + x, box[3] + y)


def frames(n, step=40):
    return range(0, n * step, step)


def test_nothing_seen_is_no_track():
    assert tracks([]) == ()
    assert tracks([look(pts) for pts in frames(5)]) == ()


def test_one_confident_detection_alone_is_a_track_that_reaches_back_and_on():
    found = tracks([look(pts, *([FACE] if pts == 1000 else [])) for pts in frames(60)], extend_ms=200)
    assert len(found) == 1
    origins = {s.pts: s.origin for s in found[0].sightings()}
    assert origins == {pts: "detected" if pts == 1000 else "extended" for pts in range(800, 1201, 40)}


def test_a_detection_that_is_not_confident_begins_nothing():
    assert tracks([look(pts, FACE, confident=False) for pts in frames(10)]) == ()


def test_one_confident_member_keeps_a_chain_of_weak_ones_before_and_after_it():
    looks = [look(pts, moved(FACE, pts / 20), confident=pts == 400) for pts in frames(21)]
    found = tracks(looks, extend_ms=0)
    assert len(found) == 1
    assert [s.origin for s in found[0].sightings()] == ["detected"] * 21


def test_a_gap_up_to_the_bridge_is_filled_and_a_longer_one_is_not():
    def with_gap(last):
        return [look(pts, *([FACE] if pts in {0, last} else [])) for pts in range(0, last + 1, 40)]

    assert len(tracks(with_gap(400), bridge_ms=400, extend_ms=0)) == 1
    assert len(tracks(with_gap(440), bridge_ms=400, extend_ms=0)) == 2


def test_the_filled_gap_holds_the_true_place_of_a_thing_that_moves_steadily():
    path = {pts: moved(FACE, pts / 10, pts / 25) for pts in frames(30)}
    looks = [look(pts, *([] if 200 < pts < 900 else [box])) for pts, box in path.items()]
    found = tracks(looks)
    assert all(is_covered(found, pts, box) for pts, box in path.items())


def test_a_box_grows_while_nobody_sees_it():
    found = tracks([look(pts, *([FACE] if pts == 0 else [])) for pts in frames(10)], growth_per_second=1, extend_ms=400)
    widths = [s.box.width for s in found[0].sightings()]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(40 * (1 + 2 * 0.36))


def test_a_scene_cut_ends_every_link_bridge_and_extension():
    looks = [look(pts, *([FACE] if pts in {120, 240} else []), cut=pts == 200) for pts in frames(12)]
    found = tracks(looks, extend_ms=1000, bridge_ms=1000)
    assert [[s.pts for s in t.sightings()] for t in found] == [
        [0, 40, 80, 120, 160],
        [200, 240, 280, 320, 360, 400, 440],
    ]


def test_frames_that_nobody_could_look_at_still_count_as_time():
    looks = [look(pts, FACE) for pts in (0, 40, 1040, 1080)]
    assert len(tracks(looks, bridge_ms=999)) == 2
    assert len(tracks(looks, bridge_ms=1000)) == 1


def test_kinds_are_never_linked():
    looks = [look(0, FACE), look(40, FACE, kind="plate")]
    assert sorted(track.kind for track in tracks(looks)) == ["face", "plate"]


def test_a_jerk_of_the_camera_breaks_no_track():
    """Three faces, thrown 1.2 of their widths to the side between two frames, keep their numbers."""
    faces = [FACE, moved(FACE, 200, 40), moved(FACE, 380, -30)]
    looks = [look(pts, *(moved(f, 48 if pts >= 200 else 0) for f in faces)) for pts in frames(10)]
    found = tracks(looks, extend_ms=0)
    assert len(found) == 3
    assert all(len(t.pts) == 10 for t in found)


def test_a_measured_shift_carries_an_unseen_face_along_with_the_picture():
    """Seen at 0 and at 800 only, while the camera swings to and fro between: no straight line knows that."""
    swing = {pts: 150 * (pts if pts <= 400 else 800 - pts) / 400 for pts in frames(21)}
    shifts = [None] + [(swing[b] - swing[a], 0.0) for a, b in pairwise(swing)]
    truth = {pts: moved(FACE, x) for pts, x in swing.items()}
    looks = [
        look(pts, *([box] if pts in {0, 800} else []), shift=shift)
        for (pts, box), shift in zip(truth.items(), shifts, strict=True)
    ]
    found = tracks(looks)
    assert len(found) == 1
    assert all(is_covered(found, pts, box) for pts, box in truth.items())


def test_two_that_cross_may_swap_numbers_but_stay_covered():
    """One walks right, one walks left, and for half a second the nearer hides the other."""
    right = {pts: moved(FACE, pts / 5) for pts in frames(40)}
    left = {pts: moved(FACE, 310 - pts / 5, 4) for pts in frames(40)}
    looks = [look(pts, right[pts], *([] if 560 <= pts <= 1000 else [left[pts]])) for pts in frames(40)]
    found = tracks(looks)
    for pts in frames(40):
        assert is_covered(found, pts, right[pts]), pts
        assert is_covered(found, pts, left[pts]), pts


def test_a_box_that_is_too_small_in_one_frame_is_helped_by_its_neighbours():
    half = (100, 100, 118, 122)
    looks = [look(pts, half if pts == 200 else FACE) for pts in frames(10)]
    assert is_covered(tracks(looks), 200, FACE)


def test_a_thing_of_quite_another_size_is_another_thing():
    looks = [look(0, FACE), look(40, (60, 50, 190, 230))]
    assert len(tracks(looks)) == 2


def test_tracks_are_numbered_in_order_of_appearance():
    looks = [
        look(pts, *([moved(FACE, 300)] if pts >= 400 else []), *([FACE] if pts >= 200 else [])) for pts in frames(20)
    ]
    found = tracks(looks, extend_ms=0)
    assert [(t.number, int(t.pts[0])) for t in found] == [(1, 200), (2, 400)]


def test_refuses_looks_out_of_order_or_twice():
    for pts in ((40, 0), (0, 0)):
        with pytest.raises(ValueError, match="ascend"):
            tracks([look(p) for p in pts])


@st.composite
def recordings(draw):
    """Looks at uneven times, some undecodable, some after a cut, with anything at all detected."""
    number = st.integers(0, 300)
    looks, now = [], draw(st.integers(-500, 500))
    for _ in range(draw(st.integers(1, 25))):
        now += draw(st.sampled_from([33, 34, 40, 200, 700]))
        seen = [
            Detection(
                now,
                draw(st.sampled_from(["face", "plate"])),
                Box(x := draw(number), y := draw(number), x + draw(st.integers(1, 80)), y + draw(st.integers(1, 80))),
                draw(st.sampled_from([0.2, 0.5, 0.9])),
                draw(st.booleans()),
                "made",
            )
            for _ in range(draw(st.integers(0, 3)))
        ]
        shift = draw(st.none() | st.tuples(st.floats(-50, 50), st.floats(-50, 50)))
        looks.append(Look(now, draw(st.integers(0, 9)) == 0, tuple(seen), shift))
    return looks


@given(recordings())
@settings(max_examples=150)
def test_no_track_has_a_hole_and_every_confident_detection_is_inside_one(looks):
    found = tracks(looks)
    position = {a.pts: n for n, a in enumerate(looks)}
    cuts = [a.pts for a in looks if a.cut]
    for track in found:
        places = [position[pts] for pts in track.pts.tolist()]
        assert places == list(range(places[0], places[-1] + 1))
        assert not any(track.pts[0] < cut <= track.pts[-1] for cut in cuts)
        assert (track.boxes[:, :2] < track.boxes[:, 2:]).all()
    for a in looks:
        for d in a.detections:
            assert not d.confident or any(
                covers(s.box, d.box) for t in found if t.kind == d.kind for s in t.sightings() if s.pts == d.pts
            )


@given(recordings(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_of_detections_inside_a_frame_does_not_matter(looks, shuffler: random.Random):
    shuffled = [replace(a, detections=tuple(shuffler.sample(a.detections, len(a.detections)))) for a in looks]
    assert as_values(tracks(looks)) == as_values(tracks(shuffled))


@given(recordings())
@settings(max_examples=60)
def test_time_may_run_backward_for_single_things(looks):
    """Of two looks at one thing each, neither direction of time sees more."""
    forward = [replace(a, detections=a.detections[:1], shift=None, cut=False) for a in looks]
    backward = [Look(-a.pts, False, tuple(replace(d, pts=-a.pts) for d in a.detections)) for a in forward[::-1]]
    if sum(bool(a.detections) for a in forward) <= 2:
        ahead = sorted(s.pts for t in tracks(forward) for s in t.sightings())
        behind = sorted(-s.pts for t in tracks(backward) for s in t.sightings())
        assert ahead == behind


def as_values(found):
    return [(t.number, t.kind, list(t.sightings())) for t in found]


def test_the_work_grows_with_the_frames_and_not_with_their_square():
    def spent(n):
        looks = [look(pts, FACE, moved(FACE, 200)) for pts in frames(n, 33)]
        start = process_time()
        tracks(looks)
        return process_time() - start

    spent(100)
    assert spent(8_000) < 6 * spent(2_000) + 0.5


def test_time_bases_other_than_milliseconds_reach_equally_far():
    def reach(ticks):
        looks = [
            Look(n * ticks // 25, False, (detection(n * ticks // 25, FACE),) if n == 50 else ()) for n in range(100)
        ]
        found = link(looks, time_base=Fraction(1, ticks), size=SIZE, rule=TrackingRule(extend_ms=500))
        return len(found[0].pts)

    assert reach(1000) == reach(90_000) == 25
