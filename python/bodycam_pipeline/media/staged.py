"""Coded files in the making: they bear their name only once they are whole and on the disk."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bodycam_pipeline.values.errors import StorageError


class StagedFile:
    """A file under a temporary name that remembers the digest of what went in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, content: bytes | memoryview) -> None:
        """Append."""
        self._file.write(content)
        self._digest.update(content)

    @property
    def sha256(self) -> str:
        """Digest of everything written so far, hex."""
        return self._digest.hexdigest()


@contextmanager
def staged_file(path: str | Path) -> Iterator[StagedFile]:
    """Write a file that appears under its name whole and durable, or not at all.

    Raises:
        StorageError: the disk refused.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    with disk_errors(path):
        try:
            with temporary.open("xb") as file:
                yield StagedFile(file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)


@contextmanager
def disk_errors(path: str | Path) -> Iterator[None]:
    """Name what the disk refused.

    Raises:
        StorageError: any plain `OSError` inside.
    """
    try:
        yield
    except OSError as error:
        if type(error).__module__ != "builtins":  # one of ours, or FFmpeg's: it has a better name already
            raise
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}",
            remedy="Free some space or choose another folder, then run the same command again: finished work is kept.",
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
