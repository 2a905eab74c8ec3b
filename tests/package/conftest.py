"""One package of a small recording with two people's decisions in it, made once; every test gets its own copy."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.keys import new_key, read_private_key, read_public_key
from bodycam_pipeline.package.check import Trust
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.pipeline import Order, Published, redact
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.edits import Edits
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner

REVIEWERS = ("Quentin Beauregard", "Ottoline Vanterpool")
FRAMES = 14
BOX = (48, 64, 112, 144)
EDITS = {
    "hide": [
        {
            "kind": "face",
            "reason": "a child in the window",
            "by": REVIEWERS[0],
            "keyframes": [{"at": "0", "box": list(BOX)}, {"at": "0.3", "box": list(BOX)}],
        }
    ],
    "withhold": [{"from": "0.4", "to": "0.5", "reason": "interior of a dwelling", "by": REVIEWERS[1]}],
    "mute": [{"from": "0.1", "to": "0.2", "reason": "an address is said", "by": REVIEWERS[1]}],
}


TELLING = "AXON_X60A4471_Ofc.Marker"
"""What the recording is called: a camera and an officer."""


@dataclass(frozen=True)
class Made:
    """A published job, a key, and what was made of them."""

    recording: Path
    published: Published
    key: Path
    folder: Path
    archive: Path

    @property
    def public(self) -> Path:
        return self.key.with_name("agency.pub.pem")

    @property
    def trust(self) -> Trust:
        return Trust(read_public_key(self.public))

    @property
    def job(self) -> Folders:
        return self.published.folders


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("package")
    recording = clip(folder / f"{TELLING}.mp4", frames=FRAMES, tone_hz=440)
    policy = quick_policy(audio={"policy": "keep", "reason": "nobody is named"})
    order = Order(str(recording), folder / "out", policy, Edits.model_validate(EDITS))
    published = redact(order, InlineRunner())
    new_key(folder / "agency.pem")
    key = read_private_key(folder / "agency.pem")
    make_package(published.folders, folder / "package", key, REVIEWERS[0], InlineRunner())
    make_package(published.folders, folder / "package.zip", key, REVIEWERS[0], InlineRunner())
    return Made(recording, published, folder / "agency.pem", folder / "package", folder / "package.zip")


@pytest.fixture
def package(made: Made, tmp_path: Path) -> Path:
    """A copy of the folder, to be spoiled."""
    return Path(shutil.copytree(made.folder, tmp_path / "package"))
