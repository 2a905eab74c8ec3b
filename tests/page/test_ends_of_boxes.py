"""What decodes for the page may die: the page says so in words, and goes on."""

import os
import signal
from pathlib import Path

import pytest

from bodycam_pipeline import locked
from tests.page.conftest import Served
from tests.waiting import alive, children, wait_for

pytestmark = pytest.mark.skipif(bool(locked.why_no_box()), reason=f"no box on this machine: {locked.why_no_box()}")


def boxes() -> list[int]:
    """The processes that decode for this server."""
    parents = [
        each for each in children(os.getpid()) if b"lasting_parent" in Path(f"/proc/{each}/cmdline").read_bytes()
    ]
    return [box for parent in parents for box in children(parent)]


def test_a_box_that_dies_is_told_and_another_takes_its_place(served: Served) -> None:
    browser = served.enter()
    still = "/api/jobs/0/still/original/0.jpg"
    first = served.ask("GET", still, **browser)
    assert first.status == 200
    (box,) = boxes()
    os.kill(box, signal.SIGKILL)
    wait_for(lambda: not alive(box))
    answer = served.ask("GET", still, **browser)
    assert (answer.status, answer.json()["what"]) == (
        409,
        "the process that decodes this recording ended before it answered",
    )
    assert "try again" in answer.json()["remedy"]
    assert served.ask("GET", still, **browser).body == first.body


def test_what_is_not_there_is_asked_of_no_box(served: Served) -> None:
    browser = served.enter()
    for path in ("still/original/1.jpg", "play/original/99.m4s", "play/original/sound/99.m4s", "tracks/99/best.jpg"):
        assert served.ask("GET", f"/api/jobs/0/{path}", **browser).status == 404, path
