"""Holds, retention, rotation and the end of a recording: what stands against it, who must consent, what stays."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bodycam_pipeline.custody import keeping
from bodycam_pipeline.custody.begin import new_person
from bodycam_pipeline.custody.desk import Desk, announced
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.evidence.keys import new_key
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.opening import opened
from bodycam_pipeline.vault.store import FACTS, KEY, RECORDING
from tests.clips import clip
from tests.custody.test_jobs import bodycam

WHY = "schedule 12: no request within two years"


@pytest.fixture
def id_(desk: Desk, tmp_path: Path) -> str:
    (one,) = ingest(desk, [clip(tmp_path / "a.mp4", frames=3)], {}, lambda _one: None)
    return str(parse(one.address).id)


@pytest.fixture
def keys(desk: Desk, tmp_path: Path) -> list[Path]:
    """The keys of three people, of whom the first two are on record."""
    found = [tmp_path / f"{name}.pem" for name in ("chief", "clerk", "stranger")]
    (desk.ring.folder / "people").mkdir()
    for path in found:
        public = new_key(path)
        if path.stem != "stranger":
            public.rename(desk.ring.folder / "people" / public.name)
    keeping.people_on_record(desk)
    return found


def address(desk: Desk, id_: str) -> str:
    return f"vault://{desk.vault.address}/{id_}"


def events(desk: Desk) -> list[str]:
    return [entry["event"] for _, entry in desk.log.entries()]


def consents(desk: Desk, id_: str, keys: list[Path], reason: str = WHY) -> list[bytes]:
    return [keeping.consent(desk, id_, reason, key) for key in keys]


def test_two_people_end_a_recording_and_it_stands_in_the_log_first(desk: Desk, id_: str, keys: list[Path]) -> None:
    announced_before = announced(address(desk, id_), "a test")
    keeping.destroy_key(desk, id_, WHY, consents(desk, id_, keys[:2]))
    assert events(desk)[-1] == "destruction"
    assert (desk.vault.has(id_, KEY), desk.vault.has(id_, RECORDING), desk.vault.has(id_, FACTS)) == (False, True, True)
    with pytest.raises(VaultError, match="destroyed"):
        announced(address(desk, id_), "a test")
    with pytest.raises(VaultError, match="not there"):
        opened(announced_before)
    keeping.destroy_key(desk, id_, WHY, consents(desk, id_, keys[:2]))
    assert events(desk).count("destruction") == 1


def test_a_destruction_that_was_cut_off_is_finished(
    desk: Desk, id_: str, keys: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = consents(desk, id_, keys[:2])
    with monkeypatch.context() as during:
        during.setattr(type(desk.vault), "destroy_key", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keeping.destroy_key(desk, id_, WHY, signed)
    assert desk.vault.has(id_, KEY)
    with pytest.raises(VaultError, match="destroyed"):
        announced(address(desk, id_), "a test")
    keeping.destroy_key(desk, id_, WHY, signed)
    assert not desk.vault.has(id_, KEY)


@pytest.mark.parametrize("signers", [[], [0], [0, 0], [0, 2], [2, 2]])
def test_fewer_than_two_people_on_record_end_nothing(
    desk: Desk, id_: str, keys: list[Path], signers: list[int]
) -> None:
    with pytest.raises(VaultError, match="of 2 people on record"):
        keeping.destroy_key(desk, id_, WHY, consents(desk, id_, [keys[n] for n in signers]))
    assert desk.vault.has(id_, KEY)


def test_a_consent_is_to_one_recording_and_one_reason(desk: Desk, id_: str, keys: list[Path], tmp_path: Path) -> None:
    (other,) = ingest(desk, [clip(tmp_path / "b.mp4", frames=4)], {}, lambda _one: None)
    elsewhere = str(parse(other.address).id)
    for signed in (consents(desk, elsewhere, keys[:2]), consents(desk, id_, keys[:2], "another reason"), [b"", b"{}"]):
        with pytest.raises(VaultError, match="0 of 2"):
            keeping.destroy_key(desk, id_, WHY, signed)


def test_somebody_who_was_only_put_into_the_folder_is_not_on_record(
    desk: Desk, id_: str, keys: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "stranger.pub.pem").rename(desk.ring.folder / "people" / "stranger.pub.pem")
    with pytest.raises(VaultError, match="1 of 2"):
        keeping.destroy_key(desk, id_, WHY, consents(desk, id_, keys[1:]))


def test_a_hold_stands_against_it_until_it_is_lifted(desk: Desk, id_: str, keys: list[Path]) -> None:
    signed = consents(desk, id_, keys[:2])
    keeping.hold(desk, id_, "R. v. Doe")
    with pytest.raises(VaultError, match=r"legal hold: R\. v\. Doe"):
        keeping.destroy_key(desk, id_, WHY, signed)
    keeping.lift_holds(desk, id_, "acquitted, no appeal")
    keeping.destroy_key(desk, id_, WHY, signed)
    assert events(desk)[-3:] == ["hold", "hold lifted", "destruction"]


def test_a_retention_stands_against_it_and_is_only_made_longer(desk: Desk, id_: str, keys: list[Path]) -> None:
    today = datetime.now(UTC).date()
    keeping.retain(desk, id_, today + timedelta(days=2), "by-law")
    with pytest.raises(VaultError, match="kept until"):
        keeping.destroy_key(desk, id_, WHY, consents(desk, id_, keys[:2]))
    with pytest.raises(VaultError, match="kept until"):
        keeping.retain(desk, id_, date(2020, 1, 1), "sooner")


def test_rotation_changes_who_opens_and_no_sealed_byte(desk: Desk, id_: str, tmp_path: Path) -> None:
    before = {part: desk.vault.read(id_, part) for part in (RECORDING, FACTS)}
    public = new_person(tmp_path / "next.txt")
    desk.ring.path("recipients.txt").write_text(public)
    assert keeping.rotate(desk) == 1
    assert {part: desk.vault.read(id_, part) for part in (RECORDING, FACTS)} == before
    with pytest.raises(VaultError, match="none of the identities"):
        opened(announced(address(desk, id_), "a test"))
    (tmp_path / "next.txt").replace(desk.ring.path("identity.txt"))
    with opened(announced(address(desk, id_), "a test")) as file:
        assert file.read() == (tmp_path / "a.mp4").read_bytes()
    assert "rotation" in events(desk)


def test_what_is_not_there_cannot_be_held(desk: Desk) -> None:
    with pytest.raises(VaultError, match="ever taken in"):
        keeping.hold(desk, "0" * 64, "why")


def test_nothing_edits_or_deletes_a_recording() -> None:
    """The vault's whole surface: one verb replaces a key, one destroys it, and none touches what is sealed."""
    from bodycam_pipeline.vault.store import Vault

    verbs = {name for name in vars(Vault) if not name.startswith("_")}
    reads = {"described", "log", "ids", "contents", "strangers", "has", "size", "read", "source", "digest", "staging"}
    assert verbs - reads == {"describe", "add", "replace_key", "destroy_key"}


def test_what_is_decided_is_said_with_its_entry_of_the_log(desk: Desk, id_: str) -> None:
    told = bodycam("vault", "hold", address(desk, id_), "--reason", "R. v. Doe")
    assert told == {"recording": id_, "state": "under legal hold", "entry": 3}
    assert bodycam("vault", "retain", address(desk, id_), "--until", "2031-12-31", "--reason", "by-law 7")["entry"] == 4
    (row,) = bodycam("vault", "list", "--vault", desk.vault.address)["recordings"]  # type: ignore[misc]
    assert (row["id"], row["holds"], row["retain_until"]) == (id_, ["R. v. Doe"], "2031-12-31")


def test_an_id_without_a_vault_and_a_vault_without_an_id_are_refused(desk: Desk, id_: str) -> None:
    for recording in (id_, f"vault://{desk.vault.address}"):
        assert bodycam("vault", "hold", recording, "--reason", "a test", expect=4)["state"] == "refused"
    assert events(desk) == ["created", "intent", "ingest"]
