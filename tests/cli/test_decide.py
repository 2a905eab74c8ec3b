"""`bodycam review` decides with numbers and words, and writes places and times."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import history_of
from bodycam_pipeline.values.errors import EditsError
from tests.review.detected import detected_job
from tests.rules.build import keep, plan, row

DRAFT = plan([row(at, box, track=n) for at in (0, 40) for n, box in ((1, (0, 0, 64, 64)), (2, (96, 0, 160, 64)))])
ME = ["--by", "R. Officer"]


@pytest.fixture
def job(tmp_path: Path) -> Folders:
    return detected_job(tmp_path, DRAFT)


def review(job: Folders, verb: str, *words: str) -> dict[str, object]:
    done = CliRunner().invoke(app, ["review", verb, str(job.out / job.name), *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report: dict[str, object] = json.loads(done.output)
    return report


def test_numbers_are_written_as_places(job: Folders) -> None:
    review(job, "keep", "2", *ME, "--reason", "the requester")
    (made,) = read_edits(job.internal / "edits.toml").keep
    assert made == keep(DRAFT, 2, reason="the requester")


def test_several_tracks_are_one_decision_and_the_history_says_that_nothing_was_shown(job: Folders) -> None:
    both = ["keep", "1", "2", *ME, "--reason", "the requester"]
    with pytest.raises(EditsError, match="shows nobody a picture"):
        review(job, *both)
    assert not (job.internal / "edits.toml").exists()
    review(job, *both, "--unseen")
    (made,) = read_edits(job.internal / "edits.toml").keep
    assert made == keep(DRAFT, 1, 2, reason="the requester")
    assert history_of(job)[-1].facts["shown"] == "nothing"


def test_every_verb_writes_its_entry_and_undo_takes_it_back(job: Folders) -> None:
    acts = [
        ["confirm", "1"],
        ["change", "1", "2", "--kind", "minor"],
        ["split", "1", "--at", "pts 40"],
        ["join", "1", "2"],
        ["trim", "2", "--reason", "a poster", "--to", "pts 40"],
        ["hide", "--kind", "screen", "--at", "0=1,2,30,40", "--at", "0.2=5,2,35,40"],
        ["hide", "--kind", "document", "--at", "pts 80=1,2,30,40", "--whole", "--comment", "the passport"],
        ["withhold", "--from", "0", "--to", "0.1", "--kind", "interior"],
        ["mute", "--from", "0", "--to", "0.1", "--reason", "a name"],
        ["dismiss", "--from", "0", "--to", "0.1", "--box", "1,2,30,40", "--reason", "a doll"],
    ]
    for number, act in enumerate(acts, start=1):
        assert review(job, *act, *ME)["number"] == number
    edits = read_edits(job.internal / "edits.toml")
    assert [each.table for each in edits.decisions()] == [
        *("confirm", "change", "split", "join", "trim", "hide", "hide", "withhold", "mute", "dismiss")
    ]
    assert edits.hide[1].comment == "the passport"
    review(job, "undo", *ME)
    assert read_edits(job.internal / "edits.toml").dismiss == ()
    review(job, "redo", *ME)
    assert len(review(job, "decisions")["decisions"]) == 9  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (["keep", "7", "--reason", "r"], "track 7 is not in the plan"),
        (["join", "1"], "joins nothing"),
        (["hide", "--kind", "badge", "--at", "0=1,2,3,4", "--whole"], "'badge', which the policy"),
        (["hide", "--kind", "screen", "--at", "0=1,2,3,4"], "needs two keyframes"),
        (["mute", "--from", "1:x", "--to", "2", "--reason", "r"], "not a time"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(job: Folders, act: list[str], why: str) -> None:
    with pytest.raises(EditsError, match=why):
        review(job, *act, *ME)
    assert not (job.internal / "edits.toml").exists()
