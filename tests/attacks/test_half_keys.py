"""Half a key, half a vault: whenever the machine stops, the same command finishes, and half a key is never used."""

import shutil
from pathlib import Path

import pytest

from bodycam_pipeline._native import ObjectKey
from bodycam_pipeline.custody.create import create_vault, new_person
from bodycam_pipeline.custody.session import VaultSession, open_session
from bodycam_pipeline.evidence.keys import new_key, public_path, read_private_key, read_public_key
from bodycam_pipeline.values.errors import BodycamError, CustodyLogError, KeyFileError, StorageError, VaultError
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.store import Vault
from tests.attacks.killing import killed_before_each_change, needs_ptrace

ORIGIN = "police.example/custody"


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    """A machine that has been told to whom it seals, and nothing else."""
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "keys" / "recipients.txt").write_text(f"{new_person(tmp_path / 'nightly.txt')}\n")
    return Keyring(tmp_path / "keys")


def created(ring: Keyring, address: Path) -> VaultSession:
    return create_vault(Vault(str(address)), ring, ORIGIN, None)


@needs_ptrace
def test_a_vault_whose_creation_was_killed_anywhere_is_finished_by_the_same_command(
    ring: Keyring, tmp_path: Path
) -> None:
    """Each kill has a machine of its own; where all that was missing is the end of the process, the vault is there."""
    kills = 0
    for kills in killed_before_each_change(lambda: created(ring, tmp_path / "vault")):  # noqa: B007
        session = open_session(str(tmp_path / "vault"), ring.folder) if is_there(tmp_path / "vault") else None
        session = session or created(ring, tmp_path / "vault")
        assert [entry["event"] for _, entry in session.log.entries()] == ["created"]
        assert ring.id_of(bytes(32))
        assert read_public_key(ring.path("log.pub.pem")) == read_private_key(ring.path("log.pem")).public_key()
        shutil.rmtree(tmp_path / "vault")
        for name in ("log.pem", "log.pub.pem", "log.vkey", "id.key"):
            ring.path(name).unlink()
    print(f"\n{kills + 1} kills")
    assert kills > 20, "the work is not killed where it is thought to be"


def is_there(vault: Path) -> bool:
    return (vault / "vault.json").exists()


@needs_ptrace
def test_a_key_whose_making_was_killed_anywhere_is_whole_or_not_there(tmp_path: Path) -> None:
    def both() -> None:
        new_key(tmp_path / "agency.pem")
        new_person(tmp_path / "identity.txt")

    for _ in killed_before_each_change(both):
        if not public_path(tmp_path / "agency.pem").exists():
            new_key(tmp_path / "agency.pem")
        if not (tmp_path / "identity.txt").exists():
            new_person(tmp_path / "identity.txt")
        assert read_public_key(tmp_path / "agency.pub.pem") == read_private_key(tmp_path / "agency.pem").public_key()
        assert Keyring(tmp_path).identities()
        for name in ("agency.pem", "agency.pub.pem", "identity.txt"):
            (tmp_path / name).unlink()


def test_a_full_disk_leaves_no_key_and_the_next_try_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    for make in (new_person, new_key):
        with monkeypatch.context() as during:
            during.setattr("os.fsync", full)
            with pytest.raises(StorageError, match="No space left"):
                make(tmp_path / "key")
        assert list(tmp_path.iterdir()) == []
        make(tmp_path / "key")
        with pytest.raises(KeyFileError, match="exists already"):
            make(tmp_path / "key")
        for path in tmp_path.iterdir():
            path.unlink()


@pytest.mark.parametrize("kept", [0, 1, 40, 62, 63])  # of 64
def test_half_a_key_is_refused_by_name(ring: Keyring, tmp_path: Path, kept: int) -> None:
    created(ring, tmp_path / "vault")
    new_person(ring.path("identity.txt"))
    uses = {"id.key": lambda: ring.id_of(bytes(32)), "recipients.txt": ring.recipients, "log.vkey": ring.verifier}
    uses |= {"identity.txt": ring.identities, "log.pem": lambda: read_private_key(ring.path("log.pem"))}
    for name, use in uses.items():
        whole = ring.path(name).read_bytes()
        use()  # type: ignore[operator]
        ring.path(name).write_bytes(whole[: len(whole.strip()) * kept // 64])
        with pytest.raises(BodycamError) as refused:
            use()  # type: ignore[operator]
        assert refused.value.remedy
        ring.path(name).write_bytes(whole)


@pytest.mark.parametrize("text", ["", "ab" * 31, "ab" * 33, "AB" * 32, f"{'ab' * 32}\n{'cd' * 32}", " " * 64])
def test_what_is_not_32_bytes_in_hex_names_no_recording(ring: Keyring, text: str) -> None:
    ring.path("id.key").touch(0o600)
    ring.path("id.key").write_text(text)
    with pytest.raises(VaultError, match=r"id\.key is not"):
        ring.id_of(bytes(32))


def test_a_vault_is_not_begun_over_a_log_that_was_used(ring: Keyring, tmp_path: Path) -> None:
    created(ring, tmp_path / "vault").record("read", recordings=0)
    (tmp_path / "vault" / "vault.json").unlink()
    with pytest.raises(CustodyLogError, match="holds a log already"):
        created(ring, tmp_path / "vault")


def test_a_recipient_with_a_typing_error_is_refused_by_name(ring: Keyring) -> None:
    line = ring.recipients()[0]
    ring.path("recipients.txt").write_text(f"{line[:-1]}{'q' if line[-1] != 'q' else 'p'}\n")
    with pytest.raises(VaultError, match=r"recipients\.txt"):
        ring.wrap(ObjectKey())
