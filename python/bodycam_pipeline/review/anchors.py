"""Which entries of a job's history count: those that were finished, and that the custody log names one by one.

Every entry about a release of a recording from the vault is followed by one in the log, which names it under the job's
secret. A machine may stop between the two: whoever did it does it again, and until then it does not count; nor does a
line that somebody wrote into the files. Who can rewrite the files cannot rewrite the log.
"""

from bodycam_pipeline.custody.session import log_event
from bodycam_pipeline.evidence.history_file import Link, read_chain
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import record_of
from bodycam_pipeline.review.on_record import entries_of, job_mark, mark, refuse_unnamed
from bodycam_pipeline.values.errors import HistoryError
from bodycam_pipeline.values.event import Event
from bodycam_pipeline.vault.naming import is_sealed


def anchor(job: Folders, event: Event) -> None:
    """Name the history's last entry in the custody log; nothing where the recording lies in no vault.

    Raises:
        VaultError: the vault or its keys are missing.
        StorageError: the disk refused.
    """
    published, last = record_of(job), read_chain(job.internal)[-1]
    if published is not None and is_sealed(published.address):
        facts = {"release": event.release, "job": job_mark(job), "history": mark(job, "history", last.sha256)}
        log_event(published.address, f"release {event.what}", **facts)


def count_entries(job: Folders) -> tuple[tuple[Link, bool], ...]:
    """Every entry, the oldest first, and whether it was finished: by the head, and where there is a vault by the log.

    Raises:
        HistoryError: an entry that counted was edited, moved, taken out or cut off.
        CustodyLogError, VaultError: the log cannot be read, or was rewritten.
    """
    chain, published = read_chain(job.internal), record_of(job)
    finished = [link for link in chain if link.finished]
    if published is None or not is_sealed(published.address):
        return tuple((link, link.finished) for link in chain)
    entries, own = list(entries_of(published.address)), job_mark(job)
    refuse_unnamed(job, published, entries)
    anchors = {e["history"]: (e["event"], e["release"]) for e in entries if "history" in e and e.get("job") == own}
    marks = {mark(job, "history", link.sha256): link for link in finished}
    if any(_named(marks.get(name)) != what for name, what in anchors.items()):
        raise HistoryError(
            f"the history in {job.internal} is not the one that the custody log names",
            remedy="Restore history.jsonl and history.head from a backup, and find out who had access.",
        )
    anchored = {link.sha256 for name, link in marks.items() if name in anchors or not link.event.release}
    return tuple((link, link.finished and link.sha256 in anchored) for link in chain)


def _named(link: Link | None) -> tuple[str, str] | None:
    """What the log says of an entry."""
    return None if link is None else (f"release {link.event.what}", link.event.release)
