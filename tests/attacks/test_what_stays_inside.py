"""What stays inside is its owner's alone, and what is handed out is no formula."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bodycam_pipeline.custody.create import create_vault, new_person
from bodycam_pipeline.custody.export import export
from bodycam_pipeline.custody.ingest import find_files, ingest
from bodycam_pipeline.package.letter import letter_fields
from bodycam_pipeline.release import staging as staging_room
from bodycam_pipeline.rules.spreadsheet import csv_text
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.store import Vault
from tests.attacks.jobs import plan_of, quick_policy, recording_of, rendered
from tests.backlog.conftest import FAST_TOML
from tests.clips import clip, pictures
from tests.inline import look_here

SECONDS = 300


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def umask(request: pytest.FixtureRequest) -> "object":
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in [folder, *folder.rglob("*")] if path.is_dir() and path.stat().st_mode & 0o077]


def test_a_job_leaves_nothing_open_to_others_but_its_release(
    umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    real = staging_room.write_mp4

    def looking(path: Path, *rest: object) -> None:
        seen.append(path.parent.parent.stat().st_mode & 0o777)
        real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(staging_room, "write_mp4", looking)
    path, policy = recording_of(tmp_path / "a", list(pictures(6, (64, 64)))), quick_policy()
    published = rendered(path, policy, plan_of(path, policy, []))
    assert seen == [0o700]
    assert published.folders.internal.stat().st_mode & 0o777 == 0o700
    assert (published.folders.internal / "plan.parquet").stat().st_mode & 0o777 == 0o600
    assert published.folders.release.stat().st_mode & 0o777 == 0o777 & ~umask


@pytest.mark.usefixtures("umask")
def test_a_batch_leaves_its_ledger_and_reports_to_their_owner(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(FAST_TOML)
    (tmp_path / "blob.mp4").write_bytes(b"nothing")
    out = tmp_path / "out"
    for verb in ("batch", "nightly"):
        words = (verb, tmp_path / "blob.mp4", "--out", out, "--policy", tmp_path / "policy.toml")
        command = [sys.executable, "-m", "bodycam_pipeline.cli.main", *map(str, words)]
        assert subprocess.run(command, check=False, capture_output=True, timeout=SECONDS).returncode == 4
    for path in out.glob("ledger.sqlite*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert not open_to_others(out / "reports")
    assert not open_to_others(out / "nights")


def test_what_an_older_version_left_open_is_closed(tmp_path: Path) -> None:
    path, policy = recording_of(tmp_path / "a", list(pictures(6, (64, 64)))), quick_policy()
    (path.parent / "out" / "recording.internal").mkdir(parents=True, mode=0o755)
    published = rendered(path, policy, plan_of(path, policy, []))
    assert published.folders.internal.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("umask")
def test_keys_sealing_and_exports_are_their_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "recipients.txt").write_text(f"{new_person(keys / 'identity.txt')}\n")
    monkeypatch.setenv("BODYCAM_KEYS", str(keys))
    session = create_vault(Vault(str(tmp_path / "vault")), Keyring(keys), "police.example/custody", None)
    assert keys.stat().st_mode & 0o777 == 0o700
    clip(tmp_path / "a.mp4", frames=3)
    ingest(session, find_files([tmp_path / "a.mp4"]), {}, lambda _one: None, look_here)
    assert (tmp_path / "vault" / "staging").stat().st_mode & 0o777 == 0o700
    folder = export(session, next(iter(session.recordings())), tmp_path / "exports", to="Crown", reason="a test")
    assert folder.stat().st_mode & 0o777 == 0o700


FORMULAS = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "|calc", "\uff1d1", "'"]


def test_no_cell_of_a_letter_is_a_formula() -> None:
    spans = [{"from": "00:01.000", "to": "00:02.000", "reason": text} for text in FORMULAS]
    manifest = {
        "video": {"last_pts": 10, "first_pts": 0, "time_base": "1/25", "frames": 11},
        "policy": {"name": "=HYPERLINK(1)", "reasons": {"face": "=1+1"}, "audio": "-2+3"},
        "hidden": {"face": {"tracks": 1, "time": "@now"}},
        "withheld": spans[:1],
        "muted": [],
        "left_visible": [{"reason": "+1"}],
        "streams": [{"disposition": "removed", "what": "=cmd", "why": "=x"}],
    }
    names, values = csv.reader(io.StringIO(letter_fields(manifest)))
    row = dict(zip(names, values, strict=True))
    assert row["policy"] == "'=HYPERLINK(1)"
    assert row["frames"] == "11"
    assert not [value for value in values if value.lstrip()[:1] in {"=", "+", "-", "@"}]


@pytest.mark.parametrize("text", FORMULAS[:-1])
def test_no_text_that_begins_like_a_formula_stays_one(text: str) -> None:
    ((cell, number),) = csv.reader(io.StringIO(csv_text([(text, -5)])))
    assert cell == f"'{text}"
    assert number == "-5"


def test_there_is_one_writer_of_tables() -> None:
    package = Path(staging_room.__file__).parents[1]
    writers = [path.name for path in package.rglob("*.py") if "csv.writer" in path.read_text()]
    assert writers == ["spreadsheet.py"]
