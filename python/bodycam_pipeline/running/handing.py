"""Recordings that a box reads without opening them: by a descriptor, or by range from a keeper.

A file on this machine is opened before the box is locked, as a regular file, and the box reads by its descriptor. What
takes keys or a network, in a vault or a store, is opened by a *keeper*: a process beside the box that proves the read,
decrypts, and answers ranges. So a box holds no key, no identity, and nothing that opens another recording.
"""

import errno
import io
import os
import signal
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import BinaryIO, Self, cast

from bodycam_pipeline.running.descriptors import close_all_but
from bodycam_pipeline.running.starting import take_environment, whole_environment
from bodycam_pipeline.running.wire import MOST_BYTES, pack, unpack
from bodycam_pipeline.schemes import open_recording
from bodycam_pipeline.values.address import scheme_of
from bodycam_pipeline.values.errors import BodycamError, StorageError

Open = Callable[[], BinaryIO]

_LOCAL = {"", "file"}
_RANGE = struct.Struct("<QQ")
_MOST_AT_ONCE = 64 << 20
_BYTES, _REFUSED = b"b", b"r"


class Handed:
    """Recordings that are open for one box: made before it is forked, closed when it has ended.

    Attributes:
        opened: By address, how the box opens it; an address that does not open says so there.
        descriptors: All that the box has to keep for it.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self._open: list[BinaryIO | Connection] = []
        self._keepers: list[int] = []
        self.opened = {address: self._opener(address) for address in dict.fromkeys(addresses)}
        self.descriptors = [each.fileno() for each in self._open]

    def close(self) -> None:
        """Let go of all of it; keepers end."""
        for each in self._open:
            each.close()
        for keeper in self._keepers:
            os.kill(keeper, signal.SIGKILL)
            os.waitpid(keeper, 0)

    def _opener(self, address: str) -> Open:
        if scheme_of(address) not in _LOCAL:
            pipe = self._keeper(address)
            return lambda: cast("BinaryIO", _from_keeper(pipe))
        try:
            file = open_recording(address)
        except BodycamError as error:
            return _refusing(error)
        self._open.append(file)
        descriptor, size = file.fileno(), os.fstat(file.fileno()).st_size
        return lambda: cast("BinaryIO", HandedFile(lambda at, count: os.pread(descriptor, count, at), size))

    def _keeper(self, address: str) -> Connection:
        ours, theirs = Pipe()
        keeper = os.fork()
        if keeper == 0:
            with suppress(BaseException):
                close_all_but({theirs.fileno(), *whole_environment()})
                take_environment()
                _keep(address, theirs)
            os._exit(0)
        theirs.close()
        self._open.append(ours)
        self._keepers.append(keeper)
        return ours


class HandedFile:
    """A recording as a file of which each reader has a place of its own: ``read``, ``seek``, ``tell``, ``close``."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch, self._size, self._at = fetch, size, 0
        self.refused: BodycamError | None = None

    def read(self, count: int = -1) -> bytes:
        """The next bytes; fewer only at the end.

        Raises:
            OSError: they cannot be had.
        """
        end = self._size if count is None or count < 0 else min(self._size, self._at + count)
        parts = []
        while self._at < end:
            part = self._fetched(min(end - self._at, _MOST_AT_ONCE))
            if not part:
                break
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def _fetched(self, count: int) -> bytes:
        try:
            return self._fetch(self._at, count)
        except BodycamError as error:
            self.refused = error
            raise OSError(errno.EIO, error.what) from error

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere.

        Raises:
            OSError: before the beginning.
        """
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError(errno.EINVAL, "a place before the beginning")
        self._at = at
        return at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Nothing: it stays open for the next reader."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.refused is not None:
            raise self.refused


def _refusing(error: BodycamError) -> Open:
    def refuse() -> BinaryIO:
        raise error

    return refuse


def _from_keeper(pipe: Connection) -> HandedFile:
    answer = _read_range(pipe, 0, 0)
    size, read_ahead = _RANGE.unpack(answer)
    file = HandedFile(lambda at, count: _read_range(pipe, at, count), size)
    if read_ahead:
        file.read_ahead_bytes = read_ahead  # type: ignore[attr-defined]
    return file


def _read_range(pipe: Connection, at: int, count: int) -> bytes:
    """Read a range through the keeper; a range of no bytes says the length, and how far a demuxer should read ahead.

    A box whose keeper was killed ends: that says nothing about the recording, and it is tried again.
    """
    try:
        pipe.send_bytes(_RANGE.pack(at, count))
        answer = pipe.recv_bytes(MOST_BYTES)
    except (EOFError, OSError):
        os._exit(1)
    if answer[:1] == _BYTES:
        return answer[1:]
    _, error = unpack(answer[1:], type(None))
    raise error or StorageError("the process that reads the recording is gone", remedy="Run the same command again.")


def _keep(address: str, pipe: Connection) -> None:
    """Answer what the box asks, until it is gone."""
    refused: BodycamError | None = None
    try:
        with open_recording(address) as file:
            _give(file, pipe)
    except BodycamError as error:
        refused = error
    except EOFError:
        return
    while True:  # the one that it failed at, and every one after it
        pipe.send_bytes(_REFUSED + pack((None, refused)))
        pipe.recv_bytes(_RANGE.size)


def _give(file: BinaryIO, pipe: Connection) -> None:
    """Answer ranges until one cannot be read: why, leaving the file tells."""
    size = file.seek(0, io.SEEK_END)
    while True:
        at, count = _RANGE.unpack(pipe.recv_bytes(_RANGE.size))
        if count == 0:
            pipe.send_bytes(_BYTES + _RANGE.pack(size, getattr(file, "read_ahead_bytes", 0)))
            continue
        try:
            file.seek(at)
            content = file.read(min(count, _MOST_AT_ONCE))
        except OSError:
            return
        pipe.send_bytes(_BYTES + content)
