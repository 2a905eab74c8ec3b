"""Kill -9 at random moments of an ingest: every file stored once, a log that holds, nothing left over."""

import os
import random
import shutil
import signal
import time
from datetime import date
from pathlib import Path

import pytest

from bodycam_pipeline.custody.audit import audit
from bodycam_pipeline.custody.create import create_vault
from bodycam_pipeline.custody.ingest import find_files, ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.store import Vault
from tests.inline import look_here

FILES, SHOTS = 50, 200
SHOTS_AT_ONE_VAULT = 20
LONGEST_LIFE_SECONDS = 0.25
SEED = 20261125


@pytest.fixture(scope="module")
def dock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty files of different sizes around one chunk; no videos: each is in place within milliseconds."""
    folder, dice = tmp_path_factory.mktemp("dock"), random.Random(SEED)  # noqa: S311
    for number in range(FILES):
        (folder / f"{number:02}.mp4").write_bytes(dice.randbytes(1000 + 4000 * number))
    return folder


def shoot(session: VaultSession, dock: Path, life_seconds: float) -> bool:
    """Start an ingest and kill it; whether it was still at work."""
    child = os.fork()
    if not child:
        try:
            ingest(session, find_files([dock]), {}, lambda _one: None, look_here)
        finally:
            os._exit(0)
    time.sleep(life_seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    "shots", [SHOTS_AT_ONE_VAULT // 2, pytest.param(SHOTS, marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_every_file_is_stored_once_after_any_number_of_kills(
    ring: Keyring, dock: Path, tmp_path: Path, shots: int
) -> None:
    dice, fired, stored = random.Random(SEED), 0, []  # noqa: S311
    for number in range(-(-shots // SHOTS_AT_ONE_VAULT)):
        session = create_vault(Vault(str(tmp_path / f"vault-{number}")), ring, f"storm/{number}", None)
        hits = 0
        while hits < min(SHOTS_AT_ONE_VAULT, shots):
            hits += shoot(session, dock, dice.uniform(0, LONGEST_LIFE_SECONDS))
        fired += hits
        stored.append(len(list(session.vault.ids())))
        taken = ingest(session, find_files([dock]), {}, lambda _one: None, look_here)
        assert {one.state for one in taken} <= {"stored", "already there"}
        entries = [entry["recording"] for _, entry in session.log.entries() if entry["event"] == "ingest"]
        assert len(entries) == len(set(entries)) == len(list(session.vault.ids())) == FILES
        assert audit(session, date(2026, 11, 25), everything=True, opening=True).findings == ()
        assert list((Path(session.vault.address) / "staging").iterdir()) == []
        assert not list(Path(session.vault.address).rglob("*.part")), "half-written files are left"
        shutil.rmtree(session.vault.address)
    print(f"\n{fired} kills; files in place before the last run: {stored}")
    assert fired >= shots
