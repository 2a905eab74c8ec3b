"""Boxes that last: each has one recording open and answers what a person asks of it, until it is closed.

The reviewer's server holds keys and never decodes. It starts one parent (`lasting_parent`), which forks a box for each
thing that is opened, locked as every box is, and joins it to the server by a pair of sockets. Answers are data of a
type and a length that the asker knows. A box that dies, is silent or says something else is an error in words; the next
question opens a new one. Closing the server's end of the pair ends the box, and so does the end of the server.
"""

import pickle
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from typing import Any, Protocol, TypeVar, cast

from bodycam_pipeline.locked import say_if_weak
from bodycam_pipeline.running.starting import started
from bodycam_pipeline.running.wire import MalformedAnswerError, unpack
from bodycam_pipeline.tasks.question import Question
from bodycam_pipeline.values.errors import BodycamError, WorkerError

MOST_BOXES = 12
"""Open at once: those of three recordings. The one that was asked longest ago is closed for another."""

MOST_ANSWER_BYTES = 256 << 20
"""The longest answer: a still of 8192 by 8192 pixels, without loss."""

_OPENED = Question[None]("", type(None), limit_seconds=60.0)
_PARENT = "bodycam_pipeline.running.lasting_parent"
_LENGTH_BYTES = 4
_REMEDY = "A new one takes its place: try again, or look at another place. What was decided is kept."

Result = TypeVar("Result")


class Answering(Protocol):
    """Something open that answers."""

    def ask(self, question: Question[Result], *arguments: object) -> Result:
        """The answer to a question."""

    def close(self) -> None:
        """Let go of what is open; the next question opens it again."""


class BoxOpener(Protocol):
    """Who opens things."""

    def open(self, task: object) -> Answering:
        """Something that answers questions about a task's recording."""

    def close(self) -> None:
        """Close all that is open."""


class LastingBoxes:
    """The parent of lasting boxes, as the server sees it; started when it is first needed. For any thread."""

    def __init__(self, opener: Callable[[Any], Any], most: int = MOST_BOXES) -> None:
        """Say who opens: a step that makes, of a task, an object whose methods answer; and how many may be open."""
        self._opener, self._most = opener, most
        self._lock = threading.Lock()
        self._parent: tuple[subprocess.Popen[bytes], Connection] | None = None
        self._boxes: dict[LastingBox, float] = {}
        self._closed = False

    def open(self, task: object) -> "LastingBox":
        """A box for a task; it is forked with the first question."""
        return LastingBox(self, task)

    def start(self) -> None:
        """Start the parent, so that nobody waits for its imports."""
        with self._lock:
            self._started()

    def fork(self, box: "LastingBox", task: object) -> socket.socket:
        """Have the parent fork a box; the server's end of what joins them.

        Raises:
            OSError: the parent died twice, or all was closed.
        """
        with self._lock:
            if self._closed:
                raise BrokenPipeError
            self._make_room()
            try:
                ours = self._handed_over(task)
            except OSError:  # the parent died: nobody's fault who asks
                self._stop()
                ours = self._handed_over(task)
            self._boxes[box] = time.monotonic()
        return ours

    def asked(self, box: "LastingBox") -> None:
        """Note that a box is in use."""
        if box in self._boxes:
            self._boxes[box] = time.monotonic()

    def close(self) -> None:
        """End the parent, and every box with it."""
        with self._lock:
            self._closed = True
            self._stop()
            boxes, self._boxes = list(self._boxes), {}
        for box in boxes:
            box.close()

    def _make_room(self) -> None:
        """Close what was asked longest ago and is not being asked."""
        for box in sorted(self._boxes, key=lambda box: self._boxes[box]):
            if len(self._boxes) < self._most:
                return
            if box.close_if_idle():
                del self._boxes[box]

    def _handed_over(self, task: object) -> socket.socket:
        """Tell the parent, with the other end of what is given."""
        process, pipe = self._started()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                pipe.send(task)
                send_handle(pipe, theirs.fileno(), process.pid)
        except OSError:
            ours.close()
            raise
        return ours

    def _started(self) -> tuple[subprocess.Popen[bytes], Connection]:
        if self._parent is None:
            say_if_weak()
            process, ours = started(_PARENT)
            ours.send(self._opener)
            self._parent = process, ours
        return self._parent

    def _stop(self) -> None:
        if self._parent is not None:
            process, pipe = self._parent
            self._parent = None
            pipe.close()
            process.kill()
            process.wait()


