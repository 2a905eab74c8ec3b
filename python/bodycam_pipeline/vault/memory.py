"""The newest checkpoint that this machine has seen of a log, in its private folder: an older one is not believed again.

Whoever can write to the vault can put yesterday's log back, signed as it was. A machine that remembers today's notices.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.durable import locked, write_atomically
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.vault.note import Checkpoint, Verifier, verify_note

NOTE_BYTES = 64 << 10
"""More than a checkpoint with many signatures takes."""


@dataclass(frozen=True)
class Memory:
    """What one machine remembers of one log."""

    path: Path
    verifier: Verifier

    @classmethod
    def of(cls, folder: Path, verifier: Verifier) -> "Memory":
        """The memory in a machine's private folder: one file for each log, by its name and key."""
        return cls(folder / f"seen-{hashlib.sha256(str(verifier).encode()).hexdigest()[:16]}.checkpoint", verifier)

    def recall(self) -> Checkpoint | None:
        """The newest checkpoint seen here; None where none was.

        Raises:
            CustodyLogError: what is kept is no checkpoint of this log.
        """
        try:
            return verify_note(read_bytes(self.path, NOTE_BYTES), self.verifier)
        except FileNotFoundError:
            return None

    def keep(self, note: bytes) -> None:
        """Keep a checkpoint that was found right, unless a newer one is kept. A machine that may not write here cannot.

        Raises:
            StorageError: the disk refused.
        """
        if not os.access(self.path.parent, os.W_OK):
            return
        with self._held():
            known = self.recall()
            if known is None or known.size < verify_note(note, self.verifier).size:
                write_atomically(self.path, note)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with locked(self.path.with_name(f"{self.path.name}.lock")):
            yield
