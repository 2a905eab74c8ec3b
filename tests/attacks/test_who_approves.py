"""One person who would be two: other spellings, letters that look alike, and one's own submission."""

import shutil
from pathlib import Path

import pytest

from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import review_state_of
from bodycam_pipeline.rules.review_state import review_state
from bodycam_pipeline.values.errors import StateError
from bodycam_pipeline.values.event import Event
from bodycam_pipeline.values.names import same_person, why_no_name
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner
from tests.people import decide, review

ANNA, BEN, CARA = "Anna Ashdown", "Ben Iolo Bracewell", "Cara Clutterbuck"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Folders]:
    folder = tmp_path_factory.mktemp("review")
    path, jobs = clip(folder / "recording.mp4", frames=3), {}
    for own in (False, True):
        policy = quick_policy(review=review(2, ANNA, BEN, CARA, submitter_may_approve=own))
        jobs[own] = redact(Order(str(path), folder / str(own), policy), InlineRunner()).folders
    return jobs


def job_of(published: dict[bool, Folders], own: bool, tmp_path: Path) -> Folders:
    shutil.copytree(published[own].out, tmp_path / "out")
    return Folders(tmp_path / "out", published[own].name)


SPELLED = [
    BEN.upper(),
    f"  {BEN.lower()} ",
    "Ben  Iolo\u00a0Bracewell",
    "\uff22en Iolo Bracewell",
    "Be\u0301n Iolo Bracewell",
    "B\u00e9n Iolo Bracewell",
    "Ben lolo Bracewell",
    "Ben I0lo Bracewell",
    "Ben Iolo Bracewe1l",
]
REFUSED = [
    "\u0412en Iolo Bracewell",
    "Ben Iol\u03bf Bracewell",
    "Ben Iolo Br\u0430cewell",
    "Ben\u200b Iolo Bracewell",
    "Ben Iolo Bracewell\u200d",
    "Ben Iolo\u00ad Bracewell",
    "\u202eBen Iolo Bracewell",
    "Ben Iolo Bracewell\x00",
    "Ben Iolo Bracewell\n",
    "\u200b",
]


@pytest.mark.parametrize("name", SPELLED + REFUSED, ids=ascii)
def test_nobody_approves_twice_under_another_spelling(
    name: str, published: dict[bool, Folders], tmp_path: Path
) -> None:
    job = job_of(published, False, tmp_path)
    decide(job, "submitted", ANNA)
    decide(job, "approved", BEN)
    with pytest.raises(StateError):
        decide(job, "approved", name)
    assert len(review_state_of(job).approvals) == 1


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_what_looks_like_a_name_and_is_none_is_refused_everywhere(
    name: str, published: dict[bool, Folders], tmp_path: Path
) -> None:
    job = job_of(published, False, tmp_path)
    with pytest.raises(StateError, match="named"):
        decide(job, "submitted", name)


@pytest.mark.parametrize(
    "name", ["José Núñez", "Анна Иванова", "Γιώργος", "王小明", "O'Brien-Smith, Jr.", "A. Officer #4471"]
)
def test_names_of_any_one_alphabet_are_names(name: str) -> None:
    assert why_no_name(name) == ""


def test_whole_names_that_look_alike_are_one() -> None:
    assert same_person("Copa") == same_person("\u0421\u043e\u0440\u0430")
    assert same_person(ANNA) != same_person(BEN)
    assert len({same_person(each) for each in [BEN, *SPELLED]}) == 1


def test_who_submitted_it_does_not_count(published: dict[bool, Folders], tmp_path: Path) -> None:
    job = job_of(published, False, tmp_path)
    decide(job, "submitted", ANNA)
    for name in (ANNA, ANNA.upper()):
        with pytest.raises(StateError, match="submitter_may_approve"):
            decide(job, "approved", name)
    decide(job, "approved", BEN)
    assert review_state_of(job).state == "in review"
    decide(job, "approved", CARA)
    assert review_state_of(job).state == "approved"


def test_unless_the_policy_says_so(published: dict[bool, Folders], tmp_path: Path) -> None:
    job = job_of(published, True, tmp_path)
    decide(job, "submitted", ANNA)
    decide(job, "approved", ANNA)
    decide(job, "approved", BEN)
    assert review_state_of(job).state == "approved"


def test_an_entry_that_was_written_all_the_same_does_not_count() -> None:
    done = [
        Event("", what, by, release="r") for what, by in (("submitted", ANNA), ("approved", ANNA), ("approved", BEN))
    ]  # type: ignore[arg-type]
    assert review_state(done, "r", 2, own=False).approvals == (BEN,)
    assert review_state(done, "r", 2, own=True).may_be_released
