"""A box that lasts answers with data or with an error in words, and is gone when whoever asks it is."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bodycam_pipeline import locked
from bodycam_pipeline.running import lasting
from bodycam_pipeline.running.lasting import LastingBoxes
from bodycam_pipeline.running.lasting_parent import ANSWERS_BETWEEN
from bodycam_pipeline.tasks.question import Question
from bodycam_pipeline.values.errors import DamagedRecordingError, WorkerError
from tests.running.steps import Opened, open_oddly
from tests.waiting import alive, children, wait_for

pytestmark = pytest.mark.skipif(bool(locked.why_no_box()), reason=f"no box on this machine: {locked.why_no_box()}")

PROCESS = Question[int]("process", int)
DOUBLE = Question[int]("double", int)
REFUSE = Question[int]("refuse", int)
DIE = Question[int]("die", int)
HANG = Question[int]("hang", int, limit_seconds=0.5)
DRIP = Question[int]("drip", int, limit_seconds=0.5)
FREE = Question[int]("free_between_blocks", int)
SHOUT = Question[int]("shout", int)
PICKLE = Question[int]("answer_with_a_pickle", int)
ORPHAN_SECONDS = 5.0
FREED_BYTES = 64 << 20


@pytest.fixture(scope="module")
def boxes() -> Iterator[LastingBoxes]:
    found = LastingBoxes(open_oddly, most=2)
    yield found
    found.close()


def parent_of(boxes: LastingBoxes) -> int:
    assert boxes._parent is not None
    return boxes._parent[0].pid


def test_questions_are_answered_by_one_process_until_it_is_closed(boxes: LastingBoxes) -> None:
    box = boxes.open(Opened())
    first = box.ask(PROCESS)
    assert (box.ask(DOUBLE, 21), box.ask(PROCESS)) == (42, first)
    assert first in children(parent_of(boxes))
    with pytest.raises(DamagedRecordingError, match="frame 3 is gone"):
        box.ask(REFUSE, 3)
    assert box.ask(PROCESS) == first, "a refusal is an answer"
    box.close()
    wait_for(lambda: not alive(first), ORPHAN_SECONDS)
    assert box.ask(PROCESS) != first


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (DIE, "ended before it answered"),
        (HANG, "took longer than 0 s"),
        (DRIP, "took longer than 0 s"),
        (SHOUT, "gave an answer that is none"),
        (PICKLE, "gave an answer that is none"),
        (replace(DOUBLE, answers=str), "gave an answer that is none"),
    ],
    ids=lambda each: each.name if isinstance(each, Question) else "",
)
def test_a_box_that_goes_wrong_is_said_in_words_and_another_takes_its_place(
    question: Question[int], words: str, boxes: LastingBoxes
) -> None:
    box = boxes.open(Opened())
    was = box.ask(PROCESS)
    with pytest.raises(WorkerError, match=words) as raised:
        box.ask(question, 1)
    assert "try again" in raised.value.remedy
    wait_for(lambda: not alive(was), ORPHAN_SECONDS)
    assert box.ask(DOUBLE, 2) == 4


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this C library gives back on its own terms")
def test_what_a_box_has_freed_is_given_back(boxes: LastingBoxes) -> None:
    box = boxes.open(Opened())
    process, before = box.ask(PROCESS), held_bytes(box.ask(PROCESS))
    assert box.ask(FREE, FREED_BYTES) > 0
    assert held_bytes(process) - before > FREED_BYTES / 2, "the C library keeps what lies between blocks in use"
    for _ in range(ANSWERS_BETWEEN):
        box.ask(DOUBLE, 1)
    wait_for(lambda: held_bytes(process) - before < FREED_BYTES / 4, ORPHAN_SECONDS)


def held_bytes(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_what_was_asked_longest_ago_makes_room(boxes: LastingBoxes) -> None:
    asked = [boxes.open(Opened()) for _ in range(3)]
    processes = [box.ask(PROCESS) for box in asked]
    wait_for(lambda: not alive(processes[0]), ORPHAN_SECONDS)
    assert [asked[n].ask(PROCESS) for n in (1, 2)] == processes[1:]


def test_a_parent_that_died_is_replaced(boxes: LastingBoxes) -> None:
    box = boxes.open(Opened())
    was, parent = box.ask(PROCESS), parent_of(boxes)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not alive(was), ORPHAN_SECONDS)
    with pytest.raises(WorkerError, match="ended before it answered"):
        box.ask(DOUBLE, 1)
    assert box.ask(DOUBLE, 1) == 2


def test_nothing_is_left_when_the_asker_is_killed() -> None:
    program = (
        "from tests.running.steps import Opened, open_oddly\n"
        "from tests.running.test_lasting import PROCESS, LastingBoxes, parent_of\n"
        "boxes = LastingBoxes(open_oddly)\n"
        "print(boxes.open(Opened()).ask(PROCESS), parent_of(boxes), flush=True)\n"
        "input()"
    )
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        processes = [int(each) for each in asker.stdout.readline().split()]
        assert all(map(alive, processes))
        asker.kill()
    wait_for(lambda: not any(map(alive, processes)), ORPHAN_SECONDS)


def test_who_is_closed_starts_nothing_any_more() -> None:
    boxes = LastingBoxes(open_oddly)
    box = boxes.open(Opened())
    boxes.close()
    with pytest.raises(WorkerError, match="could not be started"):
        box.ask(DOUBLE, 1)
    assert boxes._parent is None


def test_an_answer_has_a_longest_length() -> None:
    assert lasting.MOST_ANSWER_BYTES < 1 << 31
