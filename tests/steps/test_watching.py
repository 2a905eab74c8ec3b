"""A segment watched frame by frame: who looks when, what is kept, and that parts of it are joined like segments."""

from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline._native import Planes
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import Life, life_of
from bodycam_pipeline.steps import watching
from bodycam_pipeline.steps.key_frames import KeyFrames
from bodycam_pipeline.steps.watching import Watcher
from bodycam_pipeline.tasks.watching import Watching
from bodycam_pipeline.values.candidates import FOUND, Candidates, SegmentCandidates
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.registry import find_model
from tests.following.scenes import CUT, SIZE, Blob, frame_of, going, ground, luma
from tests.vision.graphs import bright_spots, saved
from tests.vision.pictures import facts

TICKS = 31
"""Milliseconds between two frames."""

THING = Blob(going(40, 40, 3, 1))
TRUSTED = Evidence({"face": (0,), "plate": ()}, thresholds={"face": (Thresholds(0.5, 0.2),), "plate": ()})


class SeeingNetworks:
    """A network that sees the thing wherever it is to be seen, and notes when it was asked."""

    finest = 1.0

    def __init__(self, *_: object) -> None:
        self.now = 0
        self.asked: list[int] = []
        self.blob = THING

    def look(self, _frame: Planes) -> list[Detection]:
        self.asked.append(self.now)
        return [Detection(0, "face", self.blob.box(self.now), 0.9)] if self.blob.shows(self.now) else []


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> SeeingNetworks:
    made = SeeingNetworks()
    monkeypatch.setattr(watching, "Detector", lambda *_: made)
    return made


def planes_at(number: int, blob: Blob = THING, level: float = 120) -> Planes:
    return frame_of(luma(number, blob, of=ground(level=level)))


def watch(
    eyes: SeeingNetworks,
    frames: int,
    interval: int = 2,
    *,
    levels: dict[int, float] | None = None,
    broken: frozenset[int] = frozenset(),
    border: bool = False,
) -> tuple[Candidates, ...]:
    """Watch so many frames; from those named on, the light is another."""
    eyes.asked.clear()
    one = Looking(find_model("detector-v1"), (320,), {"face": 0.2})
    watcher = Watcher(Watching((one,), TRUSTED, CUT), facts(*SIZE), KeyFrames(interval, np.zeros(1), thin_out=True))
    level = 120.0
    for number in range(frames):
        eyes.now, level = number, (levels or {}).get(number, level)
        watcher.see(number * TICKS, None if number in broken else planes_at(number, eyes.blob, level))
    return watcher.finish((frames * TICKS, planes_at(frames, eyes.blob, level)) if border else None)


def lives(*parts: Candidates) -> list[Life]:
    return [life_of(chain, 0.001) for chain in tracklets([SegmentCandidates(0, parts)])]


