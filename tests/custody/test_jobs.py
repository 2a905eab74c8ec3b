"""Jobs on sealed recordings, as a user starts them: the same releases, each read on record first, in a folder or S3."""

import json
import subprocess
from pathlib import Path

import pytest
from pyarrow import fs

from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession, open_session
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.naming import Sealed
from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import BODYCAM
from tests.clips import clip
from tests.inline import look_here


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    (tmp_path / "fast.toml").write_text(FAST_TOML)
    return tmp_path / "fast.toml"


def bodycam(*words: object, expect: int = 0) -> dict[str, object]:
    done = subprocess.run([BODYCAM, *map(str, words), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def events(session: VaultSession) -> list[str]:
    return [entry["event"] for _, entry in session.log.entries()]


def released(folder: Path) -> list[bytes]:
    return [p.read_bytes() for p in sorted(folder.rglob("*.release/*")) if p.suffix in {".mp4", ".parquet"}]


def test_a_sealed_recording_gives_the_release_that_the_plain_one_gives(
    session: VaultSession, tmp_path: Path, policy: Path
) -> None:
    plain = clip(tmp_path / "a.mp4", frames=24, tone_hz=440)
    (one,) = bodycam("ingest", plain, "--vault", session.vault.address)["files"]  # type: ignore[misc]
    bodycam("redact", one["address"], "--out", tmp_path / "sealed", "--policy", policy)
    bodycam("redact", plain, "--out", tmp_path / "plain", "--policy", policy)
    assert released(tmp_path / "sealed") == released(tmp_path / "plain")
    assert events(session) == ["created", "intent", "ingest", "read", "plan", "release"]
    bodycam("redact", one["address"], "--out", tmp_path / "sealed", "--policy", policy)
    assert events(session)[6:] == ["read"], "the second time the recording is probed, and nothing is released"


@pytest.mark.slow
def test_a_plan_that_is_rendered_as_it_stands_is_on_record_as_approved(
    session: VaultSession, tmp_path: Path, policy: Path
) -> None:
    (one,) = ingest(session, [clip(tmp_path / "a.mp4", frames=12)], {}, lambda _one: None, look_here)
    planned = bodycam("detect", one.address, "--out", tmp_path / "out", "--policy", policy)
    bodycam("render", one.address, "--plan", planned["plan"], "--out", tmp_path / "two", "--policy", policy)
    assert events(session)[3:] == ["read", "plan", "read", "plan approved", "release"]


@pytest.mark.slow
@pytest.mark.parametrize("words", [["-j", "2"], ["--ray", "local", "-j", "2"]], ids=["local", "ray"])
def test_a_batch_takes_a_whole_vault(session: VaultSession, tmp_path: Path, policy: Path, words: list[str]) -> None:
    files = [clip(tmp_path / f"{n}.mp4", frames=12 + n) for n in range(2)]
    ingest(session, files, {}, lambda _one: None, look_here)
    out = tmp_path / "out"
    printed = bodycam("batch", Sealed(session.vault.address), "--out", out, "--policy", policy, *words)
    assert printed["states"] == {"published": 2}
    assert sorted(events(session)[5:]) == ["plan", "plan", "read", "read", "release", "release"]
    assert events(session)[5] == "read"


def test_a_recording_whose_seal_is_broken_is_quarantined_and_the_rest_goes_on(
    session: VaultSession, tmp_path: Path, policy: Path
) -> None:
    files = [clip(tmp_path / f"{n}.mp4", frames=12 + n) for n in range(2)]
    ingest(session, files, {}, lambda _one: None, look_here)
    broken = next(Path(session.vault.address).glob("recordings/*/*/recording.age"))
    broken.chmod(0o600)
    content = bytearray(broken.read_bytes())
    content[len(content) // 2] ^= 1
    broken.write_bytes(content)
    printed = bodycam("batch", Sealed(session.vault.address), "--out", tmp_path / "out", "--policy", policy, expect=4)
    assert printed["states"] == {"published": 1, "quarantined": 1}


def test_a_vault_in_a_real_s3_store(
    s3: fs.FileSystem, ring: Keyring, tmp_path: Path, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3.create_dir("evidence")
    address = "s3://evidence/vault"
    bodycam(
        "vault", "create", address, "--origin", "police.example/s3", "--log", tmp_path / "log", "--keys", ring.folder
    )
    session, plain = open_session(address), clip(tmp_path / "a.mp4", frames=24)
    (one,) = bodycam("ingest", plain, "--vault", address)["files"]  # type: ignore[misc]
    assert one["state"] == "stored"
    assert bodycam("ingest", plain, "--vault", address)["already there"] == 1
    bodycam("redact", one["address"], "--out", tmp_path / "sealed", "--policy", policy)
    bodycam("redact", plain, "--out", tmp_path / "plain", "--policy", policy)
    assert released(tmp_path / "sealed") == released(tmp_path / "plain")
    assert events(session) == ["created", "intent", "ingest", "read", "plan", "release"]
    names = {info.path for info in s3.get_file_info(fs.FileSelector("evidence", recursive=True)) if info.is_file}
    assert {Path(name).name for name in names} == {"vault.json", "key.age", "facts.age", "recording.age"}


def test_a_vault_is_never_begun_twice_and_a_store_needs_a_folder_for_its_log(
    session: VaultSession, s3: fs.FileSystem, ring: Keyring
) -> None:
    again = bodycam("vault", "create", session.vault.address, "--origin", "x", expect=4)
    assert "there is a vault" in str(again["what"])
    s3.create_dir("elsewhere")
    printed = bodycam("vault", "create", "s3://elsewhere/v", "--origin", "x", "--keys", ring.folder, expect=4)
    assert "a folder for its log" in str(printed["what"])
