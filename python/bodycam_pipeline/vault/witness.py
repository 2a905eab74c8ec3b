"""The outside witness: keeps the last checkpoint on a machine of its own and accepts only a log that grew out of it."""

from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.values.errors import CustodyLogError
from bodycam_pipeline.vault.log import CustodyLog
from bodycam_pipeline.vault.note import Checkpoint, verified

_ALARM = "Keep both checkpoints: together they prove that the log was rewritten. Tell its owner and its overseer."


def witness(log: CustodyLog, kept: Path) -> tuple[Checkpoint | None, Checkpoint]:
    """Compare a log with the checkpoint that was kept, and keep its newer one.

    Returns:
        What was kept before (None the first time), and what is kept now.

    Raises:
        CustodyLogError: the log lost entries, changed the past, or was forked; what was kept stays.
        StorageError: the disk refused.
    """
    note = log.note()
    new = verified(note, log.verifier)
    old = verified(kept.read_bytes(), log.verifier) if kept.exists() else None
    log.verified_entries()
    if old is not None:
        _refuse_rewritten(log, old, new)
    write_atomically(kept, note)
    return old, new


def _refuse_rewritten(log: CustodyLog, old: Checkpoint, new: Checkpoint) -> None:
    if new.size < old.size:
        raise CustodyLogError(f"the log lost entries: it held {old.size} and holds {new.size}", remedy=_ALARM)
    if old.size == 0:
        return
    top, proof = log.consistency(old.size)
    if top != new or not _native.merkle_extends(old.size, old.root, new.size, new.root, proof):
        raise CustodyLogError(f"the log's first {old.size} entries are not those that it had", remedy=_ALARM)
