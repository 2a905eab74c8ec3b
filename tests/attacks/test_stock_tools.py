"""Promise 6: stock ffmpeg prints, frame by frame, the digests that the release's own list holds."""

import json
import shutil
import subprocess
from fractions import Fraction

import pytest

from bodycam_pipeline.evidence.frames_file import FrameFacts, framehash_text, read_frames
from bodycam_pipeline.pipeline import Order, Published, redact
from bodycam_pipeline.read.probe import probe
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="Debian's ffmpeg is not installed")

FRAMEHASH = (
    "-noautorotate -i {video} -map 0:v -copyts -fps_mode passthrough -enc_time_base -1 "
    "-bsf:v setts=duration=1 -fflags +bitexact -f framehash -hash sha256 -"
)
VARIABLE = [0, 40, 41, 300, 301, 302, 1000, 2000]


@pytest.fixture(scope="module", params=["steady", "variable"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("stock")
    name = folder / "recording.mp4"
    if request.param == "steady":
        path = clip(name, frames=20)
    else:
        path = clip(name, frames=len(VARIABLE), pts=VARIABLE, time_base=Fraction(1, 1000))
    return redact(Order(str(path), folder / "out", quick_policy()), InlineRunner())


def test_ffmpeg_prints_the_digests_of_the_release(published: Published) -> None:
    video = published.folders.release / published.folders.video_name
    command = ["ffmpeg", "-v", "error", *FRAMEHASH.format(video=video).split()]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pts, sha256 = read_frames(published.folders.release / "frames.parquet")
    facts = probe(str(video)).video
    frame_bytes = facts.width * facts.height * 3 // 2
    header = FrameFacts(facts.time_base, facts.width, facts.height, facts.sample_aspect_ratio, frame_bytes)
    assert printed == framehash_text(pts, sha256, header)


def test_sha256sum_prints_the_digests_of_the_manifest(published: Published) -> None:
    release = published.folders.release
    manifest = json.loads((release / "manifest.json").read_text())
    for name, sha256 in manifest["files"].items():
        printed = subprocess.run(["sha256sum", release / name], capture_output=True, text=True, check=True).stdout
        assert printed.split()[0] == sha256