class LastingBox:
    """One box, as the server sees it: one question at a time. For any thread."""

    def __init__(self, boxes: LastingBoxes, task: object) -> None:
        self._boxes, self._task = boxes, task
        self._lock = threading.Lock()
        self._joined: socket.socket | None = None

    def ask(self, question: Question[Result], *arguments: object) -> Result:
        """The answer to a question.

        Raises:
            BodycamError: as who answers.
            WorkerError: the box died, or gave what is no answer, or took too long.
            BoxError: this machine has no box.
        """
        with self._lock:
            self._boxes.asked(self)
            asked = pickle.dumps((question.name, arguments))
            return cast("Result", self._answer(self._joined or self._open(), question, asked))

    def _open(self) -> socket.socket:
        try:
            joined = self._joined = self._boxes.fork(self, self._task)
        except OSError:
            raise self._lost("could not be started") from None
        try:
            self._answer(joined, _OPENED, b"")
        except BodycamError:
            self._let_go()
            raise
        return joined

    def _answer(self, joined: socket.socket, question: Question[Any], content: bytes) -> Any:
        """Say something, and wait for the answer."""
        seconds = question.limit_seconds
        try:
            answer, error = unpack(exchange(joined, content, seconds), question.answers)
        except TimeoutError:
            raise self._lost(f"took longer than {seconds:.0f} s") from None
        except (EOFError, OSError):
            raise self._lost("ended before it answered") from None
        except MalformedAnswerError as odd:
            raise self._lost(f"gave an answer that is none ({odd})") from odd
        if error is not None:
            raise error
        return answer

    def close(self) -> None:
        """End the box; the next question opens another."""
        with self._lock:
            self._let_go()

    def close_if_idle(self) -> bool:
        """End the box unless it is at work on a question; whether it was ended."""
        idle = self._lock.acquire(blocking=False)
        if idle:
            self._let_go()
            self._lock.release()
        return idle

    def _let_go(self) -> None:
        if self._joined is not None:
            self._joined.close()
            self._joined = None

    def _lost(self, how: str) -> WorkerError:
        self._let_go()
        return WorkerError(f"the process that decodes this recording {how}", remedy=_REMEDY)


def exchange(joined: socket.socket, content: bytes, seconds: float) -> bytearray:
    """Send what `Connection.recv` takes, unless it is nothing, and receive what its `send_bytes` says, within a time.

    Raises:
        EOFError, OSError: nobody is there; a `TimeoutError` where it takes longer.
        MalformedAnswerError: an answer that is longer than any.
    """
    end = time.monotonic() + seconds
    if content:
        joined.settimeout(seconds)
        joined.sendall(len(content).to_bytes(_LENGTH_BYTES, "big") + content)
    length = int.from_bytes(_received(joined, _LENGTH_BYTES, end), "big")
    if length > MOST_ANSWER_BYTES:
        raise MalformedAnswerError(f"{length} bytes")
    return _received(joined, length, end)


def _received(joined: socket.socket, count: int, end: float) -> bytearray:
    """So many bytes, before some time of the clock."""
    content = bytearray(count)
    rest = memoryview(content)
    while rest:
        joined.settimeout(max(1e-3, end - time.monotonic()))
        got = joined.recv_into(rest)
        if not got:
            raise EOFError
        rest = rest[got:]
    return content
