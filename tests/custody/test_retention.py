"""Holds, retention, rotation and the end of a recording: what stands against it, who must consent, what stays."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bodycam_pipeline.custody import retention
from bodycam_pipeline.custody.create import new_person
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.evidence.keys import new_key
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.opening import open_sealed
from bodycam_pipeline.vault.store import FACTS, KEY, RECORDING
from tests.clips import clip
from tests.custody.test_jobs import bodycam
from tests.inline import look_here

WHY = "schedule 12: no request within two years"


@pytest.fixture
def id_(session: VaultSession, tmp_path: Path) -> str:
    (one,) = ingest(session, [clip(tmp_path / "a.mp4", frames=3)], {}, lambda _one: None, look_here)
    return str(parse(one.address).id)


@pytest.fixture
def keys(session: VaultSession, tmp_path: Path) -> list[Path]:
    """The keys of three people, of whom the first two are on record."""
    found = [tmp_path / f"{name}.pem" for name in ("chief", "clerk", "stranger")]
    (session.ring.folder / "people").mkdir()
    for path in found:
        public = new_key(path)
        if path.stem != "stranger":
            public.rename(session.ring.folder / "people" / public.name)
    retention.people_on_record(session)
    return found


def address(session: VaultSession, id_: str) -> str:
    return f"vault://{session.vault.address}/{id_}"


def events(session: VaultSession) -> list[str]:
    return [entry["event"] for _, entry in session.log.entries()]


def consents(session: VaultSession, id_: str, keys: list[Path], reason: str = WHY) -> list[bytes]:
    return [retention.consent(session, id_, reason, key) for key in keys]


def test_two_people_end_a_recording_and_it_stands_in_the_log_first(
    session: VaultSession, id_: str, keys: list[Path]
) -> None:
    announced_before = log_read(address(session, id_), "a test")
    retention.destroy_key(session, id_, WHY, consents(session, id_, keys[:2]))
    assert events(session)[-1] == "destruction"
    assert (session.vault.has(id_, KEY), session.vault.has(id_, RECORDING), session.vault.has(id_, FACTS)) == (
        False,
        True,
        True,
    )
    with pytest.raises(VaultError, match="destroyed"):
        log_read(address(session, id_), "a test")
    with pytest.raises(VaultError, match="missing from the vault"):
        open_sealed(announced_before)
    retention.destroy_key(session, id_, WHY, consents(session, id_, keys[:2]))
    assert events(session).count("destruction") == 1


def test_a_destruction_that_was_cut_off_is_finished(
    session: VaultSession, id_: str, keys: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = consents(session, id_, keys[:2])
    with monkeypatch.context() as during:
        during.setattr(type(session.vault), "destroy_key", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            retention.destroy_key(session, id_, WHY, signed)
    assert session.vault.has(id_, KEY)
    with pytest.raises(VaultError, match="destroyed"):
        log_read(address(session, id_), "a test")
    retention.destroy_key(session, id_, WHY, signed)
    assert not session.vault.has(id_, KEY)


@pytest.mark.parametrize("signers", [[], [0], [0, 0], [0, 2], [2, 2]])
def test_fewer_than_two_people_on_record_end_nothing(
    session: VaultSession, id_: str, keys: list[Path], signers: list[int]
) -> None:
    with pytest.raises(VaultError, match="of 2 people on record"):
        retention.destroy_key(session, id_, WHY, consents(session, id_, [keys[n] for n in signers]))
    assert session.vault.has(id_, KEY)


def test_a_consent_is_to_one_recording_and_one_reason(
    session: VaultSession, id_: str, keys: list[Path], tmp_path: Path
) -> None:
    (other,) = ingest(session, [clip(tmp_path / "b.mp4", frames=4)], {}, lambda _one: None, look_here)
    elsewhere = str(parse(other.address).id)
    for signed in (
        consents(session, elsewhere, keys[:2]),
        consents(session, id_, keys[:2], "another reason"),
        [b"", b"{}"],
    ):
        with pytest.raises(VaultError, match="0 of 2"):
            retention.destroy_key(session, id_, WHY, signed)


def test_somebody_who_was_only_put_into_the_folder_is_not_on_record(
    session: VaultSession, id_: str, keys: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "stranger.pub.pem").rename(session.ring.folder / "people" / "stranger.pub.pem")
    with pytest.raises(VaultError, match="1 of 2"):
        retention.destroy_key(session, id_, WHY, consents(session, id_, keys[1:]))


def test_a_hold_stands_against_it_until_it_is_lifted(session: VaultSession, id_: str, keys: list[Path]) -> None:
    signed = consents(session, id_, keys[:2])
    retention.hold(session, id_, "R. v. Doe")
    with pytest.raises(VaultError, match=r"legal hold: R\. v\. Doe"):
        retention.destroy_key(session, id_, WHY, signed)
    retention.lift_holds(session, id_, "acquitted, no appeal")
    retention.destroy_key(session, id_, WHY, signed)
    assert events(session)[-3:] == ["hold", "hold lifted", "destruction"]


def test_a_retention_stands_against_it_and_is_only_made_longer(
    session: VaultSession, id_: str, keys: list[Path]
) -> None:
    today = datetime.now(UTC).date()
    retention.retain(session, id_, today + timedelta(days=2), "by-law")
    with pytest.raises(VaultError, match="kept until"):
        retention.destroy_key(session, id_, WHY, consents(session, id_, keys[:2]))
    with pytest.raises(VaultError, match="kept until"):
        retention.retain(session, id_, date(2020, 1, 1), "sooner")


def test_rotation_changes_who_opens_and_no_sealed_byte(session: VaultSession, id_: str, tmp_path: Path) -> None:
    before = {part: session.vault.read(id_, part) for part in (RECORDING, FACTS)}
    public = new_person(tmp_path / "next.txt")
    session.ring.path("recipients.txt").write_text(public)
    assert retention.rotate(session) == 1
    assert {part: session.vault.read(id_, part) for part in (RECORDING, FACTS)} == before
    with pytest.raises(VaultError, match="none of the identities"):
        open_sealed(log_read(address(session, id_), "a test"))
    (tmp_path / "next.txt").replace(session.ring.path("identity.txt"))
    with open_sealed(log_read(address(session, id_), "a test")) as file:
        assert file.read() == (tmp_path / "a.mp4").read_bytes()
    assert "rotation" in events(session)


def test_what_is_not_there_cannot_be_held(session: VaultSession) -> None:
    with pytest.raises(VaultError, match="ever taken in"):
        retention.hold(session, "0" * 64, "why")


def test_nothing_edits_or_deletes_a_recording() -> None:
    """The vault's whole surface: one verb replaces a key, one destroys it, and none touches what is sealed."""
    from bodycam_pipeline.vault.store import Vault

    verbs = {name for name in vars(Vault) if not name.startswith("_")}
    reads = {"described", "log", "ids", "contents", "strangers", "has", "size", "read", "source", "digest", "staging"}
    assert verbs - reads == {"describe", "add", "replace_key", "destroy_key"}


def test_what_is_decided_is_said_with_its_entry_of_the_log(session: VaultSession, id_: str) -> None:
    printed = bodycam("vault", "hold", address(session, id_), "--reason", "R. v. Doe")
    assert printed == {"recording": id_, "state": "under legal hold", "entry": 3}
    assert (
        bodycam("vault", "retain", address(session, id_), "--until", "2031-12-31", "--reason", "by-law 7")["entry"] == 4
    )
    (row,) = bodycam("vault", "list", "--vault", session.vault.address)["recordings"]  # type: ignore[misc]
    assert (row["id"], row["holds"], row["retain_until"]) == (id_, ["R. v. Doe"], "2031-12-31")


def test_an_id_without_a_vault_and_a_vault_without_an_id_are_refused(session: VaultSession, id_: str) -> None:
    for recording in (id_, f"vault://{session.vault.address}"):
        assert bodycam("vault", "hold", recording, "--reason", "a test", expect=4)["state"] == "refused"
    assert events(session) == ["created", "intent", "ingest"]
