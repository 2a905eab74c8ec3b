"""`bodycam verify`: an honest release is accepted, any other is refused with what is wrong with it."""

import hashlib
import json
from pathlib import Path

import pytest

from bodycam_pipeline.checking import check_release
from bodycam_pipeline.pipeline import Order, detect, redact
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import ReleaseExistsError, VerificationError
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner

VIDEO, FRAMES, MANIFEST = "redacted.mp4", "frames.parquet", "manifest.json"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    path = clip(tmp_path / "recording.mp4", frames=12, tone_hz=440)
    policy = quick_policy(audio={"policy": "keep", "reason": "a test"})
    return redact(Order(str(path), tmp_path / "out", policy), InlineRunner()).folders.release


def signed_again(release: Path) -> None:
    """A forger who also mends the manifest's digests."""
    manifest = json.loads((release / MANIFEST).read_text())
    manifest["files"] = {n: hashlib.sha256((release / n).read_bytes()).hexdigest() for n in manifest["files"]}
    (release / MANIFEST).write_text(json.dumps(manifest))


def refused(release: Path, why: str) -> None:
    with pytest.raises(VerificationError, match=why):
        check_release(release, InlineRunner())


def test_an_honest_release_is_accepted(release: Path) -> None:
    assert check_release(release, InlineRunner()) == 12


@pytest.mark.parametrize("name", [VIDEO, FRAMES])
def test_a_changed_file_is_refused(release: Path, name: str) -> None:
    content = bytearray((release / name).read_bytes())
    content[len(content) // 2] ^= 1
    (release / name).write_bytes(content)
    refused(release, f"{name} was changed")


@pytest.mark.parametrize("name", [VIDEO, FRAMES])
def test_a_missing_file_is_refused(release: Path, name: str) -> None:
    (release / name).unlink()
    refused(release, "missing from, or added to")


def test_an_added_file_is_refused(release: Path) -> None:
    (release / "notes.txt").write_text("who this was about")
    refused(release, "missing from, or added to")


INCOMPLETE = ['{"format": 2}', '{"format": 2, "files": 3}', '{"format": 2, "files": {"a.mp4": ""}, "video": []}']


@pytest.mark.parametrize("content", ["", "[]", '{"format": 2}', *INCOMPLETE])
def test_a_folder_without_a_manifest_is_no_release(release: Path, content: str) -> None:
    (release / MANIFEST).write_text(content)
    refused(release, "manifest")


def test_another_video_under_a_mended_manifest_is_refused(release: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    other = clip(folder / "recording.mp4", frames=12, size=(320, 208), tone_hz=440)
    policy = quick_policy(audio={"policy": "keep", "reason": "a test"})
    forged = redact(Order(str(other), folder, policy), InlineRunner()).folders.release
    (release / VIDEO).write_bytes((forged / VIDEO).read_bytes())
    signed_again(release)
    refused(release, "has other pixels|other frames")


def test_bytes_after_the_last_box_are_refused(release: Path) -> None:
    with (release / VIDEO).open("ab") as video:
        video.write(b"\0\0\0\x10freeSTOWAWAY")
    signed_again(release)
    refused(release, "more than one video track and its sound")


def test_sound_that_the_manifest_does_not_name_is_refused(release: Path) -> None:
    manifest = json.loads((release / MANIFEST).read_text())
    for stream in manifest["streams"]:
        stream["disposition"] = "removed" if stream["disposition"] == "kept" else stream["disposition"]
    (release / MANIFEST).write_text(json.dumps(manifest))
    refused(release, "1 sound tracks where its manifest names 0")


def test_another_look_leaves_the_plan_beside_a_release_as_it_was(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=12)
    order = Order(str(path), tmp_path / "out", quick_policy())
    published = redact(order, InlineRunner())
    plan = published.folders.internal / "plan.parquet"
    before = plan.read_bytes()
    edits = Edits.model_validate({"withhold": [{"from": "0", "to": "0.1", "reason": "a test", "by": "me"}]})
    with pytest.raises(ReleaseExistsError):
        detect(Order(order.address, order.out, order.policy, edits), InlineRunner())
    assert detect(order, InlineRunner())[1].sha256 == published.plan.sha256
    assert plan.read_bytes() == before
