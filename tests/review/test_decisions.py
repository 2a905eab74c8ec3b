"""A job's decisions: undone after a restart, durable before they are acknowledged, and never torn."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.edits_file import edits_text, read_edits
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.work import keep_work
from bodycam_pipeline.review.decisions import AN_EDITOR, DecisionStore, edits_path, own_edits
from bodycam_pipeline.review.history import history_of
from bodycam_pipeline.values.edits import Edits, Hide, Mute
from bodycam_pipeline.values.errors import EditsError, PlanChangedError, StateError
from bodycam_pipeline.values.policy import Policy
from tests.review.detected import detected_job
from tests.rules.build import keep, plan, recording, row

OFFICER = "R. Officer"
DRAFT = plan([row(0, (0, 0, 64, 64), track=1), row(40, (96, 0, 160, 64), track=2)])
KILLS = 100


def mute(number: int) -> Mute:
    return Mute.model_validate({"from": "0", "to": "0.2", "reason": f"name {number}", "by": OFFICER})


def muted(store: DecisionStore) -> list[str]:
    return [each.reason for each in store.state().edits.mute]


@pytest.fixture
def job(tmp_path: Path) -> Folders:
    return detected_job(tmp_path, DRAFT)


@pytest.fixture
def store(job: Folders) -> DecisionStore:
    return DecisionStore(job)


def decide(store: DecisionStore, *numbers: int) -> None:
    for number in numbers:
        store.decide(OFFICER, "mute", plan=DRAFT.sha256, add=[mute(number)])


def test_a_decision_is_in_the_file_and_in_the_history(job: Folders, store: DecisionStore) -> None:
    store.decide(OFFICER, "keep", plan=DRAFT.sha256, add=[keep(DRAFT, 1)])
    assert read_edits(edits_path(job)).keep == (keep(DRAFT, 1),)
    (entry,) = history_of(job)
    assert (entry.what, entry.by, entry.why) == ("decided", OFFICER, "a reason")
    assert entry.facts == {"act": "keep", "act_number": "1", "changed": "+keep", "shown": "nothing"}
    assert own_edits(job) == store.state().edits


def test_undo_and_redo_survive_a_restart(job: Folders, store: DecisionStore) -> None:
    decide(store, 1, 2)
    first = edits_path(job).read_bytes()
    store.undo(OFFICER)
    again = DecisionStore(job)
    assert muted(again) == ["name 1"]
    state = again.state()
    assert (state.undoes and state.undoes.number, state.redoes and state.redoes.number) == (1, 2)
    again.undo(OFFICER)
    assert muted(again) == []
    with pytest.raises(EditsError, match="nothing to undo"):
        again.undo(OFFICER)
    third = DecisionStore(job)
    third.redo(OFFICER)
    third.redo(OFFICER)
    assert edits_path(job).read_bytes() == first
    with pytest.raises(EditsError, match="nothing to redo"):
        third.redo(OFFICER)
    assert [e.facts["act"] for e in history_of(job)] == ["mute", "mute", "undo", "undo", "redo", "redo"]


def test_what_is_decided_after_an_undo_ends_the_redo(store: DecisionStore) -> None:
    decide(store, 1)
    store.undo(OFFICER)
    decide(store, 2)
    with pytest.raises(EditsError, match="nothing to redo"):
        store.redo(OFFICER)


def test_a_correction_keeps_its_place_and_is_one_act(store: DecisionStore) -> None:
    decide(store, 1, 2, 3)
    store.decide(OFFICER, "correct", plan=DRAFT.sha256, add=[mute(9)], remove=[mute(2)])
    assert muted(store) == ["name 1", "name 9", "name 3"]
    store.undo(OFFICER)
    assert muted(store) == ["name 1", "name 2", "name 3"]
    with pytest.raises(EditsError, match="not among the decisions"):
        store.decide(OFFICER, "delete", plan=DRAFT.sha256, remove=[mute(9)])


def test_what_a_hand_wrote_is_kept_with_its_comments_and_can_be_undone(job: Folders, store: DecisionStore) -> None:
    decide(store, 1, 2)
    written = "# the lawyer asked\n" + edits_text(Edits(mute=(mute(2), mute(7))))
    edits_path(job).write_text(written)
    assert muted(store) == ["name 2", "name 7"]
    assert edits_path(job).read_text() == written, "as it was left, until the next decision"
    decide(store, 3)
    assert muted(DecisionStore(job)) == ["name 2", "name 7", "name 3"]
    log = [json.loads(line) for line in (job.internal / "edits.log").read_text().splitlines()]
    (by_hand,) = [entry for entry in log if entry.get("act") == "by hand"]
    assert (by_hand["text"], by_hand["by"]) == (written, AN_EDITOR)
    store.undo(OFFICER)
    store.undo(OFFICER)
    assert muted(store) == ["name 1", "name 2"]


def test_a_decision_that_a_hand_took_out_stays_out(job: Folders, store: DecisionStore) -> None:
    decide(store, 1)
    before = edits_path(job).read_text()
    decide(store, 2)
    edits_path(job).write_text(before)
    assert muted(DecisionStore(job)) == ["name 1"]


def test_a_file_that_a_hand_broke_is_refused_and_nothing_is_lost(job: Folders, store: DecisionStore) -> None:
    decide(store, 1)
    whole = edits_path(job).read_text()
    edits_path(job).write_text(whole + "[[mute]\n")
    for act in (lambda: decide(store, 2), store.state, lambda: own_edits(job)):
        with pytest.raises(EditsError, match="is not TOML"):
            act()
    assert edits_path(job).read_text() == whole + "[[mute]\n"
    edits_path(job).write_text(whole)
    assert muted(store) == ["name 1"]


def test_a_file_that_is_gone_decides_nothing(job: Folders, store: DecisionStore) -> None:
    decide(store, 1)
    edits_path(job).unlink()
    assert own_edits(job) == Edits(mute=(mute(1),))
    assert read_edits(edits_path(job)).mute == (mute(1),)


def test_a_plan_that_changed_underneath_is_a_clear_answer(job: Folders, store: DecisionStore) -> None:
    decide(store, 1)
    other = plan([row(0, (0, 0, 64, 64), track=1)])
    keep_work(Job(recording(), Policy(), (), "", job), other)
    with pytest.raises(PlanChangedError, match="detected anew"):
        decide(store, 2)
    assert muted(store) == ["name 1"]
    store.decide(OFFICER, "mute", plan=other.sha256, add=[mute(2)])


def test_what_cannot_be_applied_is_refused_and_nothing_is_written(job: Folders, store: DecisionStore) -> None:
    strange = Hide.model_validate(
        {"kind": "badge", "by": OFFICER, "whole": True, "keyframes": [{"at": "0", "box": [0, 0, 9, 9]}]}
    )
    with pytest.raises(EditsError, match="'badge'"):
        store.decide(OFFICER, "draw", plan=DRAFT.sha256, add=[strange])
    with pytest.raises(StateError, match="nobody is named"):
        store.decide(" ", "mute", plan=DRAFT.sha256, add=[mute(1)])
    assert not edits_path(job).exists()
    assert history_of(job) == ()


def test_several_tracks_are_kept_only_after_a_frame_of_each_was_shown(store: DecisionStore) -> None:
    first, second = (anchor.points[0] for anchor in keep(DRAFT, 1, 2).anchors)
    for shown in ((), (first,), (first, (40, 0.0, 0.0, 64.0, 64.0))):
        with pytest.raises(EditsError, match="were not shown before"):
            store.decide(OFFICER, "keep", plan=DRAFT.sha256, add=[keep(DRAFT, 1, 2, shown=shown)])
    store.decide(OFFICER, "keep", plan=DRAFT.sha256, add=[keep(DRAFT, 1, 2, shown=(first, second))])
    assert store.state().edits.keep[0].shown == (first, second)


def test_what_was_shown_before_somebody_is_kept_visible_is_in_the_history(job: Folders, store: DecisionStore) -> None:
    first, second = (anchor.points[0] for anchor in keep(DRAFT, 1, 2).anchors)
    store.decide(OFFICER, "keep", plan=DRAFT.sha256, add=[keep(DRAFT, 1, 2, shown=(first, second))])
    store.undo(OFFICER)
    store.decide(OFFICER, "keep", plan=DRAFT.sha256, add=[keep(DRAFT, 1, 2)], unseen=True)
    assert [entry.facts.get("shown") for entry in history_of(job)] == ["2 frames", None, "nothing"]


def test_decisions_that_are_corrected_together_keep_their_places(store: DecisionStore) -> None:
    decide(store, 1, 2, 3)
    first, second, third = store.state().edits.mute
    new = [each.model_copy(update={"comment": "said twice"}) for each in (first, second)]
    store.decide(OFFICER, "comment", plan=DRAFT.sha256, add=new, remove=[first, second])
    assert store.state().edits.mute == (*new, third)


def test_two_who_decide_at_once_decide_one_after_the_other(job: Folders, store: DecisionStore) -> None:
    other = DecisionStore(job)
    decide(store, 1)
    decide(other, 2)
    decide(store, 3)
    assert muted(other) == ["name 1", "name 2", "name 3"]


def stop_here(*_given: object, **_named: object) -> None:
    raise KeyboardInterrupt


STOPS = ["append_event", "write_atomically", "record", "append_settled"]


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_machine_that_stops_anywhere_loses_nothing_that_is_on_the_disk(
    stop: str, after: bool, job: Folders, store: DecisionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(store, 1)
    real: Callable[..., object] = getattr(__import__("bodycam_pipeline.review.decisions", fromlist=[stop]), stop)

    def stopping(*given: object, **named: object) -> None:
        if after:
            real(*given, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"bodycam_pipeline.review.decisions.{stop}", stopping)
        with pytest.raises(KeyboardInterrupt):
            decide(store, 2)
    begun = (stop, after) != ("append_event", False)
    expected = ["name 1", "name 2"] if begun else ["name 1"]
    again = DecisionStore(job)
    assert muted(again) == expected
    assert [each.reason for each in read_edits(edits_path(job)).mute] == expected
    assert len([e for e in history_of(job) if e.what == "decided"]) == len(expected)


def test_a_hand_that_edits_where_a_machine_stopped_loses_neither(
    job: Folders, store: DecisionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(store, 1, 2)
    with monkeypatch.context() as patch:
        patch.setattr(
            "bodycam_pipeline.review.decisions.write_atomically", lambda *_, **__: os.abort.__call__ and 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            decide(store, 3)
    edits_path(job).write_text(edits_text(Edits(mute=(mute(2), mute(8)))))
    assert sorted(muted(DecisionStore(job))) == ["name 2", "name 3", "name 8"]


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_when_the_machine_dies(job: Folders) -> None:
    """A process decides and says so, and is killed at a random moment, a hundred times over."""
    rng, said, number = random.Random(7), set[str](), 0  # noqa: S311 - moments, not secrets
    for _ in range(KILLS):
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            store = DecisionStore(job)
            while True:
                number += 1
                decide(store, number)
                os.write(theirs, f"{number}\n".encode())
        os.close(theirs)
        time.sleep(rng.uniform(0.0, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(ours) as pipe:
            acknowledged = [f"name {line.strip()}" for line in pipe]
        said |= set(acknowledged)
        store = DecisionStore(job)
        there = muted(store)
        assert said <= set(there)
        assert len(there) == len(set(there)), "none is made twice"
        written = read_edits(edits_path(job)) if edits_path(job).exists() else Edits()
        assert [each.reason for each in written.mute] == there
        number = max([int(reason.split()[1]) for reason in there], default=0)
        if len(there) > 40:  # so that each round stays short
            store.decide(OFFICER, "clear", plan=DRAFT.sha256, remove=store.state().edits.mute)
            said.clear()
            number = 0
    assert len(history_of(job)) > KILLS, "it decided between the kills"
    decided = [entry.facts["act_number"] for entry in history_of(job)]
    assert decided == [str(n) for n in range(1, len(decided) + 1)]
