"""What planning takes grows slowly with a recording: ten hours of it have to fit beside the workers."""

import tracemalloc

from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.values.looks import Looks
from bodycam_pipeline.values.policy import TrackingRule
from tests.rules.build import index, look, recording
from tests.rules.test_planning import policy

FRAME = 33
BYTES_PER_LOOK = 400
"""Of looks in a fifth of which there are three faces."""


def seen(count):
    """Three faces that walk, for two seconds in ten."""
    for n in range(count):
        boxes = [(x + n % 60, 40, x + n % 60 + 20, 64) for x in (20, 100, 180)] if n % 300 < 60 else []
        yield look(n * FRAME, *boxes, shift=(0.25 + n, 0.5))


def peak(count):
    file = recording(index(range(0, count * FRAME, FRAME)), frame_duration=FRAME)
    tracemalloc.start()
    try:
        make_plan(file, Looks.of(seen(count)), (), policy(tracking=TrackingRule()), {})
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_look_leaves_columns_and_no_objects():
    peak(300)  # what is imported and kept once
    assert (peak(6_000) - peak(1_500)) / 4_500 < BYTES_PER_LOOK
