"""A card is wiped on the words "stored" and "already there": they are said of what can be read, to the last byte.

Whatever was lost or spoiled in the vault, the card is taken in again beside it, both stay on record, and the new one is
read.
"""

import shutil
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from bodycam_pipeline.custody import retention
from bodycam_pipeline.custody.audit import audit
from bodycam_pipeline.custody.create import create_vault
from bodycam_pipeline.custody.export import export
from bodycam_pipeline.custody.ingest import Taken, ingest
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.evidence.keys import new_key
from bodycam_pipeline.values.errors import StorageError, VaultError
from bodycam_pipeline.vault.naming import Sealed, parse
from bodycam_pipeline.vault.opening import open_sealed
from bodycam_pipeline.vault.store import FACTS, KEY, PARTS, RECORDING, Vault
from tests.clips import clip
from tests.inline import look_here

DAY = date(2026, 11, 25)


def flipped(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def emptied(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(b"")


def left(_path: Path) -> None:
    """Nothing happens to it."""


HARM: list[Callable[[Path], object]] = [left, Path.unlink, flipped, emptied]
HARMS = [each for each in product(HARM, repeat=len(PARTS)) if each != (left,) * len(PARTS)]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    return clip(tmp_path / "a.mp4", frames=3)


def take_in(session: VaultSession, card: Path) -> Taken:
    (one,) = ingest(session, [card], {}, lambda _one: None, look_here)
    return one


def id_of(one: Taken) -> str:
    return str(parse(one.address).id)


def folder_of(session: VaultSession, one: Taken, copy: str = "") -> Path:
    return Path(session.vault.address) / "recordings" / id_of(one)[:2] / f"{id_of(one)}{copy}"


def read(one: Taken) -> bytes:
    with open_sealed(log_read(one.address, "a test")) as file:
        return file.read()


def ids(harms: tuple[Callable[[Path], object], ...]) -> str:
    return "-".join(harm.__name__ for harm in harms)


@pytest.mark.parametrize("harms", HARMS, ids=ids)
def test_whatever_was_lost_or_spoiled_the_card_is_taken_in_again(
    session: VaultSession, card: Path, harms: tuple[Callable[[Path], object], ...]
) -> None:
    first = take_in(session, card)
    for part, harm in zip(PARTS, harms, strict=True):
        harm(folder_of(session, first) / part)
    again = take_in(session, card)
    assert (again.state, again.address) == ("stored", first.address)
    assert read(again) == card.read_bytes()
    assert audit(session, DAY, everything=True, opening=True).findings == ()
    assert [entry["recording"] for _, entry in session.log.entries() if entry["event"] == "ingest"] == [
        id_of(first)
    ] * 2
    assert take_in(session, card).state == "already there"


def test_a_whole_folder_that_is_gone_and_one_that_is_lost_again_and_again(session: VaultSession, card: Path) -> None:
    one = take_in(session, card)
    for copy in ("", ".2", ".3"):
        folder_of(session, one, copy).rename(card.parent / f"lost{copy}")
        assert take_in(session, card).state == "stored"
        assert read(one) == card.read_bytes()
    assert list(session.vault.ids()) == [id_of(one)]


@pytest.mark.parametrize("part", PARTS)
def test_a_disk_that_gives_back_something_else_is_never_called_stored(
    session: VaultSession, card: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    add = Vault.add

    def spoiled(vault: Vault, place: str, staged: Path) -> bool:
        done = add(vault, place, staged)
        flipped(Path(vault.address) / "recordings" / place[:2] / place / part)
        return done

    with monkeypatch.context() as during:
        during.setattr(Vault, "add", spoiled)
        with pytest.raises(StorageError, match=part if part != RECORDING else "gives back something else"):
            take_in(session, card)
    assert "ingest" not in [entry["event"] for _, entry in session.log.entries()]
    assert take_in(session, card).state == "stored"


def test_a_log_that_gives_back_another_entry_is_never_called_stored(
    session: VaultSession, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = type(session.log).entry
    monkeypatch.setattr(type(session.log), "entry", lambda log, number: entry(log, number) | {"head": "00" * 32})
    with pytest.raises(StorageError, match="another entry"):
        take_in(session, card)


def test_what_people_decided_holds_for_every_copy(session: VaultSession, card: Path, tmp_path: Path) -> None:
    one = take_in(session, card)
    retention.hold(session, id_of(one), "R. v. Doe")
    (folder_of(session, one) / FACTS).unlink()
    take_in(session, card)
    assert session.one(id_of(one)).holds == ["R. v. Doe"]
    exported = export(session, id_of(one), tmp_path / "court", to="Crown", reason="R. v. Doe")
    assert (exported / "a.mp4").read_bytes() == card.read_bytes()
    assert retention.rotate(session) == 2, "who may no longer open it opens the copy that was lost neither"
    assert audit(session, DAY, everything=True, opening=True).findings == ()


def test_a_recording_that_was_destroyed_has_no_copy_that_opens_and_is_not_taken_in_again(
    session: VaultSession, card: Path, tmp_path: Path
) -> None:
    one, why = take_in(session, card), "schedule 12"
    (folder_of(session, one) / FACTS).unlink()
    take_in(session, card)
    (session.ring.folder / "people").mkdir()
    keys = [tmp_path / "chief.pem", tmp_path / "clerk.pem"]
    for key in keys:
        public = new_key(key)
        public.rename(session.ring.folder / "people" / public.name)
    retention.people_on_record(session)
    retention.destroy_key(session, id_of(one), why, [retention.consent(session, id_of(one), why, key) for key in keys])
    assert not list(Path(session.vault.address).rglob(KEY))
    again = take_in(session, card)
    assert (again.state, again.address) == ("failed", "")
    assert "keep the card" in again.why
    with pytest.raises(VaultError, match="destroyed"):
        log_read(one.address, "a test")


def test_a_vault_of_an_older_version_is_read_and_its_recordings_are_taken_in_once_more(
    session: VaultSession, card: Path, tmp_path: Path
) -> None:
    """Its entries name neither place nor key: nobody can say of them that the key is the one that was wrapped."""
    held = session.one(id_of(take_in(session, card)))
    older = create_vault(Vault(str(tmp_path / "older")), session.ring, "police.example/older", None)
    shutil.copytree(Path(session.vault.address) / "recordings", tmp_path / "older" / "recordings", dirs_exist_ok=True)
    older.record(**{name: held.entry[name] for name in held.entry.keys() - {"place", "key", "intent", "at", "by"}})
    one = Taken("", "stored", str(Sealed(older.vault.address, *older.recordings())), "", 0, 0)
    assert read(one) == card.read_bytes()
    assert take_in(older, card).state == "stored"
    assert read(one) == card.read_bytes()
