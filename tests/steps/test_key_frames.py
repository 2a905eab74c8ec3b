"""At which frames networks look: regularly, and half as often while nothing is to be seen."""

import numpy as np
import pytest

from bodycam_pipeline.following.footage import Observation
from bodycam_pipeline.following.sweep import SEED
from bodycam_pipeline.steps.key_frames import DELAY, QUIET, KeyFrames, NamedFrames, comes_soon
from bodycam_pipeline.values.geometry import Box

FRAMES = 60


def seconds(rate: float = 30) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.arange(FRAMES) / rate


def asked(
    seen: dict[int, float], *, interval: int = 2, thin_out: bool = True, cuts: tuple[int, ...] = (), rate: float = 30
) -> list[int]:
    """The frames that are looked at, where these have an observation of these log-odds."""
    due, looked, since_cut = KeyFrames(interval, seconds(rate), thin_out=thin_out), [], 0
    for frame in range(FRAMES):
        since_cut = 0 if frame in cuts else since_cut
        if due(frame, since_cut):
            looked.append(frame)
            odds = seen.get(frame)
            found = [] if odds is None else [Observation("face", Box(0, 0, 9, 9), (0.5,), odds)]
            due.saw(lambda found=found: found)
        since_cut += 1
    return looked


def test_while_nothing_is_to_be_seen_every_second_key_frame_is_left_out() -> None:
    first = 2 * (DELAY + QUIET - 1)
    assert asked({}) == [*range(0, first, 2), *range(first + 2, FRAMES, 4)]


@pytest.mark.parametrize("interval", [1, 2, 3])
def test_where_something_is_to_be_seen_no_key_frame_is_left_out(interval: int) -> None:
    everywhere = dict.fromkeys(range(FRAMES), SEED)
    assert asked(everywhere, interval=interval) == list(range(0, FRAMES, interval))


def test_what_is_too_doubtful_to_begin_a_candidate_keeps_nobody_looking() -> None:
    assert asked(dict.fromkeys(range(FRAMES), SEED - 0.1)) == asked({})


def test_what_comes_into_sight_is_looked_at_within_two_turns_and_soon_at_every_turn() -> None:
    for first in range(20, 30):
        looked = asked(dict.fromkeys(range(first, FRAMES), 5.0))
        seen = next(frame for frame in looked if frame >= first)
        assert seen < first + 4
        dense = [frame for frame in looked if frame >= seen + 2 * (DELAY + 1)]
        assert dense == list(range(dense[0], FRAMES, 2))


def test_whoever_looks_at_all_key_frames_leaves_none_out() -> None:
    assert asked({}, thin_out=False) == list(range(0, FRAMES, 2))


@pytest.mark.parametrize(
    ("interval", "rate", "thinned"), [(2, 20, True), (2, 19, False), (1, 10, True), (3, 29, False)]
)
def test_no_key_frame_is_left_out_where_the_next_would_come_too_late(interval: int, rate: float, thinned: bool) -> None:
    everywhere = list(range(0, FRAMES, interval))
    assert (asked({}, interval=interval, rate=rate) != everywhere) is thinned


def test_one_gap_among_the_frames_is_too_late_as_well() -> None:
    late = seconds(30)
    late[40:] += 0.1
    assert comes_soon(4, seconds(30))
    assert not comes_soon(4, late)
    assert comes_soon(4, late[:3]), "a segment so short has no second turn"


def test_a_new_scene_is_looked_at_from_its_first_frame_and_at_every_turn_at_first() -> None:
    turns = [31 + 2 * turn for turn in range(DELAY + QUIET - 1)]
    assert set(turns) <= set(asked({}, cuts=(31,)))


def test_only_looks_that_ended_long_ago_are_waited_for() -> None:
    due, waited = KeyFrames(1, seconds(), thin_out=True), []
    for frame in range(FRAMES):
        if due(frame, frame):
            assert all(frame - each >= DELAY for each in waited)
            waited.clear()
            due.saw(lambda frame=frame: waited.append(frame) or [])


def test_named_frames_are_looked_at_whatever_is_seen() -> None:
    due = NamedFrames([4, 7])
    due.saw(list)
    assert [pts for pts in range(10) if due(pts, pts)] == [4, 7]
