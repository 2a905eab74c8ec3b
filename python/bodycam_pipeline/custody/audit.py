"""The nightly audit: is everything that the log says is there really there, unchanged, and nothing else?

Each night takes its share of the recordings, by their names, so that thirty nights in a row read every one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bodycam_pipeline.custody.known import facts_of
from bodycam_pipeline.custody.session import RecordingStatus, VaultSession
from bodycam_pipeline.custody.whole import unlike
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.vault.log import LogEntry, time_of
from bodycam_pipeline.vault.opening import open_object
from bodycam_pipeline.vault.place import place_of
from bodycam_pipeline.vault.store import KEY, PARTS

NIGHTS = 30
"""Nights after which every recording was read once."""

_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Discrepancy:
    """One thing that is not as it should be: where (a recording's id, or a file), and what."""

    where: str
    what: str


@dataclass(frozen=True)
class AuditResult:
    """What an audit saw.

    Attributes:
        recordings: That the log knows.
        read: Recordings whose every sealed byte was compared this time.
        opened: Of these, how many were opened as well.
        findings: What is wrong; empty when all is well.
    """

    recordings: int
    read: int
    opened: int
    findings: tuple[Discrepancy, ...]


def audit(session: VaultSession, day: date, *, everything: bool = False, opening: bool = False) -> AuditResult:
    """Check the log, what is there, and this night's share of the recordings; put the result on record.

    Args:
        session: The vault.
        day: Chooses the share.
        everything: Read all of them.
        opening: Open them as well, with this machine's identity, and compare the digest of what is inside.

    Raises:
        CustodyLogError: the log itself is not what was signed: that ends every audit.
        StorageError: the disk refused.
    """
    known = session.recordings()
    findings = dict.fromkeys([*_backwards(session.log.entries()), *_missing_and_extra(session, known)])
    share = [id_ for id_ in known if everything or _is_due(id_, day)]
    opened = 0
    for id_ in share:
        status = known[id_]
        findings |= dict.fromkeys(Discrepancy(id_, what) for what in unlike(session.vault, status.entry, status.key))
        if opening and not status.destroyed:
            opened += 1
            findings |= dict.fromkeys(Discrepancy(id_, what) for what in _opened(session, id_, status))
    lines = [f"{finding.where}: {finding.what}" for finding in findings]
    session.record("verification", recordings=len(known), read=len(share), opened=opened, findings=lines[:100])
    return AuditResult(len(known), len(share), opened, tuple(findings))


def _backwards(entries: Iterable[tuple[int, LogEntry]]) -> Iterator[Discrepancy]:
    """Entries that say they are older than one before them: a clock was set, or somebody wrote the log anew."""
    latest = datetime.min.replace(tzinfo=UTC)
    for number, entry in entries:
        try:
            at = time_of(entry)
            backwards = at < latest
        except (ValueError, TypeError):
            yield Discrepancy(f"log entry {number}", "does not say when it was written")
            continue
        if backwards:
            yield Discrepancy(
                f"log entry {number}",
                f"its time runs backwards: {at:%Y-%m-%d %H:%M:%S} after {latest:%Y-%m-%d %H:%M:%S}",
            )
        latest = max(at, latest)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _is_due(id_: str, day: date) -> bool:
    return int(id_[:8], 16) % NIGHTS == day.toordinal() % NIGHTS


def _missing_and_extra(session: VaultSession, known: dict[str, RecordingStatus]) -> Iterator[Discrepancy]:
    there = dict(session.vault.contents())
    for name in session.vault.strangers():
        yield Discrepancy(name, "a file that no one put there through this software")
    for place in there.keys() - {place for status in known.values() for place in status.places}:
        yield Discrepancy(place, "lies in the vault, and the log knows nothing of it")
    for id_, status in known.items():
        parts = there.get(place_of(status.entry), set())
        wanted = set(PARTS) - ({KEY} if status.destroyed else set())
        yield from (Discrepancy(id_, f"{part} is missing") for part in sorted(wanted - parts))
        for place in status.places:  # of earlier copies only that nothing is there that should not be
            yield from _too_much(place, there.get(place, set()), destroyed=status.destroyed)


def _too_much(place: str, parts: set[str], *, destroyed: bool) -> Iterator[Discrepancy]:
    if destroyed and KEY in parts:
        yield Discrepancy(
            place, "its destruction was ordered, and its key is still there: `bodycam vault destroy` again"
        )
    yield from (Discrepancy(place, f"{part} does not belong here") for part in sorted(parts - set(PARTS)))


def _opened(session: VaultSession, id_: str, status: RecordingStatus) -> Iterator[str]:
    """What is inside against what was taken in; a read like any other, on record before it happens."""
    session.record("read", recording=id_, ingest=status.ingest, purpose="audit")
    try:
        facts = facts_of(session, id_, status)
        digest = hashlib.sha256()
        with open_object(session.vault, id_, session.ring, status.entry) as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
        if digest.hexdigest() != facts["sha256"]:
            yield "what is inside is not what was taken in"
    except (OSError, ValueError) as error:
        yield f"it does not open: {error.what if isinstance(error, BodycamError) else error}"
