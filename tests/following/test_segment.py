"""What was followed in a segment, as columns."""

import numpy as np
import pytest

from bodycam_pipeline.following.segment import part_candidates
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.values.candidates import FOUND, Candidates, box_of
from tests.following.scenes import Blob, footage, going, ground, luma, said
from tests.rules.build import segments

FACE, PLATE = Blob(going(60, 60, 2, 1)), Blob(going(220, 40, -2, 1), seed=2)
FRAMES = 20
PTS = [1000 + 10 * n for n in range(FRAMES)]


def made(border: bool = False, cut: bool = False, seen: range = range(4, 16, 4)) -> Candidates:
    """A face and a plate seen by two networks; a border frame behind, perhaps with the scene changed before it."""
    looks: dict[int, list] = {n: [] for n in range(0, FRAMES, 2)}
    for n in seen:
        looks[n] = [said(FACE.box(n), scores=(0.75, 0.5)), said(PLATE.box(n), kind="plate", scores=(0.0, 0.25))]
    pictures = [luma(n, FACE, PLATE) for n in range(FRAMES)]
    if border:
        pictures.append(luma(FRAMES, FACE, PLATE, of=ground(level=220 if cut else 120)))
    border_pts = 1000 + 10 * FRAMES if border else None
    return part_candidates(footage(pictures, looks), PTS, (2, 0.5), border_pts, [999])


def test_every_frame_is_told_and_whether_somebody_looked() -> None:
    found = made()
    assert found.frames["pts"].tolist() == PTS
    assert found.looked_pts.tolist() == PTS[::2]
    assert (found.finest, found.undecodable_pts, found.border_pts) == (0.5, (999,), None)


def test_candidates_are_told_with_their_first_and_last_observation() -> None:
    found = made()
    assert sorted(found.candidates["kind"]) == ["face", "plate"]
    assert found.candidates["first_pts"].tolist() == [PTS[4]] * 2
    assert found.candidates["last_pts"].tolist() == [PTS[12]] * 2
    assert not found.candidates["alive"].any()
    assert np.isnan(found.candidates["left"]).all()


def test_points_are_by_candidate_and_time_without_a_gap_and_say_how_they_were_found() -> None:
    found = made()
    for chain in tracklets(segments(found)):
        blob = {"face": FACE, "plate": PLATE}[chain[0].kind]
        points, scores = found.points[chain[0].points], found.scores[chain[0].points]
        assert points["pts"].tolist() == PTS
        assert [FOUND[code] for code in points["found"]] == [
            "detected" if n in {4, 8, 12} else "followed" for n in range(20)
        ]
        assert points["looked"].tolist() == [n % 2 == 0 for n in range(20)]
        assert scores[5].tolist() == [0, 0]
        assert scores[8].tolist() == ([0.75, 0.5] if chain[0].kind == "face" else [0, 0.25])
        assert all(box_of(point).iou(blob.box(n)) > 0.9 for n, point in enumerate(points))


def test_what_is_followed_into_the_frame_behind_is_alive_with_its_box_there() -> None:
    found = made(border=True)
    assert found.border_pts == 1000 + 10 * FRAMES
    assert found.frames["pts"].tolist() == PTS, "the border is the next one's frame"
    assert found.points["pts"].max() == PTS[-1]
    for row in found.candidates:
        assert row["alive"]
        blob = {"face": FACE, "plate": PLATE}[row["kind"]]
        assert box_of(row).iou(blob.box(FRAMES)) > 0.9


def test_nothing_goes_on_across_a_scene_change_at_the_border() -> None:
    found = made(border=True, cut=True)
    assert found.border_pts is None
    assert not found.candidates["alive"].any()
    assert not found.frames["scene_change"].any(), "the change is before the next one's frame"


def test_scene_changes_are_told_and_cut_candidates_in_two() -> None:
    pictures = [luma(n, FACE, of=ground(level=40 if n < 10 else 220)) for n in range(FRAMES)]
    looks = {n: [said(FACE.box(n))] for n in range(0, FRAMES, 2)}
    found = part_candidates(footage(pictures, looks), PTS, (1, 1.0), None, [])
    assert np.flatnonzero(found.frames["scene_change"]).tolist() == [10]
    assert sorted(found.candidates["first_pts"].tolist()) == [PTS[0], PTS[10]]
    assert sorted(found.candidates["last_pts"].tolist()) == [PTS[8], PTS[18]]


@pytest.mark.parametrize("frames", [0, 1, FRAMES])
def test_where_nothing_is_seen_there_are_frames_and_nothing_else(frames: int) -> None:
    pictures = [luma(n) for n in range(frames)]
    found = part_candidates(footage(pictures, {n: [] for n in range(frames)}), PTS[:frames], (3, 1.0), None, [])
    assert len(found.frames) == frames
    assert (len(found.candidates), len(found.points), found.scores.shape) == (0, 0, (0, 3))


def test_a_border_frame_behind_nothing_is_no_border() -> None:
    found = part_candidates(footage([luma(0)], {}), [], (1, 1.0), 7, [3, 4])
    assert (found.border_pts, found.undecodable_pts, len(found.frames)) == (None, (3, 4), 0)
