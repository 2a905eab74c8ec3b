"""Ingest: everything is in the vault, once, sealed, and on record; or it is not there at all."""

import hashlib
import json
from pathlib import Path

import pytest

from bodycam_pipeline._native import ObjectKey
from bodycam_pipeline.custody import ingest as ingest_module
from bodycam_pipeline.custody.create import new_person
from bodycam_pipeline.custody.facts import read_facts
from bodycam_pipeline.custody.ingest import Taken, find_files, ingest
from bodycam_pipeline.custody.session import VaultSession, log_read, open_session
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.errors import (
    BodycamError,
    CustodyLogError,
    ModelError,
    SealBrokenError,
    StorageError,
    UnreadableRecordingError,
    VaultError,
    WorkListError,
)
from bodycam_pipeline.values.headers import Headers
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.opening import open_key, open_sealed
from bodycam_pipeline.vault.store import FACTS, KEY, RECORDING
from tests.clips import clip
from tests.inline import look_here


def take_in(session: VaultSession, *given: Path, listed: dict[str, dict[str, str]] | None = None) -> list[Taken]:
    return ingest(session, find_files(given), listed or {}, lambda _one: None, look_here)


def events(session: VaultSession) -> list[str]:
    return [entry["event"] for _, entry in session.log.entries()]


def facts_of(session: VaultSession, taken: Taken) -> dict[str, object]:
    id_ = parse(taken.address).id
    assert id_
    return json.loads(open_key(session.vault, id_, session.ring).open_bytes(session.vault.read(id_, FACTS)))


def test_every_recording_is_stored_on_record_and_opens_to_the_same_bytes(session: VaultSession, dock: Path) -> None:
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in dock.rglob("*") if p.is_file()}
    taken = take_in(session, dock)
    assert [(one.file, one.state) for one in taken] == [("b.mkv", "stored"), ("a.mp4", "stored")]
    assert events(session) == ["created", *["intent", "ingest"] * 2]
    for one in taken:
        with open_sealed(log_read(one.address, "a test")) as file:
            assert hashlib.sha256(file.read()).hexdigest() == facts_of(session, one)["sha256"]
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in dock.rglob("*") if p.is_file()} == before


def test_what_people_and_the_container_know_is_kept_sealed(session: VaultSession, dock: Path) -> None:
    b = next(one for one in take_in(session, dock, listed={"b.mkv": {"unit": "7"}}) if one.file == "b.mkv")
    facts = facts_of(session, b)
    assert facts["metadata"] == {"officer": "A. Marker", "incident": "2026-0117", "unit": "7"}
    assert facts["file"] == "b.mkv"
    assert facts["headers"]["tracks"] == ["video hevc"]  # type: ignore[index]
    everything = b"".join(p.read_bytes() for p in Path(session.vault.address).rglob("*") if p.is_file())
    for secret in (b"Marker", b"b.mkv", str(facts["sha256"]).encode(), bytes.fromhex(str(facts["sha256"]))):
        assert secret not in everything


def test_the_second_time_nothing_is_stored(session: VaultSession, dock: Path) -> None:
    first = take_in(session, dock)
    (dock / "b.mkv").rename(dock / "renamed.mkv")
    second = take_in(session, dock)
    assert {one.state for one in second} == {"already there"}
    assert {one.address for one in second} == {one.address for one in first}
    assert events(session) == ["created", *["intent", "ingest"] * 2]


def test_one_content_under_two_names_is_one_recording(session: VaultSession, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=3)
    (tmp_path / "b.mp4").write_bytes((tmp_path / "a.mp4").read_bytes())
    assert [one.state for one in take_in(session, tmp_path / "a.mp4", tmp_path / "b.mp4")] == [
        "stored",
        "already there",
    ]


def test_the_name_does_not_tell_a_known_recording(session: VaultSession, dock: Path, tmp_path: Path) -> None:
    taken = take_in(session, dock / "b.mkv")[0]
    sha256 = hashlib.sha256((dock / "b.mkv").read_bytes())
    assert sha256.hexdigest() not in taken.address
    assert session.ring.id_of(sha256.digest()) in taken.address
    other = Keyring(tmp_path / "other")
    other.folder.mkdir()
    other.path("id.key").touch(0o600)
    other.path("id.key").write_text("ab" * 32)
    assert other.id_of(sha256.digest()) not in taken.address


