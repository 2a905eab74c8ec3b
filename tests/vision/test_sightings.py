"""What is suspected, and by whom it is explained."""

import numpy as np
import pytest

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.vision.sightings import EXPLAINED, Sighting, unexplained


def sighting(left: float, *, kind: Kind = "face", confident: bool = False) -> Sighting:
    row = np.array([left, 0, left + 10, 10, 0.5, 0], np.float32)
    return Sighting(row, kind, 0.5, confident, counts=True, model="m")


def test_what_somebody_sees_surely_needs_no_closer_look() -> None:
    sure, near, far = sighting(0, confident=True), sighting(2), sighting(40)
    assert unexplained([near, far, sure], [sure, near, far]) == [far]


@pytest.mark.parametrize("seen", [[], [sighting(0)], [sighting(0, kind="plate", confident=True)]])
def test_nobody_unsure_and_nothing_of_another_kind_explains(seen: list[Sighting]) -> None:
    suspicion = sighting(1)
    assert unexplained([suspicion], seen) == [suspicion]
    assert unexplained([], seen) == []


@pytest.mark.parametrize(("shift", "explained"), [(4, True), (5, False)])
def test_a_neighbour_is_not_the_same_thing(shift: float, *, explained: bool) -> None:
    overlap = (10 - shift) / (10 + shift)
    assert (overlap >= EXPLAINED) is explained
    suspicion = sighting(shift)
    assert (unexplained([suspicion], [sighting(0, confident=True)]) == []) is explained
