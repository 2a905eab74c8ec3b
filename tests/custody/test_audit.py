"""The audit finds whatever is missing, changed, swapped or too much; the export gives the exact bytes, with proof."""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from bodycam_pipeline.custody.audit import NIGHTS, audit
from bodycam_pipeline.custody.export import export
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.values.errors import CustodyLogError, ReleaseExistsError, SealBrokenError
from bodycam_pipeline.vault.log import Proof
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.note import Verifier
from tests.clips import clip
from tests.custody.test_jobs import bodycam
from tests.inline import look_here

DAY = date(2026, 11, 25)


@pytest.fixture
def folders(session: VaultSession, tmp_path: Path) -> list[Path]:
    """Where three recordings lie."""
    files = [clip(tmp_path / f"{n}.mp4", frames=3 + n) for n in range(3)]
    ids = [str(parse(one.address).id) for one in ingest(session, files, {}, lambda _one: None, look_here)]
    return [Path(session.vault.address) / "recordings" / id_[:2] / id_ for id_ in ids]


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


@pytest.mark.usefixtures("folders")
def test_a_vault_that_is_well_is_said_to_be_well_and_that_is_on_record(session: VaultSession) -> None:
    seen = audit(session, DAY, everything=True, opening=True)
    assert (seen.recordings, seen.read, seen.opened, seen.findings) == (3, 3, 3, ())
    events = [entry["event"] for _, entry in session.log.entries()]
    assert events[-4:] == ["read", "read", "read", "verification"]


def test_thirty_nights_read_every_recording_once(session: VaultSession, folders: list[Path]) -> None:
    read = [audit(session, DAY + timedelta(days=night)).read for night in range(NIGHTS)]
    assert sum(read) == len(folders)


HARM: dict[str, tuple[Callable[[list[Path]], object], str]] = {
    "a flipped bit": (lambda f: flip(f[0] / "recording.age", -5), "recording.age is not what was sealed"),
    "a changed beginning": (lambda f: flip(f[0] / "recording.age", 30), "how it begins is not what was sealed"),
    "changed facts": (lambda f: flip(f[0] / "facts.age", 300), "facts.age is not what was sealed"),
    "a recording gone": (lambda f: (f[0] / "recording.age").unlink(), "recording.age is missing"),
    "facts gone": (lambda f: (f[0] / "facts.age").unlink(), "facts.age is missing"),
    "a key gone": (lambda f: (f[0] / "key.age").unlink(), "key.age is missing"),
    "a folder renamed": (lambda f: f[0].rename(f[0].with_name("0" * 64)), "the log knows nothing of it"),
    "a file too much": (lambda f: (f[0] / "notes.txt").write_text("x"), "notes.txt does not belong here"),
    "a stranger": (lambda f: (f[0].parents[2] / "copy.mp4").write_text("x"), "a file that no one put there"),
}


@pytest.mark.parametrize("harm", HARM)
def test_harm_is_found_without_any_key_that_opens(session: VaultSession, folders: list[Path], harm: str) -> None:
    do, said = HARM[harm]
    do(folders)
    session.ring.path("identity.txt").unlink()
    findings = audit(session, DAY, everything=True).findings
    assert said in "\n".join(finding.what for finding in findings)


def test_a_key_that_was_swapped_is_found_without_opening_and_by_opening(
    session: VaultSession, folders: list[Path]
) -> None:
    (folders[0] / "key.age").write_bytes((folders[1] / "key.age").read_bytes())
    (finding,) = audit(session, DAY, everything=True).findings
    assert finding.what == "key.age is not what was sealed"
    findings = audit(session, DAY, everything=True, opening=True).findings
    assert "does not open" in findings[-1].what


@pytest.mark.usefixtures("folders")
def test_a_log_that_was_rewritten_ends_the_audit(session: VaultSession) -> None:
    flip(max(session.log.folder.glob("tile/entries/000.p/*"), key=lambda path: int(path.name)), 40)
    with pytest.raises(CustodyLogError, match="rewritten"):
        audit(session, DAY)


def test_the_exit_code_tells_a_timer(session: VaultSession, folders: list[Path]) -> None:
    assert bodycam("vault", "audit", "--vault", session.vault.address, "--all")["state"] == "well"
    flip(folders[0] / "recording.age", -1)
    printed = bodycam("vault", "audit", "--vault", session.vault.address, "--all", expect=4)
    assert printed["state"] == "not well"


def test_an_export_is_the_original_with_a_proof_that_a_stranger_checks(
    session: VaultSession, folders: list[Path], tmp_path: Path
) -> None:
    folder = export(session, folders[0].name, tmp_path / "court", to="Crown", reason="R. v. Doe")
    assert (folder / "0.mp4").read_bytes() == (tmp_path / "0.mp4").read_bytes()
    proof = json.loads((folder / "proof.json").read_text())
    assert proof["sha256"] == hashlib.sha256((folder / "0.mp4").read_bytes()).hexdigest()
    for part in ("ingest", "export"):
        Proof.parse(proof[part]).check(Verifier.parse(proof["log"]))
    assert [entry for _, entry in session.log.entries()][-1]["to"] == "Crown"
    printed = bodycam("log", "check-proof", folder / "proof.json", "--part", "export", "--verifier", proof["log"])
    assert printed["state"] == "proved"
    with pytest.raises(ReleaseExistsError):
        export(session, folders[0].name, tmp_path / "court", to="Crown", reason="again")


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize("key", ["index", "entry", "path", "checkpoint"])
def test_a_changed_proof_is_refused(session: VaultSession, key: str) -> None:
    printed = session.log.proof(2).as_json()
    forged = {"index": 3, "entry": str(printed["entry"]).replace("ingest", "export"), "path": [], "checkpoint": "x"}
    with pytest.raises(CustodyLogError):
        Proof.parse(printed | {key: forged[key]}).check(session.log.verifier)
    Proof.parse(printed).check(session.log.verifier)


def test_a_broken_seal_is_never_exported(session: VaultSession, folders: list[Path], tmp_path: Path) -> None:
    flip(folders[0] / "recording.age", -1)
    with pytest.raises(SealBrokenError):
        export(session, folders[0].name, tmp_path / "court", to="Crown", reason="R. v. Doe")
    assert list((tmp_path / "court").iterdir()) == []