def test_what_is_no_video_is_evidence_all_the_same(session: VaultSession, tmp_path: Path) -> None:
    (tmp_path / "torn.mp4").write_bytes(b"half of something")
    (one,) = take_in(session, tmp_path / "torn.mp4")
    assert one.state == "stored"
    assert "not a recording" in one.why
    with open_sealed(log_read(one.address, "a test")) as file:
        assert file.read() == b"half of something"


@pytest.mark.parametrize("kind", [StorageError, VaultError, ModelError])
def test_whatever_is_answered_of_its_headers_a_file_is_taken_in_and_the_next_one_too(
    kind: type[BodycamError], session: VaultSession, dock: Path
) -> None:
    """Who took the reader of headers over chooses the error: none of them ends the ingest of a card."""

    def answer(path: Path) -> Headers:
        raise kind(f"{path.name} is full", remedy="Stop.")

    taken = ingest(session, find_files([dock]), {}, lambda _one: None, answer)
    assert {one.state for one in taken} == {"stored"}
    assert all(one.why.startswith("sealed, but") for one in taken)


@pytest.mark.parametrize("moment", ["in the middle", "changed"])
def test_a_card_that_is_pulled_out_leaves_nothing_and_stops_nothing(
    session: VaultSession, dock: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    class Torn:
        """A key whose source fails, or grows, while the first file is sealed."""

        def __init__(self) -> None:
            self._key = ObjectKey()

        def __getattr__(self, name: str) -> object:
            return getattr(self._key, name)

        def seal(self, source: Path, target: Path) -> tuple[bytes, int, bytes, int]:
            digests = self._key.seal(source, target)
            if source.name == "b.mkv" and moment == "changed":
                source.write_bytes(source.read_bytes() + b"more")
            elif source.name == "b.mkv":
                raise EOFError("the recording cannot be read: Input/output error (os error 5)")
            return digests

    monkeypatch.setattr(ingest_module._native, "ObjectKey", Torn)
    taken = {one.file: one for one in take_in(session, dock)}
    assert (taken["a.mp4"].state, taken["b.mkv"].state) == ("stored", "failed")
    assert list(session.vault.ids()) == [parse(taken["a.mp4"].address).id]
    assert list((Path(session.vault.address) / "staging").iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setenv("BODYCAM_KEYS", str(session.ring.folder))
    assert {one.file: one.state for one in take_in(session, dock)} == {"a.mp4": "already there", "b.mkv": "stored"}


def test_a_file_that_vanished_and_a_path_that_names_nothing(session: VaultSession, tmp_path: Path) -> None:
    (one,) = ingest(session, [tmp_path / "gone.mp4"], {}, lambda _one: None, look_here)
    assert (one.state, one.address) == ("failed", "")
    with pytest.raises(UnreadableRecordingError, match="is not there"):
        list(find_files([tmp_path / "gone"]))


def test_a_full_disk_ends_the_ingest_and_leaves_no_half_recording(
    session: VaultSession, dock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def seal(self, _source: Path, target: Path) -> tuple[bytes, int, bytes, int]:
            target.write_bytes(b"half")
            raise OSError(28, "the sealed file cannot be written: No space left on device")

    monkeypatch.setattr(ingest_module._native, "ObjectKey", Full)
    with pytest.raises(StorageError, match="No space left"):
        take_in(session, dock)
    assert list(session.vault.ids()) == []
    assert list((Path(session.vault.address) / "staging").iterdir()) == []


def test_a_crash_between_place_and_log_is_made_good(
    session: VaultSession, dock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = VaultSession.record

    def crash(session: VaultSession, event: str, **facts: object) -> int:
        if event == "ingest":
            raise KeyboardInterrupt
        return record(session, event, **facts)

    with monkeypatch.context() as during:
        during.setattr(VaultSession, "record", crash)
        with pytest.raises(KeyboardInterrupt):
            take_in(session, dock)
    assert events(session) == ["created", "intent"]
    assert len(list(session.vault.ids())) == 1
    take_in(session, dock)
    assert events(session) == ["created", *["intent", "ingest"] * 2]
    assert len(session.recordings()) == len(list(session.vault.ids())) == 2


def test_the_parts_are_read_only_and_replace_nothing(session: VaultSession, dock: Path) -> None:
    (one,) = take_in(session, dock / "b.mkv")
    folder = next(Path(session.vault.address).glob("recordings/*/*"))
    assert (folder / RECORDING).stat().st_mode & 0o222 == 0
    again = folder.parent.parent.parent / "staging" / "x"
    again.mkdir()
    assert not session.vault.add(str(parse(one.address).id), again)


def test_an_unlogged_read_is_refused(session: VaultSession, dock: Path) -> None:
    one, two = take_in(session, dock)
    with pytest.raises(CustodyLogError, match="stands in no log"):
        open_sealed(one.address)
    elsewhere = log_read(two.address, "a test").rpartition("?")[2]
    with pytest.raises(CustodyLogError, match="does not announce"):
        open_sealed(f"{one.address}?{elsewhere}")
    with pytest.raises(CustodyLogError, match="no entry 99"):
        open_sealed(f"{one.address}?read=99")
    with pytest.raises(CustodyLogError, match="does not announce"):
        open_sealed(f"{one.address}?read=1")


def test_a_read_stands_in_the_log_before_a_byte_is_read(session: VaultSession, dock: Path) -> None:
    (one,) = take_in(session, dock / "b.mkv")
    address = log_read(one.address, "a test")
    assert events(session)[-1] == "read"
    assert probe(address).sha256 == probe(str(dock / "b.mkv")).sha256
    assert probe(address).name == parse(one.address).id


def test_another_recording_in_its_place_is_refused(session: VaultSession, dock: Path) -> None:
    one, two = take_in(session, dock)
    folder, other = (Path(session.vault.address) / "recordings" / i[:2] / i for i in map(_id, (one, two)))
    for part in (RECORDING, KEY, FACTS):
        (folder / part).unlink()
        (folder / part).write_bytes((other / part).read_bytes())
    with pytest.raises(SealBrokenError, match="another file"):
        open_sealed(log_read(one.address, "a test"))


def test_without_the_key_or_the_right_one_nothing_opens(session: VaultSession, dock: Path) -> None:
    (one,) = take_in(session, dock / "b.mkv")
    address = log_read(one.address, "a test")
    identity = session.ring.path("identity.txt")
    identity.chmod(0o644)
    with pytest.raises(VaultError, match="others than its owner can read"):
        open_sealed(address)
    identity.unlink()
    with pytest.raises(VaultError, match=r"no identity\.txt"):
        open_sealed(address)
    new_person(identity)
    with pytest.raises(VaultError, match="none of the identities"):
        open_sealed(address)


def test_only_a_recording_of_this_vault_can_be_announced(session: VaultSession, dock: Path) -> None:
    (one,) = take_in(session, dock / "b.mkv")
    with pytest.raises(VaultError, match="ever taken in"):
        log_read(one.address.replace(_id(one), "0" * 64), "a test")
    with pytest.raises(VaultError, match="not a recording"):
        log_read(one.address.rpartition("/")[0], "a test")
    with pytest.raises(VaultError, match="no vault"):
        open_session("/nowhere/at/all")
    assert log_read(str(dock / "b.mkv"), "a test") == str(dock / "b.mkv")


def test_lists_of_facts_are_read_and_bad_ones_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,officer\nDCIM/a.mp4,A. Officer\nb.mp4,\n")
    (tmp_path / "a.json").write_text('[{"file": "a.mp4", "unit": 7}]')
    assert read_facts(tmp_path / "a.csv") == {"a.mp4": {"officer": "A. Officer"}, "b.mp4": {}}
    assert read_facts(tmp_path / "a.json") == {"a.mp4": {"unit": "7"}}
    for text in ("file,badge\na,1\n", "officer\nA\n", "file,officer\na,x\na,y\n"):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(WorkListError):
            read_facts(tmp_path / "bad.csv")


def test_a_broken_list_beside_one_recording_fails_that_one(session: VaultSession, dock: Path) -> None:
    (dock / "b.mkv.json").write_text("{")
    assert {one.file: one.state for one in take_in(session, dock)} == {"a.mp4": "stored", "b.mkv": "failed"}


@pytest.mark.parametrize("name", ["onvif_signed_h264.mp4"])
def test_a_cameras_signature_is_noticed(session: VaultSession, shared: Path, name: str) -> None:
    (one,) = take_in(session, shared / "clips" / name)
    assert "signed by the camera (ONVIF media signing" in one.why
    assert facts_of(session, one)["headers"]["signature"] == "ONVIF media signing"  # type: ignore[index]


def _id(taken: Taken) -> str:
    return str(parse(taken.address).id)
