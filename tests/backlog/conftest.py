"""Recordings that are redacted in about a second: the demo's, small, and one small look at each."""

import shutil
from pathlib import Path

import pytest

from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.values.policy import Policy

FAST = {
    "hide": {"face": {"reason": "personal privacy", "found_by": "hand"}, "plate": {"reason": "personal privacy"}},
    "detection": {"detectors": [{"model": "detector-v1-int8", "long_sides_px": [320]}]},
    "encoding": {"preset": "ultrafast"},
    "gate": {"auditors": [{"model": "detector-v1-int8", "long_sides_px": [256]}], "least_looks": 10},
}
FAST_TOML = (
    '[hide.face]\nreason = "personal privacy"\nfound_by = "hand"\n[hide.plate]\nreason = "personal privacy"\n'
    '[[detection.detectors]]\nmodel = "detector-v1-int8"\nlong_sides_px = [320]\n[encoding]\npreset = "ultrafast"\n'
    '[gate]\nleast_looks = 10\nauditors = [{ model = "detector-v1-int8", long_sides_px = [256] }]\n'
)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of demo."""
    path = tmp_path_factory.mktemp("demo") / "recording.mp4"
    compose_demo(path, seconds=1)
    return path


@pytest.fixture
def fast() -> Policy:
    return Policy.model_validate(FAST)


@pytest.fixture
def dock(tmp_path: Path, recording: Path) -> Path:
    """A dock with a recording, a copy of it, half of it, and something else."""
    dock = tmp_path / "dock"
    for folder in ("a", "b"):
        (dock / folder).mkdir(parents=True)
    shutil.copy(recording, dock / "a" / "0001.mp4")
    shutil.copy(recording, dock / "b" / "copy.mp4")
    (dock / "b" / "0001.mp4").write_bytes(recording.read_bytes()[:50_000])
    (dock / "b" / "blob.bin").write_bytes(b"not a recording")
    (dock / "b" / "notes.txt").write_text("beside the recordings")
    return dock
