"""Promise 1: the original is never written to, and there is no verb that would."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bodycam_pipeline.pipeline import Order, redact
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner


def test_a_job_leaves_the_recording_and_its_folder_as_they_were(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    path = clip(folder / "recording.mp4", tone_hz=440)
    path.chmod(0o444)
    folder.chmod(0o555)
    before = (hashlib.sha256(path.read_bytes()).digest(), path.stat(), sorted(folder.iterdir()))
    policy = quick_policy(audio={"policy": "keep", "reason": "a test"})
    redact(Order(str(path), tmp_path / "out", policy), InlineRunner())
    after = (hashlib.sha256(path.read_bytes()).digest(), path.stat(), sorted(folder.iterdir()))
    folder.chmod(0o755)
    assert before[0] == after[0]
    assert before[1].st_mtime_ns == after[1].st_mtime_ns
    assert before[2] == after[2]


def test_a_link_in_the_output_folder_is_no_way_back_to_the_original(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4")
    before = path.read_bytes()
    out = tmp_path / "out"
    out.mkdir()
    staged = out / "recording.staging" / "release"
    staged.mkdir(parents=True)
    (staged / "redacted.mp4").symlink_to(path)
    redact(Order(str(path), out, quick_policy()), InlineRunner())
    assert path.read_bytes() == before


def test_no_verb_deletes_or_edits() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bodycam_pipeline.cli.main", "--help"], capture_output=True, text=True, check=True
    )
    for word in ("delete", "remove", "erase", "edit", "overwrite", "purge"):
        assert f"\n  {word}" not in done.stdout
