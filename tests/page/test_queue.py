"""The queue of a backlog: what is due first on top, one key into a job."""

from pathlib import Path

import pytest

from bodycam_pipeline.page.queue import Queue
from bodycam_pipeline.pipeline import Order, job_of
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import keep_work, read_draft, read_work
from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.errors import PackageError
from tests.page.browser import chromium, opened, until
from tests.page.conftest import serving


@pytest.fixture
def backlog(detected: Folders, tmp_path: Path) -> Path:
    """A backlog's folder: one job that a batch left for a person, and one that it published."""
    (recording, policy), draft = read_work(detected), read_draft(detected)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        run = ledger.begin_run("batch")
        late = QueueItem("a", "late.mp4", "x", "{}", 1.0, due="2026-12-24", request="2026-0002")
        soon = QueueItem("b", "soon.mp4", "x", "{}", 2.0, due="2026-12-01", request="2026-0001")
        ledger.enter(run, [late, soon])
        for name in (detected.name, "late"):
            lease = ledger.take(run)
            assert lease is not None
            ledger.identify(lease, name, name)
            ledger.finish(lease, "needs review", "the second look saw something")
            job = job_of(Order(recording.address, tmp_path, policy, name=name), recording, "")
            with job.folders.locked():
                keep_work(job, draft)
    return tmp_path


def test_what_is_due_first_is_on_top(backlog: Path) -> None:
    rows = Queue.of(backlog).rows()
    assert [(row["name"], row["request"], row["state"], row["last_by"]) for row in rows] == [
        ("recording", "2026-0001", "needs review", ""),
        ("late", "2026-0002", "needs review", ""),
    ]


def test_enter_opens_the_first_job_of_the_queue(backlog: Path) -> None:
    with serving(backlog) as served, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{served.origin}/#{served.access.new_token()}")
        page.wait_for_selector("table.queue")
        page.keyboard.press("Enter")
        page.wait_for_selector("review-stage[data-pts]")
        assert page.title() == "Review: recording"


def test_one_key_goes_to_the_next_job_and_one_to_the_queue_that_says_who_had_it(backlog: Path) -> None:
    with serving(backlog) as served, chromium() as browser, opened(browser, served, path="/?job=1") as page:
        assert page.title() == "Review: late", "the address names the job, so a reload stays there"
        page.keyboard.press("c")
        page.keyboard.type("who is this?")
        page.keyboard.press("Enter")
        until(page, "review.store.facts.remarks.length === 1")
        page.keyboard.press("Shift+ArrowDown")
        page.wait_for_url("**/?job=0")
        page.wait_for_selector("review-stage[data-pts]")
        assert page.title() == "Review: recording"
        page.keyboard.press("q")
        page.wait_for_selector("table.queue")
        assert [row.split("\t")[5] for row in page.locator("tbody tr").all_inner_texts()] == ["–", "officer"]
        assert page.evaluate("document.activeElement.textContent") == "soon.mp4"
        page.keyboard.press("n")
        assert page.evaluate("document.activeElement.textContent") == "late.mp4"


def test_a_recording_that_was_detected_opens_its_job(detected: Folders, tmp_path: Path) -> None:
    recording = detected.out.parent / "recording.mp4"
    assert [item.folders.internal for item in Queue.of(recording).items] == [detected.internal]
    another = tmp_path / "another.mp4"
    another.write_bytes(b"x")
    with pytest.raises(PackageError, match="nothing was detected of"):
        Queue.of(another)


def test_a_folder_without_jobs_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="nothing to review"):
        Queue.of(tmp_path)
