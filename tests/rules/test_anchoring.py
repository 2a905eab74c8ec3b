"""A decision names a track by place and time: it means the same person after a new detection, or is refused."""

import pytest

from bodycam_pipeline.rules.anchoring import anchor_tracks
from bodycam_pipeline.rules.editing import apply_edits
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from tests.rules.build import keep, plan, recording, row

SAID = {"reason": "", "by": "R. O."}
LEFT, RIGHT = (0, 0, 64, 64), (160, 0, 224, 64)


def life(box, *, track, first=0, last=360, step=0, kind="face"):
    """A track that moves by ``step`` pixels a frame."""
    left, top, right, bottom = box
    return [
        row(pts, (left + n * step, top, right + n * step, bottom), track=track, kind=kind)
        for n, pts in enumerate(range(first, last + 1, 40))
    ]


def edited(made, file=None, **edits):
    return apply_edits(made, Edits.model_validate(edits), file or recording(), Policy())


def shown(made: Plan) -> set[tuple[int, int]]:
    """Frames and left sides that are left visible."""
    return {(pts, left) for kept in made.kept for pts, left, *_ in kept.places}


BEFORE = plan([*life(LEFT, track=1), *life(RIGHT, track=2)])
REQUESTER = keep(BEFORE, 1)


def test_a_keep_means_the_same_person_whatever_the_new_number():
    after = plan([*life(RIGHT, track=1), *life((16, 0, 64, 64), track=2)])
    assert {left for _, left in shown(edited(after, keep=[REQUESTER]))} == {16}
    assert {r.track for r in edited(after, keep=[REQUESTER]).rows()} == {1}


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([*life(RIGHT, track=1)], "lies in no track any more"),
        ([*life(LEFT, track=1, kind="plate")], "lies in no track any more"),
        ([*life((48, 0, 112, 64), track=1)], "lies in no track any more"),
        ([*life(LEFT, track=1), *life((16, 16, 80, 80), track=2)], "lies in the tracks 1 and 2"),
        (
            [*life(LEFT, track=1, last=200), *life(RIGHT, track=1, first=240)],
            "lies in track 1, which is somewhere else",
        ),
    ],
    ids=["gone", "another kind", "beside", "two", "two people in one"],
)
def test_a_keep_whose_anchor_no_longer_names_one_track_is_refused_by_name(rows, why):
    with pytest.raises(EditsError, match=why) as caught:
        edited(plan(rows), keep=[REQUESTER])
    assert "keep by R. Officer (a reason)" in caught.value.what
    assert "decide again" in caught.value.remedy


def test_a_keep_reaches_no_further_than_what_was_seen():
    before = plan(life(LEFT, track=1, first=80, last=240))
    kept = edited(plan(life(LEFT, track=4)), keep=[keep(before, 1)])
    assert {pts for pts, _ in shown(kept)} == set(range(80, 241, 40))
    assert {r.pts for r in kept.rows()} == {0, 40, 280, 320, 360}


def test_under_the_very_plan_an_anchor_is_exact_even_where_people_overlap():
    made = plan([*life(LEFT, track=1), *life((16, 0, 80, 64), track=2)])
    for track, left in ((1, 0), (2, 16)):
        assert {at for _, at in shown(edited(made, keep=[keep(made, track)]))} == {left}


def test_where_two_tracks_hide_the_very_same_region_the_path_tells_which_is_meant():
    made = plan([*life(LEFT, track=1, last=200), *life(LEFT, track=2, first=40)])
    assert {pts for pts, _ in shown(edited(made, keep=[keep(made, 2)]))} == set(range(40, 361, 40))
    twins = plan([*life(LEFT, track=1), *life(LEFT, track=2)])
    with pytest.raises(EditsError, match="lies in the tracks 1 and 2"):
        edited(twins, keep=[keep(twins, 2)])


def test_an_anchor_that_a_hand_moved_is_refused_under_the_very_plan():
    moved = REQUESTER.model_copy(update={"anchors": (REQUESTER.anchors[0].model_copy(update={"box": (9, 0, 73, 64)}),)})
    with pytest.raises(EditsError, match="in no region of the plan that it was made against"):
        edited(BEFORE, keep=[moved])


