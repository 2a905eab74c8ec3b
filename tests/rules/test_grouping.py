"""Proposals of which tracks are one person: by colours, place and time, and never two people of one frame."""

import numpy as np

from bodycam_pipeline.rules.grouping import appearances, choose_probes, propose_groups
from bodycam_pipeline.values.appearance import FrameAppearance, Probe, TrackAppearance, TrackPicture
from bodycam_pipeline.values.geometry import Box, Orientation, Region
from tests.rules.build import plan, recording, row

HERE, THERE = (0, 0, 64, 64), (224, 96, 288, 160)


def life(track, box, first, last, kind="face", score=0.5):
    return [row(pts, box, track=track, kind=kind, score=score) for pts in range(first, last + 1, 40)]


def colours(*shares):
    found = np.zeros(256, np.float32)
    found[: len(shares)] = shares
    return found


RED, BLUE, REDDISH = colours(0.9, 0.1), colours(0.0, 0.1, 0.9), colours(0.3, 0.1, 0.0, 0.6)


def looks_like(track, clothes, head=RED):
    picture = TrackPicture(0, Box(*HERE), 1.0)
    return TrackAppearance(track, picture, picture, head, clothes)


def groups(rows, **clothes):
    appearance = {int(name[1:]): looks_like(int(name[1:]), colour) for name, colour in clothes.items()}
    return [group.tracks for group in propose_groups(plan(rows), appearance)]


def test_who_comes_back_in_the_same_clothes_is_one_group_and_who_does_not_is_another():
    rows = [*life(1, HERE, 0, 80), *life(2, THERE, 160, 240), *life(3, THERE, 280, 360)]
    assert groups(rows, t1=RED, t2=BLUE, t3=RED) == [(1, 3), (2,)]


def test_two_in_one_frame_are_two_people_however_alike():
    rows = [*life(1, HERE, 0, 200), *life(2, THERE, 80, 360)]
    assert groups(rows, t1=RED, t2=RED) == [(1,), (2,)]


def test_a_group_holds_nobody_who_is_seen_beside_any_of_it():
    rows = [*life(1, HERE, 0, 120), *life(2, THERE, 200, 360), *life(3, HERE, 240, 360)]
    assert groups(rows, t1=RED, t2=RED, t3=RED) in ([(1, 2), (3,)], [(1, 3), (2,)])


def test_who_goes_on_where_another_track_ended_may_look_a_little_otherwise():
    rows = [*life(1, HERE, 0, 120), *life(2, HERE, 160, 280)]
    far = [*life(1, HERE, 0, 120), *life(2, THERE, 160, 280)]
    assert groups(rows, t1=RED, t2=REDDISH) == [(1, 2)]
    assert groups(far, t1=RED, t2=REDDISH) == [(1,), (2,)]


def test_two_kinds_are_never_one_and_who_was_not_looked_at_stays_alone():
    rows = [*life(1, HERE, 0, 120), *life(2, HERE, 160, 280, kind="plate"), *life(3, HERE, 320, 360)]
    assert groups(rows, t1=RED, t2=RED) == [(1,), (2,), (3,)]


def test_each_track_is_looked_at_where_it_is_smallest_and_least_sure():
    rows = [*life(1, HERE, 0, 360), row(400, (0, 0, 16, 16), track=1), row(440, HERE, track=1, score=None)]
    probes = choose_probes(plan(rows, of=recording()))
    assert {probe.pts for probe in probes} >= {0, 400, 440}
    assert len(probes) <= 11
    assert next(probe for probe in probes if probe.pts == 440).confidence < 0.5


def test_the_sharpest_and_the_worst_picture_are_by_size_sharpness_and_confidence():
    def look(pts, side, sharpness, confidence):
        return FrameAppearance(Probe(1, pts, Region(0, 0, side, side), confidence), sharpness, RED, BLUE)

    video = recording(orientation=Orientation.HALF_TURN).video
    looks = [look(0, 16, 2.0, 0.5), look(40, 64, 2.0, 0.5), look(80, 64, 9.0, 0.5), look(120, 64, 9.0, 0.1)]
    found = appearances(looks, video)[1]
    assert (found.sharpest.pts, found.worst.pts) == (80, 0)
    assert found.worst.box == Box(304, 176, 320, 192)
    np.testing.assert_allclose(found.around, BLUE)


def test_a_plan_that_hides_nothing_has_no_groups():
    assert propose_groups(plan([], of=recording()), {}) == ()
