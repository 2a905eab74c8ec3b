"""A vault to work with: recipients, keys and an empty log; opened by this process and its workers."""

from pathlib import Path

import pytest

from bodycam_pipeline.custody.create import create_vault, new_person
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.store import Vault
from tests.clips import clip


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """The keys of one machine that may do everything; the escrow's identity lies elsewhere."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    nightly, escrow = new_person(folder / "identity.txt"), new_person(tmp_path / "escrow.txt")
    (folder / "recipients.txt").write_text(f"# who may open\n{nightly}\n{escrow}\n")
    monkeypatch.setenv("BODYCAM_KEYS", str(folder))
    return Keyring(folder)


@pytest.fixture
def session(tmp_path: Path, ring: Keyring) -> VaultSession:
    return create_vault(Vault(str(tmp_path / "vault")), ring, "police.example/custody", None)


@pytest.fixture
def dock(tmp_path: Path) -> Path:
    """Two recordings of different makes, facts beside one of them, and what else lies on a card."""
    folder = tmp_path / "dock"
    (folder / "DCIM").mkdir(parents=True)
    clip(folder / "DCIM" / "a.mp4", frames=12)
    clip(folder / "b.mkv", frames=9, codec="libx265")
    (folder / "b.mkv.json").write_text('{"officer": "A. Marker", "incident": "2026-0117"}')
    (folder / "readme.txt").write_text("not a recording")
    return folder
