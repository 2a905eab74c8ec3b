"""What is measured of a track: colours of the region and around it, and how sharp it is."""

from pathlib import Path

import numpy as np

from bodycam_pipeline.passes import measure_appearance, parts_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.tasks.appearance import AppearanceTask, measure_segment
from bodycam_pipeline.values.appearance import Probe
from bodycam_pipeline.values.geometry import Region
from tests.attacks.jobs import plan_of, quick_policy, recording_of
from tests.clips import Picture
from tests.inline import InlineRunner

HEAD, SIZE = Region(96, 32, 160, 96), (320, 240)


def person(blue: int, *, sharp: bool = True) -> Picture:
    """A head over clothes of a colour, in front of grey."""
    luma = np.full((SIZE[1], SIZE[0]), 90, np.uint8)
    if sharp:
        luma[32:96, 96:160] = np.indices((64, 64)).sum(0) // 4 % 2 * 100 + 60
    blues = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    blues[48:100, 40:90] = blue
    return Picture(luma, blues, np.full_like(blues, 128))


def test_colours_around_tell_clothes_apart_and_a_blurred_head_is_less_sharp(tmp_path: Path) -> None:
    pictures = [person(160), person(160, sharp=False), person(100)]
    path = recording_of(tmp_path, pictures)
    recording = probe(str(path))
    shown = recording.packets.shown_pts().tolist()
    probes = tuple(Probe(1, pts, HEAD, 1.0) for pts in shown)
    looks = [look for part in parts_of(recording) for look in measure_segment(AppearanceTask(part, probes))]
    blue, blurred, other = looks

    def alike(one: object, two: object) -> float:
        return float(np.sqrt(one.around * two.around).sum())  # type: ignore[attr-defined]

    assert alike(blue, blurred) > 0.95
    assert alike(blue, other) < 0.6
    assert blue.sharpness > 10 * blurred.sharpness
    np.testing.assert_allclose([look.inside.sum() for look in looks], 1.0, rtol=1e-5)


def test_every_track_of_a_plan_is_looked_at(tmp_path: Path) -> None:
    path = recording_of(tmp_path, [person(160)] * 6)
    plan = plan_of(path, quick_policy(), [(1, HEAD), (2, Region(0, 0, 32, 32))])
    found = measure_appearance(probe(str(path)), plan, InlineRunner())
    assert set(found) == {1, 2}
    assert found[1].sharpest.quality > found[2].sharpest.quality
