"""Steps that misbehave in every way a worker can, for the runners' tests."""

import logging
import os
import signal
import sys
import time
from pathlib import Path

from bodycam_pipeline.tasks.probe import ProbeTask
from bodycam_pipeline.values.errors import DamagedRecordingError
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
