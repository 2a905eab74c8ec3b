"""The page offers what the command line would do and nothing that it refuses; what was rendered is never replaced."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bodycam_pipeline.evidence.keys import own_key
from bodycam_pipeline.page.finish import SET_ASIDE, render_job, standing_facts, take_step
from bodycam_pipeline.page.queue import Queue
from bodycam_pipeline.page.review import Review
from bodycam_pipeline.passes import watch_nothing
from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import history_of, review_state_of
from bodycam_pipeline.values.errors import StateError
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineBoxes, InlineRunner
from tests.page.browser import chromium, opened, until
from tests.page.conftest import serving
from tests.page.test_decisions import act
from tests.people import key_of
from tests.people import review as asks
from tests.waiting import wait_for

Hold = Callable[[str], None]
OFFICER, SUPERVISOR, STRANGER = "officer", "B. Supervisor", "C. Stranger"


STOLEN = """import('/static/api.js').then(
    api => api.post(review.store.job + '/steps', {step: 'approve'}).catch(error => error.code))"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A job whose policy asks for one signed approval."""
    folder = tmp_path_factory.mktemp("finish")
    policy = quick_policy(review=asks(1, OFFICER, SUPERVISOR))
    path = clip(folder / "recording.mp4", frames=6)
    return detect(Order(str(path), folder / "out", policy), InlineRunner())[0].folders


@pytest.fixture
def review(asked: Folders, tmp_path: Path) -> Iterator[Review]:
    shutil.copytree(asked.internal, tmp_path / "out" / asked.internal.name)
    found = Review(Folders(tmp_path / "out", asked.name), InlineBoxes(), InlineRunner)
    yield found
    found.close()


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hold:
    """Gives this account a person's key."""

    def hold(name: str) -> None:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / name))
        own_key().parent.mkdir(parents=True, exist_ok=True)
        own_key().write_bytes(key_of(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        own_key().chmod(0o600)

    return hold


def refused(review: Review, by: str) -> str:
    found = standing_facts(review, by, own=True)["refused"]
    return found["what"] if found else ""


def test_a_step_is_offered_to_those_alone_whose_signature_counts(review: Review, holds: Hold) -> None:
    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    holds(STRANGER)
    assert "not among review.reviewers" in refused(review, STRANGER)
    assert "not the one that review.reviewers" in refused(review, OFFICER)
    holds(OFFICER)
    assert refused(review, OFFICER) == ""
    assert "has not signed" in standing_facts(review, OFFICER, own=False)["refused"]["what"], "behind a proxy"
    take_step(review, "submit", OFFICER, "", own=True)
    assert "somebody else approves" in refused(review, OFFICER)
    with pytest.raises(StateError, match="somebody else approves"):
        take_step(review, "approve", OFFICER, "", own=True)
    holds(SUPERVISOR)
    assert refused(review, SUPERVISOR) == ""
    take_step(review, "approve", SUPERVISOR, "", own=True)
    assert review_state_of(review.folders).state == "approved"
    assert [event.facts["key"][:10] for event in history_of(review.folders) if "signature" in event.facts] == [
        "-----BEGIN"
    ] * 2


def test_a_draft_of_earlier_decisions_is_set_aside_and_one_in_review_is_not(review: Review, holds: Hold) -> None:
    holds(OFFICER)
    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    first = (review.folders.release / "manifest.json").read_bytes()
    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    assert not (review.folders.internal / SET_ASIDE).exists(), "nothing changed: it is not made again"
    shown = review.recording.packets.shown_pts().tolist()
    act(review, "withhold", **{"from": shown[1], "to": shown[3]}, reason="interior of a dwelling")
    assert standing_facts(review, OFFICER, own=True)["rendered"] is False
    with pytest.raises(StateError, match="not rendered yet"):
        take_step(review, "submit", OFFICER, "", own=True)
    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    (aside,) = (review.folders.internal / SET_ASIDE).iterdir()
    assert (aside / "manifest.json").read_bytes() == first != (review.folders.release / "manifest.json").read_bytes()
    take_step(review, "submit", OFFICER, "", own=True)
    act(review, "undo")
    with pytest.raises(StateError, match="is in review"):
        render_job(review, InlineRunner(), watch_nothing, OFFICER)
    with pytest.raises(StateError, match="nobody knows what to change"):
        take_step(review, "reject", OFFICER, " ", own=True)
    take_step(review, "reject", OFFICER, "it is not what was decided", own=True)
    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    assert len(list((review.folders.internal / SET_ASIDE).iterdir())) == 2


def test_the_page_offers_no_approval_to_who_submitted(review: Review, holds: Hold) -> None:
    holds(OFFICER)
    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    take_step(review, "submit", OFFICER, "", own=True)
    with serving(review.folders.internal) as served, chromium() as browser, opened(browser, served, but="409") as page:
        assert page.inner_text(".bar button.primary") == "Ask for changes"
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("dialog[open] textarea")
        assert "somebody else approves" in page.inner_text(".toasts")
        assert page.evaluate(STOLEN) == "state", "whoever asks without the page is refused as well"
        page.keyboard.type("the street sign is not hidden")
        page.keyboard.press("Enter")
        until(page, "review.store.facts.state === 'draft'")
        assert page.inner_text(".bar .state") == "needs changes"
    assert [event.what for event in history_of(review.folders)][-1] == "rejected"
    (row,) = Queue.of(review.folders.internal).rows()
    assert (row["state"], row["last_by"]) == ("needs changes", OFFICER)


def test_what_was_watched_is_on_record_once_when_the_page_is_left(review: Review) -> None:
    def watched() -> int:
        return sum(event.what == "watched" for event in history_of(review.folders))

    render_job(review, InlineRunner(), watch_nothing, OFFICER)
    with serving(review.folders.internal) as served, chromium() as browser, opened(browser, served) as page:
        page.evaluate("for (let number = 0; number < 6; number += 1) review.store.saw(number, 1)")
        page.evaluate("for (let time = 0; time < 2; time += 1) dispatchEvent(new Event('pagehide'))")
        page.goto("about:blank")
        wait_for(watched)
        page.wait_for_timeout(300)
    assert watched() == 1
