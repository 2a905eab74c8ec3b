"""An answer on its way from a box to the driver: the worker between them keeps it and never reads it.

What lay in a worker's memory lies in that of the boxes that it forks later: a picture out of one recording would be
before whoever takes over the decoder of the next. So the kernel keeps the bytes, in a file without a name, and moves
them from there. The driver waits for nobody but the worker: it gets an answer when the box that gave it is gone.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from bodycam_pipeline.bounds import LOOK_SECONDS
from bodycam_pipeline.running.wire import MOST_BYTES
from bodycam_pipeline.values.errors import BodycamError, StorageError

_LENGTH_BYTES = 4
"""How `Connection.send_bytes` begins."""

_FULL = {errno.EFBIG, errno.ENOSPC, errno.EDQUOT}
_MAKE_ROOM = "Raise the limit on file sizes (`ulimit -f`) or make room in memory, and run the same command again."


@contextmanager
def nameless_file(what: str) -> Iterator[BinaryIO]:
    """A file without a name; it lies in memory, where the system has such files."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create(what), "r+b", buffering=0) as file:
            yield file
    else:
        with TemporaryFile(buffering=0) as file:
            yield file


def take_answer(box: Connection, file: BinaryIO, driver: Connection, look: Callable[[], None]) -> bool:
    """Take an answer from a box into a file, as it will be told; whether there is a whole one.

    While it waits it looks after the box: ``look`` raises what it has to end for.

    The process ends, and its box with it, when the driver is gone.

    Raises:
        StorageError: the file takes no more, because of a limit on this process or on memory.
    """
    try:
        _await(box, driver, look)
        head = os.read(box.fileno(), _LENGTH_BYTES)
        left = int.from_bytes(head, "big") if len(head) == _LENGTH_BYTES else 0
        if 0 < left <= MOST_BYTES:
            file.write(head)
            while left and (moved := _moved(box, file, left, driver, look)):
                left -= moved
            return not left
    except BodycamError:
        raise  # what ``look`` says; some are errors of the system's as well
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(f"cannot write an answer: {error.strerror}", remedy=_MAKE_ROOM) from error
    return False


def _moved(box: Connection, file: BinaryIO, most: int, driver: Connection, look: Callable[[], None]) -> int:
    """Move what has come, up to so many bytes; how many there were."""
    _await(box, driver, look)
    if hasattr(os, "splice"):
        return os.splice(box.fileno(), file.fileno(), most)
    return os.write(file.fileno(), os.read(box.fileno(), min(most, 1 << 16)))


def _await(box: Connection, driver: Connection, look: Callable[[], None]) -> None:
    ready: list[Any] = []
    while not ready:
        ready = wait([box, driver], LOOK_SECONDS)
        look()
    if driver in ready:
        os._exit(0)


def tell(file: BinaryIO, driver: Connection) -> None:
    """Tell the driver what a file holds.

    Raises:
        OSError: the driver is gone.
    """
    at, size = 0, os.fstat(file.fileno()).st_size
    while at < size:
        at += os.sendfile(driver.fileno(), file.fileno(), at, size - at)
