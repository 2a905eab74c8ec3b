"""The outside witness: keeps the last checkpoint on a machine of its own and accepts only a log that grew out of it."""

from pathlib import Path

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.vault.log import CustodyLog
from bodycam_pipeline.vault.note import Checkpoint, verify_note


def witness(log: CustodyLog, kept: Path) -> tuple[Checkpoint | None, Checkpoint]:
    """Compare a log with the checkpoint that was kept, and keep its newer one.

    Returns:
        What was kept before (None the first time), and what is kept now.

    Raises:
        CustodyLogError: the log lost entries, changed the past, or was forked; what was kept stays.
        StorageError: the disk refused.
    """
    note = log.note()
    new = verify_note(note, log.verifier)
    old = verify_note(kept.read_bytes(), log.verifier) if kept.exists() else None
    log.verify_entries()
    if old is not None:
        log.refuse_other_past(old, new)
    write_atomically(kept, note)
    return old, new
