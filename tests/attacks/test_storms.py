"""Storms against what proves something: notes, tiles, proofs, sealed headers, archives. None is taken for right."""

import json
import random
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline._native import ObjectKey
from bodycam_pipeline.custody.ingest import find_files, ingest
from bodycam_pipeline.custody.known import facts_of
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.package.archive import open_archive as unpacked
from bodycam_pipeline.package.archive import write_archive
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.vault.log import CustodyLog, Proof, create_log
from bodycam_pipeline.vault.naming import Sealed
from bodycam_pipeline.vault.note import Checkpoint, Verifier, sign_note, verify_note
from bodycam_pipeline.vault.opening import _ingest_of, head_of_file, open_sealed
from bodycam_pipeline.vault.store import FACTS, KEY, RECORDING
from tests.attacks.fuzzing import STORMS, mutated, storm
from tests.clips import clip
from tests.inline import look_here

ORIGIN = "police.example/custody"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = Verifier(ORIGIN, SIGNER.public_key())


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_notes_and_keys(seconds: float) -> None:
    note, line = sign_note(Checkpoint(ORIGIN, 17, bytes(32)), SIGNER), str(VERIFIER).encode()

    def blow(rng: random.Random) -> None:
        broken = mutated(rng, note)
        if verify_note(broken, VERIFIER).text.encode() not in broken:
            raise AssertionError(broken)
        Verifier.parse(mutated(rng, line).decode("latin-1"))

    assert storm(seconds, 0.05, blow) > 100


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_tiles_and_proofs(seconds: float, tmp_path: Path) -> None:
    log = create_log(tmp_path / "log", ORIGIN, SIGNER)
    log.append(SIGNER, *({"event": "read", "number": n} for n in range(600)))
    whole = log.verify_entries()
    files = sorted(path for path in (tmp_path / "log").rglob("*") if path.is_file() and not path.name.startswith("."))
    proof = json.dumps(log.proof(300).as_json()).encode()

    def blow(rng: random.Random) -> None:
        path = rng.choice(files)
        before = path.read_bytes()
        path.write_bytes(mutated(rng, before))
        try:
            for what in (CustodyLog(log.folder, VERIFIER).verify_entries, lambda: log.proof(rng.randrange(600))):
                try:
                    what()
                except BodycamError:
                    continue
            assert _right(log, whole)
        finally:
            path.write_bytes(before)
        broken = mutated(rng, proof)
        try:
            value = json.loads(broken)
        except (ValueError, UnicodeDecodeError):
            return
        Proof.parse(value).check(VERIFIER)

    assert storm(seconds, 0.5, blow) > 20


def _right(log: CustodyLog, whole: list[bytes]) -> bool:
    try:
        return log.verify_entries() == whole
    except BodycamError:
        return True


@pytest.fixture
def sealed(session: VaultSession, tmp_path: Path) -> tuple[VaultSession, str, Path]:
    (tmp_path / "dock").mkdir()
    clip(tmp_path / "dock" / "a.mp4", frames=3)
    ingest(session, find_files([tmp_path / "dock"]), {}, lambda _one: None, look_here)
    (id_,) = session.recordings()
    return session, id_, Path(session.vault.address) / "recordings" / id_[:2] / id_


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_sealed_files(seconds: float, sealed: tuple[VaultSession, str, Path], tmp_path: Path) -> None:
    session, id_, folder = sealed
    address = log_read(str(Sealed(session.vault.address, id_)), "a test")
    with open_sealed(address) as file:
        whole = file.read()
    facts = facts_of(session, id_, session.one(id_))
    parts = {name: (folder / name).read_bytes() for name in (RECORDING, KEY, FACTS)}
    for name in parts:
        (folder / name).chmod(0o600)

    def blow(rng: random.Random) -> None:
        name = rng.choice((RECORDING, KEY, FACTS))
        (folder / name).write_bytes(_broken(rng, parts[name]))
        try:
            shutil.copy(folder / RECORDING, tmp_path / "copy")
            _tolerated(lambda: head_of_file(tmp_path / "copy"))
            _tolerated(lambda: _same(_read(address), whole))
            _tolerated(lambda: _same(facts_of(session, id_, session.one(id_)), facts))
        finally:
            (folder / name).write_bytes(parts[name])
        key = ObjectKey()
        try:
            key.open_bytes(mutated(rng, key.seal_bytes(b"facts")))
        except ValueError:
            return

    assert storm(seconds, 0.5, blow) > 20


def _broken(rng: random.Random, content: bytes) -> bytes:
    """Most blows strike the header."""
    edge = min(len(content), 600)
    if rng.random() < 0.7:
        return mutated(rng, content[:edge]) + content[edge:]
    return mutated(rng, content)


def _read(address: str) -> bytes:
    _ingest_of.cache_clear()
    with open_sealed(address) as file:
        try:
            return file.read()
        except OSError:  # leaving the file tells what is wrong with it
            return b""


def _same(found: object, wanted: object) -> None:
    assert found == wanted


def _tolerated(what: object) -> None:
    try:
        what()  # type: ignore[operator]
    except BodycamError:
        return


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_archives(seconds: float, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    for name in ("redacted.mp4", "frames.parquet", "manifest.json"):
        (tmp_path / "package" / name).write_bytes(name.encode() * 20)
    with (tmp_path / "a.zip").open("wb") as file:
        write_archive(tmp_path / "package", file)
    whole = (tmp_path / "a.zip").read_bytes()

    def blow(rng: random.Random) -> None:
        broken = mutated(rng, whole)
        (tmp_path / "b.zip").write_bytes(broken)
        with unpacked(tmp_path / "b.zip"):
            assert broken == whole or _comparable(broken, whole)

    assert storm(seconds, 0.5, blow) > 20


def _comparable(broken: bytes, whole: bytes) -> bool:
    """Other content under the right checksum is no archive's trouble: the statement's digests find it."""
    return len(broken) >= 22 and broken[:4] == whole[:4]
