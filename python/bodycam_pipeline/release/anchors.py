"""A job's history held against the custody log: who can rewrite the files of the one cannot rewrite the other.

Every entry about a release of a recording from the vault is followed by one in the log, which names the history's first
and last entry. A machine may stop between the two, so the last one may be missing there, and no other.
"""

from bodycam_pipeline.custody.desk import desk_at, noted
from bodycam_pipeline.evidence.history_file import read_chain
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import record_of
from bodycam_pipeline.values.errors import HistoryError
from bodycam_pipeline.values.event import Event
from bodycam_pipeline.vault.naming import is_sealed, parse


def anchor(job: Folders, event: Event) -> None:
    """Name the history's last entry in the custody log; nothing where the recording lies in no vault.

    Raises:
        VaultError: the vault or its keys are missing.
        StorageError: the disk refused.
    """
    chain = [sha256 for sha256, _ in read_chain(job.internal)]
    facts = {"release": event.release, "history": chain[-1], "begun": chain[0]}
    noted(record_of(job).get("address", ""), f"release {event.what}", **facts)


def refuse_other_than_anchored(job: Folders) -> None:
    """Refuse a history that is not the one that the custody log names; nothing where the recording lies in no vault.

    Raises:
        HistoryError: entries were rewritten, or cut off, together with what shows it beside them.
        CustodyLogError, VaultError: the log cannot be read, or was rewritten.
    """
    address, chain = record_of(job).get("address", ""), read_chain(job.internal)
    if not is_sealed(address) or not chain:
        return
    entries = [entry for _, entry in desk_at(address).log.entries() if entry.get("recording") == parse(address).id]
    ours = {entry["history"] for entry in entries if entry.get("begun") == chain[0][0]}
    about_release = [sha256 for sha256, event in chain if event.release]
    if not ours <= {sha256 for sha256, _ in chain} or (about_release[:-1] and not ours & set(about_release[-2:])):
        raise HistoryError(
            f"the history in {job.internal} is not the one that the custody log names",
            remedy="Restore history.jsonl and history.head from a backup, and find out who had access.",
        )
