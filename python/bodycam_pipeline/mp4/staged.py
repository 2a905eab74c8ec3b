"""Coded files in the making: they bear their name only once they are whole and on the disk."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bodycam_pipeline.durable import durable_file


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
def stage_file(path: str | Path) -> Iterator[StagedFile]:
    """Write a file that appears under its name whole and durable, or not at all.

    Raises:
        StorageError: the disk refused.
    """
    with durable_file(Path(path)) as file:
        yield StagedFile(file)
