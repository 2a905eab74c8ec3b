"""The nightly audit: is everything that the log says is there really there, unchanged, and nothing else?

Each night takes its share of the recordings, by their names, so that thirty nights in a row read every one.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bodycam_pipeline.custody.desk import Desk, Held
from bodycam_pipeline.custody.known import facts_of
from bodycam_pipeline.custody.whole import unlike
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.vault.log import Entry, time_of
from bodycam_pipeline.vault.opening import open_object
from bodycam_pipeline.vault.place import place_of
from bodycam_pipeline.vault.store import KEY, PARTS

NIGHTS = 30
"""Nights after which every recording was read once."""

_READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: where (a recording's id, or a file), and what."""

    where: str
    what: str


@dataclass(frozen=True)
class Audited:
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
    findings: tuple[Finding, ...]


def audit(desk: Desk, day: date, *, everything: bool = False, opening: bool = False) -> Audited:
    """Check the log, what is there, and this night's share of the recordings; put the result on record.

    Args:
        desk: The vault.
        day: Chooses the share.
        everything: Read all of them.
        opening: Open them as well, with this machine's identity, and compare the digest of what is inside.

    Raises:
        CustodyLogError: the log itself is not what was signed: that ends every audit.
        StorageError: the disk refused.
    """
    known = desk.held()
    findings = dict.fromkeys([*_backwards(desk.log.entries()), *_missing_and_extra(desk, known)])
    share = [id_ for id_ in known if everything or _is_due(id_, day)]
    opened = 0
    for id_ in share:
        held = known[id_]
        findings |= dict.fromkeys(Finding(id_, what) for what in unlike(desk.vault, held.entry, held.key))
        if opening and not held.destroyed:
            opened += 1
            findings |= dict.fromkeys(Finding(id_, what) for what in _opened(desk, id_, held))
    told = [f"{finding.where}: {finding.what}" for finding in findings]
    desk.record("verification", recordings=len(known), read=len(share), opened=opened, findings=told[:100])
    return Audited(len(known), len(share), opened, tuple(findings))


def _backwards(entries: Iterable[tuple[int, Entry]]) -> Iterator[Finding]:
    """Entries that say they are older than one before them: a clock was set, or somebody wrote the log anew."""
    latest = datetime.min.replace(tzinfo=UTC)
    for number, entry in entries:
        try:
            at = time_of(entry)
            backwards = at < latest
        except (ValueError, TypeError):
            yield Finding(f"log entry {number}", "does not say when it was written")
            continue
        if backwards:
            yield Finding(
                f"log entry {number}",
                f"its time runs backwards: {at:%Y-%m-%d %H:%M:%S} after {latest:%Y-%m-%d %H:%M:%S}",
            )
        latest = max(at, latest)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _is_due(id_: str, day: date) -> bool:
    return int(id_[:8], 16) % NIGHTS == day.toordinal() % NIGHTS


def _missing_and_extra(desk: Desk, known: dict[str, Held]) -> Iterator[Finding]:
    there = dict(desk.vault.contents())
    for name in desk.vault.strangers():
        yield Finding(name, "a file that no one put there through this software")
    for place in there.keys() - {place for held in known.values() for place in held.places}:
        yield Finding(place, "lies in the vault, and the log knows nothing of it")
    for id_, held in known.items():
        parts = there.get(place_of(held.entry), set())
        wanted = set(PARTS) - ({KEY} if held.destroyed else set())
        yield from (Finding(id_, f"{part} is missing") for part in sorted(wanted - parts))
        for place in held.places:  # of earlier copies only that nothing is there that should not be
            yield from _too_much(place, there.get(place, set()), destroyed=held.destroyed)


def _too_much(place: str, parts: set[str], *, destroyed: bool) -> Iterator[Finding]:
    if destroyed and KEY in parts:
        yield Finding(place, "its destruction was ordered, and its key is still there: `bodycam vault destroy` again")
    yield from (Finding(place, f"{part} does not belong here") for part in sorted(parts - set(PARTS)))


def _opened(desk: Desk, id_: str, held: Held) -> Iterator[str]:
    """What is inside against what was taken in; a read like any other, on record before it happens."""
    desk.record("read", recording=id_, ingest=held.ingest, purpose="audit")
    try:
        facts = facts_of(desk, id_, held)
        digest = hashlib.sha256()
        with open_object(desk.vault, id_, desk.ring, held.entry) as file:
            while block := file.read(_READ_BYTES):
                digest.update(block)
        if digest.hexdigest() != facts["sha256"]:
            yield "what is inside is not what was taken in"
    except (OSError, ValueError) as error:
        yield f"it does not open: {error.what if isinstance(error, BodycamError) else error}"
