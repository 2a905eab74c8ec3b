"""What a chain is: one track, and the evidence of every look between its first and last observation."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import life_of
from bodycam_pipeline.values.evidence import LOWEST
from bodycam_pipeline.values.track import ORIGINS
from tests.rules.build import Thing, part, segments, still

BOX = (10, 10, 30, 50)
PTS = range(0, 400, 40)


@dataclass
class RecordingEvidence:
    """An evidence that notes what it is asked."""

    calls: list = field(default_factory=list)
    times: list = field(default_factory=list)

    def of_track(self, kind, scores, stands_for, side_px, seconds):
        self.calls.append((kind, np.round(scores, 3).tolist(), side_px, seconds))
        self.times.append(stands_for.tolist())
        return 1.5


def life(*parts):
    (tracklet,) = tracklets(segments(*parts))
    return life_of(tracklet, 0.001)


def asked(of, but=None):
    ear = RecordingEvidence()
    assert of.evidence(ear, but) == 1.5
    return ear.calls[0]


def test_the_looks_from_the_first_sighting_to_the_last_are_the_evidence():
    scores = {80: (0.5, 0.0), 160: (0.25, 0.75)}
    seen = still(range(0, 320, 40), BOX, scores=scores, followed=(0, 40, 120, 200, 240, 280))
    kind, said, side, seconds = asked(life(part(seen, networks=2)))
    assert said == [[0.5, 0.0], [0.0, 0.0], [0.25, 0.75]], "the silent look between counts, those beyond do not"
    assert (kind, seconds) == ("face", pytest.approx(0.08))
    assert side == pytest.approx((20 * 40) ** 0.5)


def test_frames_at_which_nobody_looked_are_no_silence():
    seen = still(range(0, 200, 40), BOX, scores=(0.5,), followed=(40, 80, 120), unlooked=(40, 120))
    assert asked(life(part(seen)))[1] == [[0.5], [0.0], [0.5]]


def times_asked(of, but=None):
    ear = RecordingEvidence()
    of.evidence(ear, but)
    return ear.times[0]


def test_a_look_stands_for_the_time_to_the_next_one_and_the_last_for_as_long_as_the_one_before():
    seen = still(range(0, 280, 40), BOX, scores=(0.5,), unlooked=(40, 120, 160, 240))
    assert times_asked(life(part(seen))) == [80, 120, 120]
    assert times_asked(life(part(still([0], BOX)))) == [1]


def test_what_is_left_out_makes_no_other_look_longer():
    seen = life(part(still(range(0, 160, 40), BOX)))
    assert times_asked(seen, np.isin(seen.points["pts"], [40, 80])) == [40, 40]


def test_the_side_is_the_median_of_what_was_seen_in_pixels_of_the_finest_tensor():
    boxes = {0: (0, 0, 10, 10), 40: (0, 0, 20, 20), 80: (0, 0, 90, 90), 120: (0, 0, 500, 500)}
    assert asked(life(part(Thing(boxes, followed=(120,)), finest=0.5)))[2] == pytest.approx(10)


def test_points_that_are_left_out_are_neither_sightings_nor_silence():
    seen = life(part(still(range(0, 200, 40), BOX, scores={at: (at / 400,) for at in range(0, 200, 40)})))
    but = np.array([True, False, False, True, True])
    _, said, _, seconds = asked(seen, but)
    assert said == [[0.1], [0.2]]
    assert seconds == pytest.approx(0.04)
    assert seen.evidence(RecordingEvidence(), np.ones(5, np.bool_)) == LOWEST


def test_a_life_goes_on_over_the_border():
    before = part(still(PTS, BOX, scores=(0.25,), onward=BOX), border_pts=400)
    after = part(still(range(400, 480, 40), BOX, scores=(0.5,)), pts=range(400, 800, 40))
    whole = life(before, after)
    assert whole.points["pts"].tolist() == list(range(0, 480, 40))
    assert asked(whole)[1] == [[0.25]] * 10 + [[0.5]] * 2
    assert asked(whole)[3] == pytest.approx(0.44)


def test_where_two_pieces_have_a_frame_the_detected_point_stays():
    before = part(Thing({320: BOX, 360: BOX, 400: (0, 0, 9, 9)}, followed=(400,), onward=BOX), border_pts=400)
    after = part(still([400, 440], BOX, scores=(0.5,)), pts=range(400, 800, 40))
    whole = life(before, after)
    assert whole.points["pts"].tolist() == [320, 360, 400, 440]
    assert whole.detected.tolist() == [True] * 4
    assert whole.boxes[2].tolist() == list(BOX)
    assert whole.scores[:, 0].tolist() == pytest.approx([0.9, 0.9, 0.5, 0.5])


def test_a_track_has_the_best_score_where_it_was_detected_and_none_elsewhere():
    seen = Thing(
        {0: BOX, 40: (1, 1, 5, 5), 80: BOX, 120: BOX},
        kind="plate",
        scores={0: (0.25, 0.5), 80: (0.75, 0.0)},
        followed=(40,),
        guessed=(120,),
    )
    track = life(part(seen, networks=2)).track(2.5)
    assert (track.kind, track.evidence, track.number) == ("plate", 2.5, 0)
    assert track.pts.tolist() == [0, 40, 80, 120]
    assert track.boxes[:2].tolist() == [list(BOX), [1, 1, 5, 5]]
    assert [ORIGINS[code] for code in track.origins] == ["detected", "followed", "detected", "guessed"]
    assert track.seen.tolist() == [True, False, True, False]
    assert np.array_equal(track.scores, [0.5, np.nan, 0.75, np.nan], equal_nan=True)