def test_an_anchor_is_where_the_track_stands_apart():
    crossing = [*life((0, 0, 32, 32), track=1, step=16), *life((144, 0, 176, 32), track=2, step=-16)]
    (anchor,) = anchor_tracks(plan(crossing), [1], recording().video)
    assert anchor.pts in {0, 40, 320, 360}
    assert (anchor.points[0][0], anchor.points[-1][0]) == (0, 360)


@pytest.mark.parametrize("orientation", list(Orientation))
def test_anchors_are_in_the_upright_picture(orientation):
    file = recording(orientation=orientation)
    made = plan([*life(LEFT, track=1), *life(RIGHT, track=2)], of=file)
    kept = edited(made, file, keep=[keep(made, 2, file=file)])
    assert {at for _, at in shown(kept)} == {160}


def test_a_number_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(EditsError, match="track 3") as caught:
        anchor_tracks(plan([*life(LEFT, track=1), *life(RIGHT, track=2), row(track=7)]), [3], recording().video)
    assert "1-2, 7" in caught.value.remedy


def test_an_old_entry_with_a_number_alone_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"bodycam review keep JOB 3 --reason") as caught:
        Edits.model_validate({"keep": [{"track": 3, "reason": "r", "by": "b"}]})
    assert "somebody else's after a new detection" in str(caught.value)


def of(*tracks, **about):
    return {"anchors": anchor_tracks(BEFORE, tracks, recording().video), "plan": BEFORE.sha256, **SAID, **about}


def test_a_track_is_split_and_only_the_kept_half_shows():
    made = edited(BEFORE, split=[of(1, at="pts 200")], keep=[keep(plan(life(LEFT, track=1, last=160)), 1)])
    assert {pts for pts, _ in shown(made)} == {0, 40, 80, 120, 160}
    assert {r.track for r in made.rows() if r.region.left == 0} == {3}


@pytest.mark.parametrize("at", ["pts 0", "0.399"])
def test_a_split_outside_the_life_is_refused(at):
    with pytest.raises(EditsError, match="not there on both sides"):
        edited(plan(life(LEFT, track=1, last=200)), split=[of(1, at=at) | {"plan": "0" * 64}])


def test_joined_tracks_are_one_and_what_is_kept_stays_its_own():
    joined = edited(BEFORE, join=[of(1, 2)])
    assert {r.track for r in joined.rows()} == {1}
    kept = edited(BEFORE, join=[of(1, 2)], keep=[REQUESTER])
    assert {left for _, left in shown(kept)} == {0}
    assert {r.region.left for r in kept.rows()} == {160}


def test_tracks_of_two_kinds_are_not_joined():
    made = plan([*life(LEFT, track=1), *life(RIGHT, track=2, kind="plate")])
    anchors = anchor_tracks(made, [1, 2], recording().video)
    join = {"anchors": anchors, "plan": made.sha256, **SAID}
    with pytest.raises(EditsError, match="one thing has one kind"):
        edited(made, join=[join])
    change = {"anchors": anchors[1:], "plan": made.sha256, "kind": "face", **SAID}
    assert {(r.track, r.kind) for r in edited(made, join=[join], change=[change]).rows()} == {(1, "face")}


def test_kind_and_reason_are_changed():
    made = edited(BEFORE, change=[of(1, kind="minor"), of(2, reason="s. 8(1)(d), source")])
    assert {(r.track, r.kind, r.reason) for r in made.rows()} == {
        (1, "minor", "personal privacy"),
        (2, "face", "s. 8(1)(d), source"),
    }


def test_a_trimmed_track_shows_outside_and_the_plan_says_who_decided_so():
    made = edited(BEFORE, trim=[of(1, reason="gone by then", to="pts 200")])
    assert {pts for pts, _ in shown(made)} == {200, 240, 280, 320, 360}
    assert {(k.track, k.reason, k.by) for k in made.kept} == {(1, "gone by then", "R. O.")}
    with pytest.raises(EditsError, match="leaves nothing"):
        edited(BEFORE, trim=[of(1, reason="r", to="pts 0")])


def test_a_confirmation_changes_nothing_and_contradicts_a_keep():
    assert edited(BEFORE, confirm=[of(1)]).sha256 == BEFORE.sha256
    with pytest.raises(EditsError, match=r"kept by R\. Officer and confirmed as hidden by R\. O\."):
        edited(BEFORE, confirm=[of(1)], keep=[REQUESTER])
