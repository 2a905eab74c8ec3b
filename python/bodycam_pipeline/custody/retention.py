"""What people decide about sealed recordings: holds, retention, who may open them, and the end. Each stands in the log.

The end of a recording is the destruction of its key, and with it of its facts: two people consent, each with a key of
their own, over the same text. It is refused while a legal hold or a retention date is in force. The sealed file stays.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bodycam_pipeline.custody.session import RecordingStatus, VaultSession
from bodycam_pipeline.custody.whole import is_part
from bodycam_pipeline.evidence.keys import fingerprint, read_private_key, read_public_key
from bodycam_pipeline.evidence.signing import open_envelope, sign_statement
from bodycam_pipeline.values.errors import Place, SignatureError, VaultError
from bodycam_pipeline.vault.opening import open_key
from bodycam_pipeline.vault.place import id_at, place_of
from bodycam_pipeline.vault.store import KEY

CONSENT = "application/vnd.bodycam.destruction+json"
CONSENTS_NEEDED = 2
_AT_ONCE = 100
"""Keys that are wrapped, and put on record, in one step."""


def hold(session: VaultSession, id_: str, reason: str) -> int:
    """Put a recording under legal hold; returns the log entry's number.

    Raises:
        VaultError: there is no such recording.
    """
    session.one(id_)
    return session.record("hold", recording=id_, reason=reason)


def lift_holds(session: VaultSession, id_: str, reason: str) -> int:
    """End every hold on a recording; returns the log entry's number.

    Raises:
        VaultError: there is no such recording, or no hold on it.
    """
    if not session.one(id_).holds:
        raise VaultError("no hold is in force", remedy="`bodycam log show` tells its history.", where=Place(id_))
    return session.record("hold lifted", recording=id_, reason=reason)


def retain(session: VaultSession, id_: str, until: date, reason: str) -> int:
    """Say until when a recording is kept; a day can be moved later, never earlier. Returns the log entry's number.

    Raises:
        VaultError: there is no such recording, or it is to be kept longer already.
    """
    known = session.one(id_).retain_until
    if known is not None and until < known:
        raise VaultError(f"it is kept until {known}", remedy="A retention is only ever made longer.", where=Place(id_))
    return session.record("retention", recording=id_, until=until.isoformat(), reason=reason)


def people_on_record(session: VaultSession) -> list[str]:
    """Put the people of this machine's ``people/`` on record as those whose consent a destruction needs.

    Raises:
        VaultError: fewer than two.
    """
    found = sorted(map(fingerprint, _people(session)))
    if len(found) < CONSENTS_NEEDED:
        remedy = "Put the public key of each (`bodycam keys new`) into people/NAME.pub.pem of the folder of keys."
        raise VaultError(f"a destruction needs {CONSENTS_NEEDED} people, and {len(found)} are named", remedy=remedy)
    session.record("people", people=found)
    return found


def consent(session: VaultSession, id_: str, reason: str, key: Path) -> bytes:
    """One person's signed consent to the destruction of one recording, as a DSSE envelope.

    Raises:
        VaultError: there is no such recording.
        KeyFileError: the key cannot be used.
    """
    session.one(id_)
    return sign_statement(_statement(session, id_, reason), CONSENT, read_private_key(key))


def destroy_key(session: VaultSession, id_: str, reason: str, consents: Sequence[bytes]) -> None:
    """Destroy a recording's key, for good. On record before it happens; run again, it finishes what was cut off.

    Raises:
        VaultError: a hold or a retention stands against it, or two people on record have not consented to this.
        StorageError: the disk refused.
    """
    status = session.one(id_)
    if status.holds:
        raise VaultError(f"it is under legal hold: {status.holds[0]}", remedy="Lift the hold first.", where=Place(id_))
    if status.retain_until is not None and status.retain_until > datetime.now(UTC).date():
        raise VaultError(f"it is kept until {status.retain_until}", remedy="Wait for that day.", where=Place(id_))
    signers = _who_consented(session, _statement(session, id_, reason), consents)
    if len(signers) < CONSENTS_NEEDED:
        raise VaultError(
            f"{len(signers)} of {CONSENTS_NEEDED} people on record have consented to this, for this reason",
            remedy="Each signs with `bodycam vault consent`; `bodycam vault people` puts them on record.",
            where=Place(id_),
        )
    if not status.destroyed:
        texts = [envelope.decode() for envelope in consents]
        session.record("destruction", recording=id_, reason=reason, people=sorted(signers), consents=texts)
    for place in status.places:
        session.vault.destroy_key(place)


def rotate(session: VaultSession) -> int:
    """Wrap every recording's key to those who are in ``recipients.txt`` now; no sealed byte changes.

    Returns:
        How many keys were wrapped anew.

    Raises:
        VaultError: a key does not open with this machine's identity.
        StorageError: the disk refused; run again.
    """
    places = [
        place
        for status in session.recordings().values()
        if not status.destroyed
        for place in _with_key(session, status)
    ]
    session.record("rotation", recipients=session.ring.recipients(), recordings=len(places))
    for first in range(0, len(places), _AT_ONCE):
        _wrap_anew(session, places[first : first + _AT_ONCE])
    return len(places)


def _with_key(session: VaultSession, status: RecordingStatus) -> Iterator[str]:
    """The place that is read, and those of lost copies whose key is there as it was wrapped last."""
    for place in status.places:
        if place == place_of(status.entry) or is_part(session.vault, place, KEY, status.keys.get(place)):
            yield place


def _wrap_anew(session: VaultSession, places: Sequence[str]) -> None:
    """Name the new files in the log, then put them there: an audit knows what has to be in each place."""
    wrapped = {place: session.ring.wrap(open_key(session.vault, place, session.ring)) for place in places}
    session.record_all(
        "key wrapped",
        [
            {"recording": id_at(place), "place": place, "key": hashlib.sha256(content).hexdigest()}
            for place, content in wrapped.items()
        ],
    )
    for place, content in wrapped.items():
        session.vault.replace_key(place, content)


def _statement(session: VaultSession, id_: str, reason: str) -> bytes:
    texts = {"destroy": id_, "log": session.log.verifier.name, "reason": reason}
    return json.dumps(texts, sort_keys=True, separators=(",", ":")).encode()


def _who_consented(session: VaultSession, statement: bytes, consents: Iterable[bytes]) -> set[str]:
    on_record = next(
        (set(e["people"]) for _, e in reversed(list(session.log.entries())) if e["event"] == "people"), set()
    )
    people = [key for key in _people(session) if fingerprint(key) in on_record]
    return {name for envelope in consents for name in _signer(envelope, statement, people)}


def _signer(envelope: bytes, statement: bytes, people: Iterable[Ed25519PublicKey]) -> Iterator[str]:
    for key in people:
        try:
            if open_envelope(envelope, CONSENT, key) == statement:
                yield fingerprint(key)
        except SignatureError:
            continue


def _people(session: VaultSession) -> list[Ed25519PublicKey]:
    return [read_public_key(path) for path in sorted(session.ring.path("people").glob("*.pub.pem"))]
