"""Steps that misbehave in every way a worker can, for the runners' tests."""

import hashlib
import logging
import os
import pickle
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.tasks.probe import ProbeTask
from bodycam_pipeline.values.errors import DamagedRecordingError
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import Recording


def double(number: int) -> int:
    """The well-behaved one."""
    return 2 * number


def refuse(number: int) -> int:
    """An answer, not a crash."""
    raise DamagedRecordingError(f"frame {number} is gone", remedy="Withhold it.")


def die_once(marker: str) -> str:
    """Killed on the first try, as by the kernel's out-of-memory killer."""
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return marker


def die_always(marker: str) -> str:
    """Killed on every try; one line is written per try."""
    with Path(marker).open("a") as log:
        log.write("tried\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return marker


def die_probing(_task: ProbeTask) -> Recording:
    """Gone on every try, because of the recording."""
    os._exit(1)


def hang(_: int) -> int:
    """A decoder in an endless loop."""
    time.sleep(3600)
    return 0


def defect(number: int) -> int:
    """A bug of our own."""
    return 1 // (number - number)


def pid(_: int) -> int:
    """Which process answered."""
    return os.getpid()


def say_aloud(name: str) -> str:
    """A codec that complains about a file by name, on every channel it has."""
    print(name)
    print(name, file=sys.stderr, flush=True)
    os.write(2, name.encode())
    logging.getLogger("ray").error(name)
    return name * 40_000


def take_a_while(number: int) -> int:
    """Long enough for a node to be taken away meanwhile."""
    time.sleep(0.3)
    return 2 * number


def note(what: tuple[str, str, float]) -> None:
    """Leave a letter in a log, and take so long."""
    path, letter, seconds = what
    with Path(path).open("a") as log:
        log.write(letter)
    time.sleep(seconds)


BLOCK_BYTES = 64 << 10
"""Less than what the C library gives back at once."""


@dataclass(frozen=True)
class Opened:
    """A task of a box that lasts, and needs nothing."""

    def needs(self) -> Needs:
        return Needs(())


class Odd:
    """Answers of a box that lasts, and what one does that was taken over."""

    def process(self) -> int:
        return os.getpid()

    def double(self, number: int) -> int:
        return 2 * number

    def refuse(self, number: int) -> int:
        return refuse(number)

    def die(self, _number: int) -> int:
        os._exit(1)

    def hang(self, _number: int) -> int:
        while True:
            time.sleep(1)

    def drip(self, _number: int) -> int:
        """Say a byte at a time of an answer that never ends."""
        self._say((1 << 20).to_bytes(4, "big"))
        while True:
            self._say(b" ")
            time.sleep(0.01)

    def shout(self, number: int) -> int:
        """Announce more than there may be."""
        self._say((1 << 30).to_bytes(4, "big"))
        return number

    def answer_with_a_pickle(self, _number: int) -> int:
        content = pickle.dumps(print)
        self._say(len(content).to_bytes(4, "big") + content)
        return self.hang(0)

    def free_between_blocks(self, size_bytes: int) -> int:
        """Free large blocks that lie between small ones which stay; how many blocks there were."""
        blocks = [bytes(BLOCK_BYTES if number % 2 else 1 << 10) for number in range(2 * size_bytes // BLOCK_BYTES)]
        self._stay = blocks[::2]
        return len(blocks)

    def _say(self, content: bytes) -> None:
        for descriptor in range(3, 64):
            with suppress(OSError):
                os.write(descriptor, content)


def open_oddly(_task: Opened) -> Odd:
    """Open nothing."""
    return Odd()


def see(number: int) -> str:
    """What is in one recording, and in no other."""
    return hashlib.sha256(b"seen %d" % number).hexdigest()


@dataclass(frozen=True)
class Seeing:
    """A task that is done in a box, and needs nothing."""

    number: int

    def needs(self) -> Needs:
        return Needs(())


def see_in_a_box(task: Seeing) -> str:
    return see(task.number) * 2000


def drip_in_a_box(_task: Seeing) -> str:
    """An answer that never ends."""
    Odd().drip(0)
    return ""
