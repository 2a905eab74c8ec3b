"""The next ingest signs nothing that somebody else put into the vault: it adopts only what the log named before.

The attacker can write to the vault's disk, knows to whom it is sealed, and even how recordings are named.
"""

import hashlib
import os
import signal
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bodycam_pipeline._native import ObjectKey
from bodycam_pipeline.custody.audit import audit
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.naming import Sealed, parse
from bodycam_pipeline.vault.opening import open_sealed
from bodycam_pipeline.vault.store import FACTS, KEY, PARTS, RECORDING
from tests.attacks.killing import killed_before_each_change, needs_ptrace
from tests.clips import clip
from tests.inline import look_here

DAY = date(2026, 11, 25)


def events(session: VaultSession, event: str) -> list[str]:
    return [entry["recording"] for _, entry in session.log.entries() if entry["event"] == event]


def planted(session: VaultSession, video: Path, place: str) -> Path:
    """A video of the attacker's, sealed to the agency's people, at any place."""
    folder = Path(session.vault.address) / "recordings" / place[:2] / place
    folder.mkdir(parents=True)
    key = ObjectKey()
    key.seal(video, folder / RECORDING)
    (folder / KEY).write_bytes(key.wrap(session.ring.recipients()))
    (folder / FACTS).write_bytes(key.seal_bytes(b'{"file": "real.mp4"}'))
    return folder


def take_in(session: VaultSession, *cards: Path) -> list[str]:
    return [one.state for one in ingest(session, cards, {}, lambda _one: None, look_here)]


@pytest.mark.parametrize("named", ["by chance", "by its content"])
def test_what_somebody_put_into_the_vault_is_not_adopted_and_the_audit_names_it(
    session: VaultSession, tmp_path: Path, named: str
) -> None:
    forged, card = clip(tmp_path / "forged.mp4", frames=4), clip(tmp_path / "card.mp4", frames=3)
    digest = hashlib.sha256(forged.read_bytes()).digest()
    place = session.ring.id_of(digest) if named == "by its content" else "ab" * 32
    planted(session, forged, place)
    assert take_in(session, card) == ["stored"]
    assert place not in session.recordings()
    assert place not in events(session, "ingest")
    with pytest.raises(VaultError, match="ever taken in"):
        log_read(str(Sealed(session.vault.address, place)), "a test")
    (finding,) = audit(session, DAY, everything=True).findings
    assert (finding.where, "the log knows nothing of it" in finding.what) == (place, True)


def test_a_place_that_somebody_took_does_not_stop_the_recording_that_belongs_there(
    session: VaultSession, tmp_path: Path
) -> None:
    forged, card = clip(tmp_path / "forged.mp4", frames=4), clip(tmp_path / "card.mp4", frames=3)
    id_ = session.ring.id_of(hashlib.sha256(card.read_bytes()).digest())
    planted(session, forged, id_)
    planted(session, forged, f"{id_}.2")
    (one,) = ingest(session, [card], {}, lambda _one: None, look_here)
    assert one.state == "stored"
    with open_sealed(log_read(one.address, "a test")) as file:
        assert file.read() == card.read_bytes()
    assert {finding.where for finding in audit(session, DAY, everything=True).findings} == {id_, f"{id_}.2"}


@pytest.mark.parametrize("swapped", PARTS)
def test_what_was_swapped_between_a_crash_and_the_next_ingest_is_not_adopted(
    session: VaultSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    forged, card = clip(tmp_path / "forged.mp4", frames=4), clip(tmp_path / "card.mp4", frames=3)
    crash_before_the_entry(session, card, monkeypatch)
    (id_,) = events(session, "intent")
    other = planted(session, forged, "cd" * 32)
    part = Path(session.vault.address) / "recordings" / id_[:2] / id_ / swapped
    part.unlink()
    part.write_bytes((other / swapped).read_bytes())
    take_in(session)
    assert session.recordings() == {}
    assert take_in(session, card) == ["stored"]


def crash_before_the_entry(session: VaultSession, card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = VaultSession.record

    def crash(session: VaultSession, event: str, **facts: object) -> int:
        if event == "ingest":
            raise KeyboardInterrupt
        return record(session, event, **facts)

    with monkeypatch.context() as during:
        during.setattr(VaultSession, "record", crash)
        with pytest.raises(KeyboardInterrupt):
            take_in(session, card)


def test_the_log_names_what_will_lie_there_before_it_lies_there(
    session: VaultSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return False

    monkeypatch.setattr(type(session.vault), "add", refused)
    # a shell that starts the tests in the background has them ignore the signal, and the ingest would try for ever
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            take_in(session, clip(tmp_path / "card.mp4", frames=3))
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(events(session, "intent")) == 1
    assert list(session.vault.ids()) == []
    assert audit(session, DAY, everything=True).findings == ()


@needs_ptrace
@pytest.mark.slow
def test_an_ingest_that_is_killed_anywhere_is_made_good_and_what_is_there_reads(
    session: VaultSession, tmp_path: Path
) -> None:
    kills = 0
    for kills in killed_before_each_change(one_more(session, tmp_path)):  # noqa: B007
        (one,) = ingest(session, [tmp_path / "card.mp4"], {}, lambda _one: None, look_here)
        assert one.state in {"stored", "already there"}
        with open_sealed(log_read(one.address, "a test")) as file:
            assert file.read() == (tmp_path / "card.mp4").read_bytes()
        (tmp_path / "card.mp4").write_bytes(os.urandom(1000))
    assert audit(session, DAY, everything=True, opening=True).findings == ()
    assert len(session.recordings()) == kills + 2
    assert not list(Path(session.vault.address).rglob("*.part"))


def one_more(session: VaultSession, folder: Path) -> Callable[[], object]:
    (folder / "card.mp4").write_bytes(os.urandom(1000))
    return lambda: take_in(session, folder / "card.mp4")


def test_what_a_killed_ingest_put_in_place_is_adopted(
    session: VaultSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = clip(tmp_path / "card.mp4", frames=3)
    crash_before_the_entry(session, card, monkeypatch)
    assert session.recordings() == {}
    take_in(session)
    (held,) = session.recordings().values()
    assert held.entry["note"] == "found after a crash"
    assert take_in(session, card) == ["already there"]
    with open_sealed(log_read(str(Sealed(session.vault.address, *session.recordings())), "a test")) as file:
        assert file.read() == card.read_bytes()
    assert parse(str(Sealed(session.vault.address, *session.recordings()))).id in events(session, "intent")
