"""Recordings in an object store are worked on as those on a disk, by every worker, and give the same releases."""

import json
import subprocess
from pathlib import Path

import pytest
from pyarrow import fs

from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import BODYCAM, release_bytes
from tests.conftest import SECRET


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "fast.toml"
    path.write_text(FAST_TOML)
    return path


def bodycam(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BODYCAM, *map(str, words)], capture_output=True, text=True, check=False)


def test_a_batch_from_a_store_gives_what_one_from_a_disk_gives(
    s3: fs.FileSystem, recording: Path, policy: Path, tmp_path: Path
) -> None:
    s3.create_dir("night")
    for name, content in {"unit 7/a.mp4": recording.read_bytes(), "unit 7/b.mp4": b"no recording"}.items():
        with s3.open_output_stream(f"night/{name}") as file:
            file.write(content)
    (tmp_path / "list.csv").write_text(
        "recording,due\ns3://night/unit%207/a.mp4,2026-12-24\ns3://night/gone.mp4,2026-12-01\n"
    )
    there, here = tmp_path / "there", tmp_path / "here"
    done = bodycam(
        "batch",
        "s3://night/",
        tmp_path / "list.csv",
        "--out",
        there,
        "--policy",
        policy,
        "--json",
        "-j",
        2,
        "--own-names",
    )
    assert json.loads(done.stdout)["states"] == {"published": 1, "quarantined": 2}, done.stderr
    lines = json.loads((there / "reports" / "batch-0001" / "summary.json").read_text())["recordings"]
    assert {line["recording"]: (line["state"], line["due"]) for line in lines} == {
        "s3://night/unit%207/a.mp4": ("published", "2026-12-24"),
        "s3://night/unit%207/b.mp4": ("quarantined", None),
        "s3://night/gone.mp4": ("quarantined", "2026-12-01"),
    }
    (local := tmp_path / "a.mp4").write_bytes(recording.read_bytes())
    assert bodycam("redact", local, "--out", here, "--policy", policy).returncode == 0
    assert release_bytes(there) == release_bytes(here)
    assert not [p for p in there.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s3://empty/"], "names no recording"),
        (["s3://empty/*.mp4"], "names no recording"),
        (["s3://empty/list.csv"], "a list is read from a disk"),
        ([f"s3://AKIATEST:{SECRET}@empty/"], "carries a secret"),
        (["ftp://empty/"], "an unknown scheme"),
        (["{tmp}/a.mp4", "--out", "s3://empty/releases"], "releases cannot be made in a store"),
    ],
)
def test_what_cannot_be_taken_from_a_store_is_refused_by_name(
    s3: fs.FileSystem, words: list[str], said: str, recording: Path, tmp_path: Path
) -> None:
    s3.create_dir("empty")
    (tmp_path / "a.mp4").write_bytes(recording.read_bytes())
    given = [word.format(tmp=tmp_path) for word in words]
    done = bodycam("batch", *given, *([] if "--out" in words else ["--out", tmp_path / "out"]))
    assert done.returncode in {2, 4}
    assert said in " ".join(done.stderr.split())
    assert SECRET not in done.stderr
