"""What a job was asked is kept with it, and believed only as it was written."""

from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import WORK, read_draft, read_work
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import PackageError
from tests.attacks.jobs import quick_policy
from tests.clips import Header, Turn, clip
from tests.inline import InlineRunner

WITHHOLD = {"withhold": [{"from": "0.1", "to": "0.2", "reason": "a test", "by": "A. Officer"}]}


@pytest.fixture(scope="module")
def detected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Folders]:
    folder = tmp_path_factory.mktemp("work")
    look = Header(full_range=True, matrix=6)
    path = clip(folder / "recording.mp4", pts=[40, 80, 81, 300], turn=Turn(90, mirrored=True), look=look, tone_hz=440)
    order = Order(str(path), folder / "out", quick_policy(), Edits.model_validate(WITHHOLD))
    return path, detect(order, InlineRunner())[0].folders


def test_the_recording_is_read_back_as_it_was_probed(detected: tuple[Path, Folders]) -> None:
    recording, policy = read_work(detected[1])
    probed = probe(str(detected[0]))
    for name in ("address", "sha256", "size_bytes", "video", "audio", "streams", "frame_duration_pts"):
        assert getattr(recording, name) == getattr(probed, name)
    for name, column in vars(probed.packets).items():
        np.testing.assert_array_equal(getattr(recording.packets, name), column)
    assert policy.sha256 == quick_policy().sha256


def test_the_draft_is_the_plan_before_edits(detected: tuple[Path, Folders]) -> None:
    draft = read_draft(detected[1])
    assert draft.withheld == ()
    assert draft.recording_sha256 == probe(str(detected[0])).sha256


def test_what_somebody_changed_is_not_believed(detected: tuple[Path, Folders]) -> None:
    path = detected[1].internal / WORK
    whole = path.read_bytes()
    try:
        path.write_bytes(whole.replace(b"recording.mp4", b"another00.mp4"))
        with pytest.raises(PackageError, match="was changed"):
            read_work(detected[1])
    finally:
        path.write_bytes(whole)


def test_a_recording_that_was_named_from_another_folder_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip(tmp_path / "recording.mp4", frames=5)
    monkeypatch.chdir(tmp_path)
    job, _ = detect(Order("recording.mp4", Path("out"), quick_policy()), InlineRunner())
    folders = Folders.of(job.folders.internal)
    monkeypatch.chdir("/")
    assert read_work(folders)[0].address == str(tmp_path / "recording.mp4")