def test_networks_look_at_the_first_frame_and_at_one_in_so_many_after_it(eyes: SeeingNetworks) -> None:
    (found,) = watch(eyes, 10, 3)
    assert eyes.asked == [0, 3, 6, 9]
    assert (found.looked_pts // TICKS).tolist() == [0, 3, 6, 9]
    assert (found.frames["pts"] // TICKS).tolist() == list(range(10))


def test_after_a_scene_change_they_look_at_its_first_frame(eyes: SeeingNetworks) -> None:
    (found,) = watch(eyes, 12, 3, levels={5: 20, 7: 230})
    assert eyes.asked == [0, 3, 5, 7, 10]
    assert np.flatnonzero(found.frames["scene_change"]).tolist() == [5, 7]


def test_what_is_seen_at_key_frames_is_followed_between_them(eyes: SeeingNetworks) -> None:
    (life,) = lives(*watch(eyes, 12, 4))
    assert [FOUND[code] for code in life.points["found"]] == (["detected"] + ["followed"] * 3) * 3
    assert all(Box(*box).iou(THING.box(n)) > 0.9 for n, box in enumerate(life.boxes.tolist()))


def test_a_frame_that_does_not_decode_is_told_and_followed_across(eyes: SeeingNetworks) -> None:
    (found,) = watch(eyes, 12, 2, broken=frozenset({0, 5, 11}))
    assert found.undecodable_pts == (0, 5 * TICKS, 11 * TICKS)
    assert (found.frames["pts"] // TICKS).tolist() == [1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert eyes.asked == [1, 3, 6, 8, 10]
    (life,) = lives(found)
    assert (life.points["pts"] // TICKS).tolist() == [1, 2, 3, 4, 6, 7, 8, 9, 10]


def test_a_segment_of_which_nothing_decodes_is_frames_that_did_not(eyes: SeeingNetworks) -> None:
    for border in (False, True):
        (found,) = watch(eyes, 3, broken=frozenset(range(3)), border=border)
        assert (len(found.frames), len(found.candidates), found.border_pts) == (0, 0, None)
        assert found.undecodable_pts == (0, TICKS, 2 * TICKS)
    assert eyes.asked == []


def test_candidates_are_followed_into_the_next_segments_first_frame(eyes: SeeingNetworks) -> None:
    (found,) = watch(eyes, 8, border=True)
    assert found.border_pts == 8 * TICKS
    assert found.candidates["alive"].tolist() == [True]
    assert len(found.frames) == 8
    (without,) = watch(eyes, 8)
    assert without.border_pts is None
    assert without.candidates["alive"].tolist() == [False]


class TestInParts:
    """A segment of more frames than are kept at once."""

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watching, "MOST_FRAMES", 16)

    @pytest.mark.parametrize(("frames", "sizes"), [(16, [16]), (17, [16, 1]), (32, [16, 16]), (40, [16, 16, 8])])
    def test_no_part_has_more_frames_and_none_is_lost(
        self, eyes: SeeingNetworks, frames: int, sizes: list[int]
    ) -> None:
        parts = watch(eyes, frames)
        assert [len(part.frames) for part in parts] == sizes
        pts = np.concatenate([part.frames["pts"] for part in parts])
        assert pts.tolist() == [n * TICKS for n in range(frames)]
        assert [part.border_pts for part in parts] == [*(int(part.frames["pts"][0]) for part in parts[1:]), None]

    @pytest.mark.parametrize("interval", [1, 2, 3, 5])
    def test_parts_joined_at_their_borders_give_the_track_that_one_part_gives(
        self, eyes: SeeingNetworks, monkeypatch: pytest.MonkeyPatch, interval: int
    ) -> None:
        parts, asked = watch(eyes, 48, interval), list(eyes.asked)
        monkeypatch.setattr(watching, "MOST_FRAMES", 240)
        whole = watch(eyes, 48, interval)
        assert (len(parts), len(whole)) == (3, 1)
        assert eyes.asked == asked == list(range(0, 48, interval)), "the border does not change who looks when"
        (life,), (expected,) = lives(*parts), lives(*whole)
        for column in ("pts", "found", "looked"):
            assert life.points[column].tolist() == expected.points[column].tolist(), column
        assert np.array_equal(life.scores, expected.scores)
        assert life.boxes == pytest.approx(expected.boxes, abs=0.5)

    def test_a_thing_seen_on_one_side_of_a_border_alone_is_followed_up_to_it(self, eyes: SeeingNetworks) -> None:
        eyes.blob = Blob(THING.path, there=range(14))
        before, _ = watch(eyes, 24)
        assert before.candidates["alive"].tolist() == [True]
        assert before.points["pts"].max() == 15 * TICKS

    def test_a_scene_that_changes_at_a_border_is_looked_at_from_its_first_frame_and_not_joined(
        self, eyes: SeeingNetworks
    ) -> None:
        before, after = watch(eyes, 24, 3, levels={16: 20})
        assert before.border_pts is None
        assert eyes.asked == [0, 3, 6, 9, 12, 15, 16, 19, 22]
        assert len(lives(before, after)) == 2

    def test_a_frame_that_does_not_decode_belongs_to_the_part_that_it_is_in(self, eyes: SeeingNetworks) -> None:
        parts = watch(eyes, 34, broken=frozenset({3, 20, 33}))
        assert [part.undecodable_pts for part in parts] == [(3 * TICKS,), (20 * TICKS, 33 * TICKS)]
        assert [len(part.frames) for part in parts] == [16, 15]
        assert len(lives(*parts)) == 1

    def test_the_last_part_goes_on_into_the_next_segment(self, eyes: SeeingNetworks) -> None:
        parts = watch(eyes, 32, border=True)
        assert [part.border_pts for part in parts] == [16 * TICKS, 32 * TICKS]
        assert all(part.candidates["alive"].tolist() == [True] for part in parts)


def test_a_worker_loads_what_is_shipped_and_leaves_a_strangers_network_to_the_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What parses it would be taken over where every later recording is decoded."""
    opened: list[str] = []
    monkeypatch.setattr(watching, "open_network", lambda model, _provider: opened.append(model.name))
    ours, theirs = find_model("detector-v1"), find_model(str(saved(bright_spots(), tmp_path / "theirs.onnx")))
    looking = tuple(Looking(each, (320,), {"face": 0.2}) for each in (ours, theirs))
    watching.warm(Watching(looking, TRUSTED, CUT))
    assert opened == ["detector-v1"]
