"""What code does that has taken a decoder over, inside a box, where the demuxer would be opened."""

import _thread
import ctypes
import errno
import fcntl
import itertools
import mmap
import os
import stat
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from unittest import mock

from bodycam_pipeline.running.box import needs_of
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import Recording
from tests.attacks.trials import TRIALS, World, held, outcome


def other_door(_task: object) -> int:
    """Make a call as programs of 32 bits make it."""
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, getpid; int 0x80; ret
    getpid = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    return int(getpid())


@dataclass(frozen=True)
class TakenOver:
    """A task of the product, whose demuxer is somebody else's."""

    step: Callable[[object], object]
    task: object
    world: World
    pause_seconds: float = 0.0

    def needs(self) -> Needs:
        """The task's own."""
        asked = needs_of(self.step, self.task)
        assert asked is not None
        return asked


def taken_over(task: TakenOver) -> dict[str, str]:
    """Do a step of the product; once it opens the recording, try to get out. How each trial ended."""
    return _tried(lambda: task.step(task.task), task.world)


def _tried(act: Callable[[], object], world: World) -> dict[str, str]:
    outcomes: dict[str, str] = {}

    def demuxer(*_: object) -> None:
        outcomes.update({name: outcome(trial, world) for name, trial in TRIALS.items()})
        raise OSError(errno.EIO, "taken over")

    with (
        mock.patch("bodycam_pipeline.read.container._container", demuxer),
        mock.patch("pyarrow.parquet.read_table", demuxer),
    ):
        try:
            act()
        except Exception as error:
            outcomes.setdefault("list the root", repr(error))  # it came to no recording
    return outcomes


class Captive:
    """What a box that lasts answers with, once somebody else's code is in it."""

    def __init__(self, task: TakenOver) -> None:
        self._opened, self._world = task.step(task.task), task.world

    def tried(self, name: str, arguments: tuple[object, ...]) -> dict[str, str]:
        """Answer a question of the page, and try to get out once the recording is opened. How each trial ended."""
        return _tried(lambda: getattr(self._opened, name)(*arguments), self._world)


def open_taken_over(task: TakenOver) -> Captive:
    """Open a recording for the page."""
    return Captive(task)


def answer_with_a_pickle(task: TakenOver) -> str:
    """Write to every descriptor what a reader that unpickles would carry out, and leave."""
    import pickle

    class Command:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {task.world.folder}/ran",)

    content = pickle.dumps((Command(), None))
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, len(content).to_bytes(4, "big") + content)
        except OSError:
            continue
    os._exit(0)


def pester(task: TakenOver) -> Recording:
    """Say odd things to whoever is at the other end of a pipe, before the recording is opened."""
    ranges = (struct.pack("<QQ", 1 << 62, 1), struct.pack("<QQ", 0, 1 << 63), b"\xff" * 16)
    odd = (*ranges, bytes(15), b"?", b"", bytes(17))
    for descriptor, what in held().items():
        if stat.S_ISSOCK(what.st_mode):
            for content in odd:
                os.write(descriptor, len(content).to_bytes(4, "big") + content)
    return cast("Recording", task.step(task.task))


def eat(task: TakenOver) -> None:
    """Take all the memory there is, of addresses; so the machine does not feel what is refused in the end."""
    eaten = []

    def more() -> None:
        eaten.append(mmap.mmap(-1, 1 << 30))

    _for_ever(more, task)


def burn(task: TakenOver) -> None:
    """Compute."""
    _for_ever(lambda: None, task)


def fill(task: TakenOver) -> None:
    """Write to all that may be written to, in turn."""
    own = [each for each, what in held().items() if stat.S_ISREG(what.st_mode) and _is_writable(each)]

    def more() -> None:
        for each in own:
            os.write(each, bytes(1 << 20))
        time.sleep(task.pause_seconds)

    _for_ever(more, task)


def litter(task: TakenOver) -> None:
    """Make very many small files, and go on when that is refused."""
    numbers = itertools.count()

    def more() -> None:
        Path(task.world.write, f"small.{next(numbers)}").write_bytes(b"small")

    _for_ever(more, task)


def swarm(task: TakenOver) -> None:
    """Start threads that never end."""
    threading.stack_size(1 << 15)
    ever = threading.Lock()
    ever.acquire()

    def more() -> None:
        with suppress(RuntimeError):
            _thread.start_new_thread(ever.acquire, ())

    _for_ever(more, task)


def _is_writable(descriptor: int) -> bool:
    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE)


def _for_ever(act: Callable[[], None], task: TakenOver) -> None:
    """Do a step of the product whose demuxer never comes back."""

    def demuxer(*_: object) -> None:
        while True:
            act()

    with mock.patch("bodycam_pipeline.read.container._container", demuxer):
        task.step(task.task)
