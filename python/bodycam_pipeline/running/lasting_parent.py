"""The parent of boxes that last: it has the code, never reads a recording, and forks a box for each task.

python -m bodycam_pipeline.running.lasting_parent DESCRIPTOR ENVIRONMENT

It ends a box when the server closes its end of what joins them, and ends itself, and so every box, with the server.
"""

import gc
import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from typing import Any

from bodycam_pipeline.bounds import LOOK_SECONDS, refuse_threads
from bodycam_pipeline.running.attempts import attempt
from bodycam_pipeline.running.box import go_inside, needs_of, refuse_devices
from bodycam_pipeline.running.freed_memory import give_back
from bodycam_pipeline.running.handing import Handed
from bodycam_pipeline.running.starting import begun
from bodycam_pipeline.running.wire import pack
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.errors import BodycamError, WorkerError
from bodycam_pipeline.values.needs import Needs

ANSWERS_BETWEEN = 32
"""Answers after which a box gives back the memory that it has freed. It has to be taken anew when it is needed: after
every answer that costs a third of a still, after so many a fiftieth."""

_LOOK_MS = 1000 * LOOK_SECONDS

Opener = Callable[[Any], Any]


def main() -> None:
    """Fork boxes until the server closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
    with suppress(EOFError, OSError):
        server = begun()
        opener = server.recv()
        if isinstance(opener, Step):
            opener.load()
        _Forks(opener, server).go_on()
    os._exit(0)  # boxes die with it


@dataclass(frozen=True)
class _Box:
    """A box, as its parent sees it.

    Attributes:
        process: Its number.
        joined: Its end of what joins it to the server: closed by the server, it ends.
        alive: What is closed when it has ended.
        handed: What it was handed open.
    """

    process: int
    joined: Connection
    alive: Connection
    handed: Handed

    def end(self) -> None:
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        self.joined.close()
        self.alive.close()
        self.handed.close()


class _Forks:
    """The boxes that are open."""

    def __init__(self, opener: Opener, server: Connection) -> None:
        self._opener, self._server = opener, server
        self._boxes: dict[int, _Box] = {}
        self._poll = select.poll()
        self._poll.register(server, select.POLLIN)

    def go_on(self) -> None:
        """Fork boxes, and end them.

        Raises:
            EOFError, OSError: the server is gone.
        """
        while True:
            ready = {descriptor for descriptor, _ in self._poll.poll(_LOOK_MS if self._boxes else None)}
            ready |= {box.joined.fileno() for box in self._boxes.values() if _has_too_many_threads(box)}
            for ended in {self._boxes[each].process: self._boxes[each] for each in ready & self._boxes.keys()}.values():
                self._close(ended)
            if self._server.fileno() in ready:
                self._open(self._server.recv(), Connection(recv_handle(self._server)))

    def _open(self, task: object, joined: Connection) -> None:
        needs = needs_of(self._opener, task) or Needs(())
        try:
            refuse_devices(needs)
        except BodycamError as error:
            joined.send_bytes(pack((None, error)))
            joined.close()
            return
        handed = Handed(needs.recordings)
        alive, inside = Pipe(duplex=False)
        gc.freeze()  # else the first collection in the box copies every page
        process = os.fork()
        if process == 0:
            go_inside(lambda pipe: _answer(self._opener, task, pipe), needs, handed, joined, kept=(inside.fileno(),))
        inside.close()
        box = _Box(process, joined, alive, handed)
        for each in (joined, alive):
            self._boxes[each.fileno()] = box
            self._poll.register(each, 0)  # whether the other end is closed, not what is said

    def _close(self, box: _Box) -> None:
        for each in (box.joined, box.alive):
            self._poll.unregister(each)
            del self._boxes[each.fileno()]
        box.end()


def _has_too_many_threads(box: _Box) -> bool:
    try:
        refuse_threads(box.process)
    except WorkerError:
        return True
    return False


def _answer(opener: Opener, task: object, pipe: Connection) -> None:
    """What a box does: open, then answer what is asked, until nobody asks any more."""
    opened, error = attempt(opener, task)
    pipe.send_bytes(pack((None, error)))
    if error is not None:
        return
    for answered in count(1):
        name, arguments = pipe.recv()
        pipe.send_bytes(pack(attempt(lambda given: getattr(opened, name)(*given), arguments)))  # noqa: B023 - at once
        if answered % ANSWERS_BETWEEN == 0:
            give_back()  # now nobody waits


if __name__ == "__main__":
    main()
