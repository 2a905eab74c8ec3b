"""Decisions from the page: each changes the plan as it says, is in edits.toml, and can be undone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.page.review import Review
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import BodycamError, ChangedMeanwhileError, EditsError, StateError
from tests.inline import InlineBoxes, InlineRunner

BY = "R. Officer"


@pytest.fixture
def review(detected: Folders, tmp_path: Path) -> Iterator[Review]:
    out = tmp_path / "out"
    shutil.copytree(detected.internal, out / detected.internal.name)
    found = Review(Folders(out, detected.name), InlineBoxes(), InlineRunner)
    yield found
    found.close()


def act(review: Review, name: str, **facts: Any) -> None:
    review.decide(name, {"revision": review.current.revision, **facts}, BY)


def tracks(review: Review) -> dict[int, dict[str, Any]]:
    return {track["number"]: track for track in review.facts()["tracks"]}


def hidden(review: Review) -> set[int]:
    return set(review.current.plan.regions["track"].to_pylist())


def kept_in_file(review: Review) -> Edits:
    return read_edits(review.folders.internal / "edits.toml")


def see(review: Review, *numbers: int) -> None:
    for number in numbers:
        assert review.track_picture(number, "worst").startswith(b"\xff\xd8")


def test_a_track_is_kept_only_after_its_poorest_picture_was_shown(review: Review) -> None:
    first = min(hidden(review))
    with pytest.raises(StateError, match="was not shown"):
        act(review, "keep", tracks=[first], reason="the requester")
    assert not (review.folders.internal / "edits.toml").exists()
    see(review, first)
    act(review, "keep", tracks=[first], reason="the requester")
    assert first not in hidden(review)
    assert tracks(review)[first]["state"] == "kept"
    (keep,) = kept_in_file(review).keep
    assert (keep.by, keep.reason, len(keep.shown)) == (BY, "the requester", 1)


def test_all_but_this_person_is_one_decision(review: Review) -> None:
    first, second, *others = sorted(hidden(review))
    act(review, "confirm", tracks=[second])
    with pytest.raises(StateError, match="was not shown"):
        act(review, "only", tracks=[first], reason="the requester")
    see(review, first)
    act(review, "only", tracks=[first], reason="the requester")
    states = {number: track["state"] for number, track in tracks(review).items()}
    assert states == {first: "kept"} | dict.fromkeys([second, *others], "hidden")
    act(review, "undo")
    assert {each["state"] for number, each in tracks(review).items() if number != second} == {"undecided"}


def test_any_decision_takes_a_comment_that_a_reload_shows(review: Review) -> None:
    first, second, *_ = sorted(hidden(review))
    shown = review.recording.packets.shown_pts().tolist()
    with pytest.raises(EditsError, match="decide first"):
        act(review, "comment", tracks=[first], comment="who is this?")
    act(review, "confirm", tracks=[first, second])
    act(review, "mute", **{"from": shown[3], "to": shown[9]}, reason="a name is spoken")
    box = [{"pts": shown[0], "box": [300, 150, 360, 200]}]
    for _ in range(2):
        act(review, "draw", kind="screen", keyframes=box, whole=True)
    drawn = [number for number, track in tracks(review).items() if track["state"] == "drawn"]
    act(review, "comment", tracks=[first], comment="the neighbour")
    act(review, "comment", tracks=drawn[:1], comment="her telephone")
    act(review, "comment", table="mute", place=0, comment="said twice")
    again = Review(review.folders, InlineBoxes(), InlineRunner)
    assert {number: each["comment"] for number, each in tracks(again).items() if each["comment"]} == {
        first: "the neighbour",
        second: "the neighbour",
        drawn[0]: "her telephone",
    }
    assert again.facts()["spans"][0]["comment"] == "said twice"


def test_undo_and_redo_survive_a_reload(review: Review) -> None:
    first, second, *_ = sorted(hidden(review))
    see(review, first)
    act(review, "keep", tracks=[first], reason="the requester")
    act(review, "confirm", tracks=[second])
    again = Review(review.folders, InlineBoxes(), InlineRunner)
    act(again, "undo")
    assert tracks(again)[second]["state"] == "undecided"
    act(again, "undo")
    assert first in hidden(again)
    once_more = Review(review.folders, InlineBoxes(), InlineRunner)
    act(once_more, "redo")
    act(once_more, "redo")
    assert (tracks(once_more)[first]["state"], tracks(once_more)[second]["state"]) == ("kept", "hidden")
    with pytest.raises(EditsError, match="nothing to redo"):
        act(once_more, "redo")


def test_a_box_is_drawn_followed_corrected_and_removed(review: Review) -> None:
    shown = review.recording.packets.shown_pts().tolist()
    middle = shown[len(shown) // 2]
    act(review, "draw", kind="screen", keyframes=[{"pts": middle, "box": [300, 150, 360, 200]}], follow=True)
    (drawn,) = review.current.plan.drawn
    found = tracks(review)[drawn.track]
    assert (found["state"], found["kind"], found["keyframes"]) == ("drawn", "screen", [middle])
    assert found["first"] < middle < found["last"], "it is followed both ways"
    act(review, "keyframe", track=drawn.track, pts=shown[-1], box=[310, 160, 370, 210])
    assert tracks(review)[drawn.track]["keyframes"] == [middle, shown[-1]]
    act(review, "reset", tracks=[drawn.track])
    assert review.current.plan.drawn == ()


def test_split_join_trim_and_change(review: Review) -> None:
    number, track = max(tracks(review).items(), key=lambda each: each[1]["frames"])
    shown = review.recording.packets.shown_pts().tolist()
    middle = shown[(shown.index(track["first"]) + shown.index(track["last"])) // 2]
    act(review, "split", tracks=[number], at=middle)
    halves = [each["number"] for each in tracks(review).values() if each["kind"] == track["kind"]]
    second = max(halves)
    assert tracks(review)[second]["first"] >= middle
    see(review, second)
    act(review, "keep", tracks=[second], reason="somebody else")
    assert (number in hidden(review), second in hidden(review)) == (True, False)
    act(review, "reset", tracks=[second])
    act(review, "change", tracks=[number], kind="minor", reason="a child")
    assert tracks(review)[number]["kind"] == "minor"
    act(review, "undo")
    act(review, "join", tracks=[number, second])
    assert second not in tracks(review)
    see(review, number)
    act(review, "keep", tracks=[number], reason="the requester")
    assert number not in hidden(review), "all of what was joined is kept"
    act(review, "reset", tracks=[number])
    act(review, "ungroup", tracks=[number])
    assert {number, second} <= hidden(review)


def test_a_track_is_trimmed_at_its_start_and_then_at_its_end(review: Review) -> None:
    number, track = max(tracks(review).items(), key=lambda each: each[1]["frames"])
    life = [pts for pts in review.recording.packets.shown_pts().tolist() if track["first"] <= pts <= track["last"]]
    act(review, "trim", tracks=[number], reason="trimmed by hand", **{"from": life[5]})
    act(review, "trim", tracks=[number], reason="trimmed by hand", to=life[-5])
    hidden_pts = [row.pts for row in review.current.plan.rows() if row.track == number]
    assert (min(hidden_pts), max(hidden_pts)) == (life[5], life[-6])
    assert len(kept_in_file(review).trim) == 1
    act(review, "undo")
    assert max(row.pts for row in review.current.plan.rows() if row.track == number) == life[-1]


def test_a_span_is_withheld_and_taken_back(review: Review) -> None:
    shown = review.recording.packets.shown_pts().tolist()
    act(review, "withhold", **{"from": shown[3], "to": shown[9]}, reason="interior of a dwelling")
    assert review.current.plan.is_withheld(shown[3])
    assert not review.current.plan.is_withheld(shown[9])
    act(review, "mute", **{"from": shown[3], "to": shown[9]}, reason="a name is spoken")
    assert [each["what"] for each in review.facts()["spans"]] == ["withhold", "mute"]
    act(review, "remove", table="withhold", place=0)
    assert [each["what"] for each in review.facts()["spans"]] == ["mute"]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("nonsense", {}),
        ("confirm", {"tracks": []}),
        ("confirm", {"tracks": [999]}),
        ("confirm", {"tracks": "x"}),
        ("draw", {"kind": "screen", "keyframes": []}),
        ("draw", {"kind": "<b>", "keyframes": [{"pts": 0, "box": [0, 0, 9, 9]}], "whole": True}),
        ("draw", {"kind": "undeclared", "keyframes": [{"pts": 0, "box": [0, 0, 9, 9]}], "whole": True}),
        ("withhold", {"from": 9, "to": 3, "reason": "x"}),
        ("withhold", {"from": 0, "to": 3}),
        ("remove", {"table": "keep", "place": 0}),
        ("remove", {"table": "mute", "place": -1}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(review: Review, name: str, facts: dict[str, Any]) -> None:
    before = review.current
    with pytest.raises(BodycamError):
        act(review, name, **facts)
    assert review.current is before
    assert not (review.folders.internal / "edits.toml").exists()


def test_a_decision_about_what_somebody_changed_meanwhile_is_refused(review: Review) -> None:
    first, second, *_ = sorted(hidden(review))
    before = review.current.revision
    act(review, "confirm", tracks=[first])
    with pytest.raises(ChangedMeanwhileError):
        review.decide("confirm", {"revision": before, "tracks": [second]}, BY)
    another = Review(review.folders, InlineBoxes(), InlineRunner)
    act(another, "confirm", tracks=[second])
    with pytest.raises(ChangedMeanwhileError, match="another program"):
        act(review, "reset", tracks=[first])
    assert {number for number, track in tracks(review).items() if track["state"] == "hidden"} == {first, second}


def test_a_job_that_another_process_works_on_takes_no_decision_and_loses_none(review: Review) -> None:
    first = min(hidden(review))
    with review.folders.locked(), pytest.raises(BodycamError, match="another process"):
        act(review, "confirm", tracks=[first])
    assert tracks(review)[first]["state"] == "undecided"
    act(review, "confirm", tracks=[first])
    assert tracks(review)[first]["state"] == "hidden"


def test_what_a_person_wrote_by_hand_is_shown_and_can_be_undone(review: Review) -> None:
    act(review, "confirm", tracks=[min(hidden(review))])
    path = review.folders.internal / "edits.toml"
    by_hand = '\n[[mute]]\nfrom = "0.5"\nto = "1"\nreason = "a name"\nby = "By hand"\n'
    path.write_text(path.read_text() + by_hand)
    again = Review(review.folders, InlineBoxes(), InlineRunner)
    assert [each["by"] for each in again.facts()["spans"]] == ["By hand"]
    act(again, "undo")
    assert again.facts()["spans"] == []
