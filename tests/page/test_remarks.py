"""A comment at a time and place: by one key, in the history at once, there again after a reload, and gone on from."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodycam_pipeline.page.remarks import remarks_of
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import history_of
from tests.page.browser import chromium, opened, until
from tests.page.conftest import Served, serving
from tests.page.test_journey import answer, press


@pytest.fixture
def served(detected: Folders, tmp_path: Path) -> Iterator[Served]:
    shutil.copytree(detected.internal, tmp_path / detected.internal.name)
    with serving(tmp_path / detected.internal.name) as found:
        yield found


@pytest.mark.parametrize("given", [{"text": "x"}, {"text": " ", "pts": 0}, {"text": "x", "pts": 1}, {"pts": "x"}])
def test_a_comment_without_words_or_without_a_frame_is_refused(served: Served, given: dict[str, object]) -> None:
    answered = served.ask("POST", "/api/jobs/0/remarks", json.dumps(given).encode(), **served.enter())
    assert answered.status in {400, 409}
    assert history_of(served.folders)[1:] == ()


def test_c_comments_on_a_place_and_on_a_decision(served: Served) -> None:
    with chromium() as browser, opened(browser, served) as page:
        press(page, "ArrowRight", "ArrowRight", "n")
        until(page, "document.querySelector('review-stage').dataset.pts === String(review.store.pts)")
        press(page, "c")
        answer(page, "is this the neighbour?")
        until(page, "review.store.facts.remarks.length === 1")
        track = page.evaluate("[...review.store.selected][0]")
        press(page, "a")
        until(page, f"review.store.track({track}).state === 'hidden'")
        page.evaluate(f"review.store.select({track})")
        press(page, "c")
        answer(page, "she asked for it")
        until(page, f"review.store.track({track}).comment === 'she asked for it'")
        page.reload()
        page.wait_for_selector("review-stage[data-pts]")
        assert "is this the neighbour?" in page.inner_text("review-cards")
        page.locator(".card.remark .card-main").click()
        (remark,) = page.evaluate("review.store.facts.remarks")
        assert page.evaluate("review.store.pts") == remark["pts"]
        assert page.evaluate(f"review.store.track({track}).comment") == "she asked for it"
    (remark,) = remarks_of(served.folders)
    assert (remark["by"], remark["text"], remark["open"], len(remark["box"])) == (
        "officer",
        "is this the neighbour?",
        True,
        4,
    )
