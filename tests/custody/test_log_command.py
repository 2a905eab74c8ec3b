"""`bodycam log` as an auditor runs it: against a copy of the folder, with the key line and nothing else."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.values.errors import BodycamError, CustodyLogError, VaultError


def run(*words: object) -> dict[str, object]:
    """One command; a refusal is raised as the command's main function gets it."""
    done = CliRunner().invoke(app, [*map(str, words)])
    if isinstance(done.exception, BodycamError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.fixture
def outside(session: VaultSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """An auditor's options: a copy of the log, its key line, and no keys of the agency."""
    for number in range(3):
        session.record("hold", recording=f"{number:064x}", reason="a test")
    shutil.copytree(session.log.folder, tmp_path / "copy")
    monkeypatch.delenv("BODYCAM_KEYS")
    return ["--log", tmp_path / "copy", "--verifier", str(session.log.verifier)]


def test_an_auditor_verifies_shows_and_proves_without_any_key_of_the_agency(
    outside: list[object], session: VaultSession, tmp_path: Path
) -> None:
    assert run("log", "verify", *outside, "--json")["entries"] == 4
    shown = run("log", "show", f"{1:064x}", *outside, "--json")["entries"]
    assert [entry["entry"] for entry in shown] == [2]  # type: ignore[attr-defined]
    (tmp_path / "proof.json").write_text(json.dumps(run("log", "prove", 2, *outside)))
    printed = run("log", "check-proof", tmp_path / "proof.json", "--verifier", str(session.log.verifier), "--json")
    assert printed["state"] == "proved"


def test_a_witness_accepts_growth_and_nothing_else(
    outside: list[object], session: VaultSession, tmp_path: Path
) -> None:
    words = ("log", "witness", "--kept", tmp_path / "kept", *outside, "--json")
    assert run(*words)["before"] is None
    shutil.copytree(tmp_path / "copy", tmp_path / "old")
    session.record("hold", recording="0" * 64, reason="more")
    shutil.rmtree(tmp_path / "copy")
    shutil.copytree(session.log.folder, tmp_path / "copy")
    assert (run(*words)["before"], run(*words)["entries"]) == (4, 5)
    shutil.rmtree(tmp_path / "copy")
    shutil.copytree(tmp_path / "old", tmp_path / "copy")
    with pytest.raises(CustodyLogError, match="lost entries"):
        run(*words)


def test_a_log_is_believed_under_its_own_key_line_only(outside: list[object]) -> None:
    with pytest.raises(VaultError, match="needs its key line"):
        run("log", "verify", *outside[:2])
    with pytest.raises(VaultError, match="no log is named"):
        run("log", "verify")
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    with pytest.raises(CustodyLogError, match="another log"):
        run("log", "verify", *outside[:2], "--verifier", other)
