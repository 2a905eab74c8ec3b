"""What planning takes grows slowly with a recording: ten hours of it have to fit beside the workers."""

import tracemalloc
from dataclasses import replace

from bodycam_pipeline.rules.admission import number_tracks
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import life_of
from bodycam_pipeline.rules.planning import make_plan
from tests.rules.build import Thing, index, part, recording, segments
from tests.rules.test_planning import policy

FRAME = 33
AT_ONCE = 300
BYTES_PER_FRAME = 400
"""In a fifth of which there are three faces."""


def seen(count):
    """Three faces that walk, for two seconds in ten."""
    parts = []
    for first in range(0, count, AT_ONCE):
        boxes = [{FRAME * (first + n): (x + n, 40, x + n + 20, 64) for n in range(60)} for x in (20, 100, 180)]
        pts = range(FRAME * first, FRAME * (first + AT_ONCE), FRAME)
        parts.append(part(*(Thing(each) for each in boxes), pts=pts))
    return segments(*parts)


def peak(count):
    file, found = recording(index(range(0, count * FRAME, FRAME)), frame_duration=FRAME), seen(count)
    tracemalloc.start()
    try:
        tracks = [replace(life_of(tracklet, 0.001).track(5.0), number=1) for tracklet in tracklets(found)]
        made = make_plan(file, found, number_tracks(tracks), policy(), {})
        assert made.regions.num_rows == count // 5 * 3
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_frame_leaves_columns_and_no_objects():
    peak(300)  # what is imported and kept once
    assert (peak(6_000) - peak(1_500)) / 4_500 < BYTES_PER_FRAME
