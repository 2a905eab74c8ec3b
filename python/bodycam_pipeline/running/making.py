"""Files that a box makes, and has no folder to make them in.

The worker opens each beside the place that the task names, without a name where the file system offers that, and the
box is forked with it open. What the box wrote whole and durable gets its place when the box is gone and has answered;
the rest is gone with it. So nobody in a box makes a file that was not announced, changes or removes another, or leaves
anything behind.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from errno import EINVAL, EISDIR, EOPNOTSUPP
from functools import partial
from pathlib import Path

from bodycam_pipeline.durable import disk_errors, make_folder, sync
from bodycam_pipeline.values.errors import StorageError

_LEFT = "Free some space and run the same command again. If it ends here again, this recording needs a look."
_NEW = os.O_RDWR | os.O_CLOEXEC
_CAN_BE_LINKED = hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").is_dir()
_NO_NAMELESS = {EOPNOTSUPP, EISDIR, EINVAL}
"""What file systems and kernels answer that have no files without a name."""


class Making:
    """The files that one box makes: opened before it is forked, closed when it has ended."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Open them; their folders are made.

        Raises:
            StorageError: the disk refused.
        """
        self._said, self._whole = os.pipe()  # the number of each, a byte
        os.set_blocking(self._said, False)
        self._files: list[_File] = []
        try:
            for path in dict.fromkeys(paths):
                make_folder(Path(path).parent)
                with disk_errors(Path(path)):
                    self._files.append(_new_file(Path(path)))
        except StorageError:
            self.close()
            raise

    def opened(self) -> dict[str, tuple[int, Callable[[], None]]]:
        """How the box writes each: to which descriptor, and how it says that it is whole."""
        return {str(file.path): (file.descriptor, partial(self._say, n)) for n, file in enumerate(self._files)}

    def _say(self, number: int) -> None:
        os.write(self._whole, bytes((number,)))

    @property
    def descriptors(self) -> list[int]:
        """All that the box has to keep for it."""
        return [self._whole, *(file.descriptor for file in self._files)]

    def most_bytes(self) -> int:
        """How long one of them may be: half of what its disk has left. Where none is made, nothing is written."""
        return min((file.disk_left() // 2 for file in self._files), default=0)

    def refuse_full(self) -> None:
        """Refuse that they take more of a disk than they leave: however many boxes write, it never fills up.

        Raises:
            StorageError: they do.
        """
        taken = sum(file.disk_taken() for file in self._files)
        if any(taken > file.disk_left() for file in self._files):
            raise StorageError(f"a step wrote {taken >> 20} MiB, more than the disk has left", remedy=_LEFT)

    def place(self) -> None:
        """Give those that are whole their places, in the order in which they were.

        Raises:
            StorageError: the disk refused.
        """
        said = b""
        with suppress(BlockingIOError):
            said = os.read(self._said, 1 + len(self._files))
        for number in dict.fromkeys(said):
            if number < len(self._files):
                self._files[number].place()

    def close(self) -> None:
        """Close them, and take away what has no place."""
        for descriptor in (self._said, *self.descriptors):
            os.close(descriptor)
        for file in self._files:
            if file.beside is not None:
                file.beside.unlink(missing_ok=True)


@dataclass
class _File:
    """One file in the making.

    Attributes:
        path: Its place.
        descriptor: It, open.
        beside: Its name until it has its place; None while it has none.
    """

    path: Path
    descriptor: int
    beside: Path | None = None

    def place(self) -> None:
        with disk_errors(self.path):
            if self.beside is None:
                self.beside = _beside(self.path)
                own = f"/proc/self/fd/{self.descriptor}"
                os.link(own, self.beside, src_dir_fd=self.descriptor)  # else Python links to the link
            self.beside.replace(self.path)
            sync(self.path.parent)

    def disk_left(self) -> int:
        """Bytes that its disk has left for this user."""
        disk = os.fstatvfs(self.descriptor)
        return disk.f_bavail * disk.f_frsize

    def disk_taken(self) -> int:
        """Bytes that it takes of its disk."""
        return os.fstat(self.descriptor).st_blocks * 512


def _new_file(path: Path) -> _File:
    if _CAN_BE_LINKED:
        try:
            return _File(path, os.open(path.parent, _NEW | os.O_TMPFILE, 0o666))
        except OSError as error:
            if error.errno not in _NO_NAMELESS:
                raise
    beside = _beside(path)
    return _File(path, os.open(beside, _NEW | os.O_CREAT | os.O_EXCL, 0o666), beside)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
