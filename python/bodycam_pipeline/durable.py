"""Files that are there whole or not at all."""

import ctypes
import fcntl
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EDQUOT, EEXIST, EFBIG, EINVAL, ENOSPC, ENOSYS, ENOTEMPTY, ENOTSUP, EPERM, EROFS, EXDEV
from pathlib import Path
from typing import BinaryIO

from bodycam_pipeline.values.errors import ReleaseExistsError, StorageError

_REMEDIES = {
    ENOSPC: "The disk is full: free some space and run the same command again.",
    EFBIG: "It is longer than a limit, or than half of what the disk had left: free some space and run it again.",
    EDQUOT: "The disk quota is used up: free some space and run the same command again.",
    EROFS: "The disk is read-only: choose another folder.",
    EXDEV: "Staging and final folder lie on different disks: choose a work folder on the disk of the release.",
}
_REMEDY = "Check that the folder exists and may be written to, then run the same command again."

_STORE = re.compile(r"([a-z][a-z0-9+.-]*):/")
"""A URI that was taken for a path: its double slash is gone."""

_NO_LINKS = {EPERM, ENOTSUP, ENOSYS}
"""What file systems without hard links answer: FAT, exFAT, many network shares."""

_AT_FDCWD, _RENAME_NOREPLACE = -100, 1
"""linux/fcntl.h, linux/fs.h."""

_handed: dict[str, tuple[int, Callable[[], None]]] = {}
"""What this process was handed open, by path, and what says that it is whole: a box makes no file itself."""

Content = bytes | Callable[[BinaryIO], None]


def write_atomically(path: Path, content: Content, *, private: bool = False) -> None:
    """Put a file at a path, whole, durable, in one step; whatever was there before stays until then.

    Written beside its place under a name of its own, synced, renamed, and the folder synced: after a crash at any
    moment the path holds either the old file or the new one. An error leaves no temporary file behind.

    Args:
        path: Where; its folder must exist.
        content: The bytes, or a function that writes them to an open binary file.
        private: Only the owner may read it, whatever the umask.

    Raises:
        StorageError: the disk refused.
    """
    with durable_file(path, private=private) as file:
        if callable(content):
            content(file)
        else:
            file.write(content)


@contextmanager
def durable_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """An open binary file that appears at a path, whole and durable, when the block ends well, or not at all.

    Args:
        path: Where; its folder must exist.
        private: Only the owner may read it, whatever the umask.

    Raises:
        StorageError: the disk refused.
    """
    if str(path) in _handed:
        with _handed_file(path) as file:
            yield file
        return
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    with disk_errors(path):
        try:
            with open(temporary, "xb", opener=_for_its_owner if private else None) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync(path.parent)


def write_into(files: dict[str, tuple[int, Callable[[], None]]]) -> None:
    """From here on, what is to be written to one of these paths goes to a descriptor; once it is whole, say so."""
    _handed.update(files)


@contextmanager
def _handed_file(path: Path) -> Iterator[BinaryIO]:
    descriptor, say_whole = _handed[str(path)]
    with disk_errors(path), open(descriptor, "wb", closefd=False) as file:
        file.seek(0)
        file.truncate()
        yield file
        file.flush()
        os.fsync(descriptor)
        say_whole()


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_private(path: Path, content: bytes) -> None:
    """Put a file at a path that only its owner can read, whole, durable, in one step; it never replaces anything.

    Raises:
        StorageError: something is there already, or the disk refused.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    with disk_errors(path):
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            _place_without_replacing(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        sync(path.parent)


def _place_without_replacing(temporary: Path, path: Path) -> None:
    """Give a file its name in one step that never replaces anything; shares that have no hard links can rename so."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_without_replacing(temporary, path)


def _rename_without_replacing(temporary: Path, path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(temporary), _AT_FDCWD, os.fsencode(path), _RENAME_NOREPLACE) == 0:
        return
    number = ctypes.get_errno()
    if number not in {EINVAL, ENOSYS}:
        raise OSError(number, os.strerror(number), str(path))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))  # the name is ours from here on
    temporary.replace(path)


@contextmanager
def locked(path: Path, busy: Callable[[int], Exception] | None = None) -> Iterator[int]:
    """Hold a lock file for one process, and give its descriptor; the lock is the kernel's and gone with its holder.

    Args:
        path: Of the lock file; made where it is not there.
        busy: Makes the error for a lock that another process holds, from the descriptor; None waits for it instead.

    Raises:
        StorageError: no file can be made here, or the file system has no locks.
    """
    with disk_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise busy(descriptor) if busy else _no_locks(path) from None
        except OSError as error:
            raise _no_locks(path) from error
        yield descriptor
    finally:
        os.close(descriptor)


def _no_locks(path: Path) -> StorageError:
    return StorageError(
        f"the file system of {path.parent} has no locks: two processes could work there at once",
        remedy="Choose a folder on a local disk, or on a share with locks (NFS 4; SMB mounted without nobrl), and copy "
        "finished releases (*.release) from there.",
    )


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are not there yet.

    Raises:
        StorageError: the disk refused, or it is the address of an object store.
    """
    if found := _STORE.match(str(path)):
        raise StorageError(
            f"releases cannot be made in a store ({found[1]}://): publishing is one atomic rename, which stores lack",
            remedy="Name a folder on a disk that all workers share, and copy finished releases (*.release) from there.",
        )
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, whatever the umask, and one that is there already such a folder.

    Raises:
        StorageError: the disk refused, or it is another's.
    """
    make_folder(path.parent)
    with disk_errors(path):
        path.mkdir(mode=0o700, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)


def publish_folder(staging: Path, final: Path) -> None:
    """Give a finished folder its final name, in one step that never replaces anything.

    Every file and folder below is synced first, so that the name never points at something that is not on the disk.
    (The one thing that the system's rename replaces is an empty folder that appears in the instant after the check.)

    Raises:
        ReleaseExistsError: something already bears the final name.
        StorageError: the disk refused.
    """
    refuse_taken(final)
    with disk_errors(final):
        _sync_tree(staging)
        try:
            staging.rename(final)
        except OSError as error:
            if error.errno in {EEXIST, ENOTEMPTY} or isinstance(error, NotADirectoryError | FileExistsError):
                raise _exists(final) from error
            raise
        for parent in {final.parent, staging.parent}:
            sync(parent)


def refuse_taken(final: Path) -> None:
    """Refuse a name that something bears already.

    Raises:
        ReleaseExistsError: it does.
    """
    if os.path.lexists(final):
        raise _exists(final)


def _sync_tree(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            sync(Path(root, name))
        sync(Path(root))


def sync(path: Path) -> None:
    """Have what was written to a file, or what names a folder holds, on the disk itself.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exists(final: Path) -> ReleaseExistsError:
    return ReleaseExistsError(
        f"{final} already exists", remedy="Nothing was replaced: choose another folder, or move the old release away."
    )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Name what the disk refused.

    Raises:
        StorageError: any plain `OSError` inside; one of ours, or of a codec library, has a better name already.
    """
    try:
        yield
    except OSError as error:
        if type(error).__module__ != "builtins":
            raise
        remedy = _REMEDIES.get(error.errno or 0, _REMEDY)
        raise StorageError(f"cannot write {path}: {error.strerror or error}", remedy=remedy) from error
