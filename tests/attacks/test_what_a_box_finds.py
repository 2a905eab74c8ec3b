"""A box is a copy of its parent: what the parent's memory does not hold, nobody finds who takes a decoder over."""

import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bodycam_pipeline.running.lasting import LastingBoxes
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.tasks.question import Question
from tests.attacks.memory import holds
from tests.running.steps import Opened, Seeing, open_oddly, see, see_in_a_box
from tests.waiting import alive, children, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
CREDENTIAL = secrets.token_hex(20)
DRIVER = """
from bodycam_pipeline.running.local import LocalRunner
from tests.attacks.memory import holds
from tests.running.steps import Seeing, drip_in_a_box
with LocalRunner(1) as runner:
    list(runner.run(drip_in_a_box, [Seeing(0)]))
"""


@pytest.fixture
def credential(monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CREDENTIAL)
    return CREDENTIAL.encode()


def test_a_worker_holds_no_credential_and_nothing_of_an_earlier_recording(credential: bytes) -> None:
    with LocalRunner(1) as runner:
        outcomes = list(runner.run(see_in_a_box, [Seeing(number) for number in range(3)]))
        assert [each.result for each in outcomes] == [see(number) * 2000 for number in range(3)]
        (worker,) = (each.process.pid for each in runner.processes.pool)
        assert holds(worker, b"bodycam_pipeline.running.worker"), "else this finds nothing"
        assert not holds(worker, credential)
        assert not any(holds(worker, see(number).encode()) for number in range(3))


def test_the_parent_of_boxes_that_last_holds_no_credential(credential: bytes) -> None:
    with closing(LastingBoxes(open_oddly)) as boxes:
        boxes.open(Opened()).ask(Question[int]("process", int))
        assert boxes._parent is not None
        assert not holds(boxes._parent[0].pid, credential)


def test_a_box_that_never_ends_its_answer_ends_with_the_driver() -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER], cwd=Path(__file__).parents[2])
    try:
        boxes = wait_for(lambda: [box for worker in children(driver.pid) for box in children(worker)])
        worker = children(driver.pid)
        time.sleep(0.5)  # the answer has begun
        os.kill(driver.pid, signal.SIGKILL)
        wait_for(lambda: not [one for one in (*worker, *boxes) if alive(one)], 5.0)
    finally:
        driver.kill()
        driver.wait(timeout=60)
