"""Read staged files one after the other, as if they were one, and notice if any of them has changed."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from bodycam_pipeline.mp4.staged import StagedFile
from bodycam_pipeline.values.errors import VerificationError

_BLOCK_BYTES = 1 << 20


class JoinedFiles:
    """Staged files, each with the digest it must have."""

    def __init__(self, files: Sequence[tuple[str, str]]) -> None:
        self._blocks = _blocks(files)
        self._rest = b""

    def copy(self, size_bytes: int, target: StagedFile) -> None:
        """Copy the next bytes, in pieces.

        Raises:
            VerificationError: a file ends early, or is not the one that was written.
        """
        while size_bytes:
            self._rest = self._rest or next(self._blocks, b"")
            if not self._rest:
                raise _changed("the staged samples end early")
            target.write(self._rest[:size_bytes])
            taken = min(size_bytes, len(self._rest))
            self._rest, size_bytes = self._rest[taken:], size_bytes - taken

    def check_end(self) -> None:
        """Make sure that every byte has been copied and every digest was right.

        Raises:
            VerificationError: otherwise.
        """
        if self._rest or next(self._blocks, b""):
            raise _changed("the staged samples hold more than their index says")


def _blocks(files: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    for path, sha256 in files:
        digest = hashlib.sha256()
        try:
            with Path(path).open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
                    yield block
        except FileNotFoundError as error:
            raise _changed(f"the staged file {path} is gone") from error
        if digest.hexdigest() != sha256:
            raise _changed(f"the staged file {path} has changed since it was written")


def _changed(what: str) -> VerificationError:
    return VerificationError(what, remedy="Delete the staging folder and run the same command again.")
