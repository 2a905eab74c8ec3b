"""The check with stock tools alone, exactly as it is written down; and each step fails where it has to."""

import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.keys import new_key, read_private_key, read_public_key
from bodycam_pipeline.package.check import Trust, check_package
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.pipeline import Order, redact
from tests.attacks.jobs import quick_policy
from tests.clips import Header, clip
from tests.conftest import shared_files
from tests.inline import InlineRunner
from tests.package.conftest import REVIEWERS, Made

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("ffmpeg", "openssl", "sha256sum", "gzip"))), reason="the stock tools are not all there"
)
GUIDE = Path(__file__).parents[2] / "docs" / "verify-by-hand.md"
BLOCKS = re.findall(r"^```sh run\n(.*?)^```$", GUIDE.read_text(), flags=re.MULTILINE | re.DOTALL)


def checked_by_hand(package: Path, public: Path) -> "subprocess.CompletedProcess[str]":
    """Every block of the guide in one shell that stops at the first error, with the key where the guide has it."""
    shutil.copy(public, package.parent / "agency.pub.pem")
    command = ["bash", "-euo", "pipefail", "-c", "".join(BLOCKS)]
    return subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)


def test_an_honest_package_passes_every_step(made: Made, package: Path) -> None:
    done = checked_by_hand(package, made.public)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout


def test_the_guide_in_the_package_is_the_one_of_the_documentation(made: Made) -> None:
    assert (made.folder / "VERIFY.md").read_text() == GUIDE.read_text()
    assert len(BLOCKS) == 6


def test_another_key_fails(package: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = new_key(tmp_path / "other" / "agency.pem")
    assert checked_by_hand(package, other).returncode != 0


@pytest.mark.parametrize("name", ["redacted.mp4", "frames.parquet", "SHA256SUMS", "verify.html"])
def test_a_changed_file_fails(made: Made, package: Path, name: str) -> None:
    content = bytearray((package / name).read_bytes())
    content[len(content) // 2] ^= 1
    (package / name).write_bytes(content)
    assert checked_by_hand(package, made.public).returncode != 0


def test_a_changed_statement_fails(made: Made, package: Path) -> None:
    statement = package / "statement.dsse.json"
    text = statement.read_text()
    at = text.index('"payload": "') + 400
    statement.write_text(f"{text[:at]}{'B' if text[at] == 'A' else 'A'}{text[at + 1 :]}")
    done = checked_by_hand(package, made.public)
    assert "Signature Verification Failure" in done.stdout + done.stderr


def test_an_added_and_a_missing_file_fail(made: Made, package: Path) -> None:
    (package / ".hidden").write_text("who this was about")
    assert checked_by_hand(package, made.public).returncode != 0
    (package / ".hidden").unlink()
    (package / "verify.html").unlink()
    assert checked_by_hand(package, made.public).returncode != 0


def passes_by_hand_and_by_program(recording: Path, folder: Path) -> None:
    published = redact(Order(str(recording), folder / "out", quick_policy()), InlineRunner())
    public = new_key(folder / "agency.pem")
    made = make_package(
        published.folders, folder / "package", read_private_key(folder / "agency.pem"), REVIEWERS[0], InlineRunner()
    )
    assert check_package(made.path, Trust(read_public_key(public)), InlineRunner()).frames == published.plan.frames
    shutil.copy(public, folder / "key")
    done = checked_by_hand(made.path, folder / "key")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_recording_that_does_not_say_the_shape_of_its_samples_passes(tmp_path: Path) -> None:
    """Its groups are stream-copied and still do not say; what `ffmpeg` prints of them has to be foretold."""
    silent = clip(tmp_path / "recording.mp4", frames=20, look=Header(aspect=Fraction(0)))
    passes_by_hand_and_by_program(silent, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bwc_spd_test_01.mp4", "pixel_face_hevc_rot90_2video.mp4"])
def test_packages_of_real_clips_pass_by_hand_and_by_program(name: str, tmp_path: Path) -> None:
    """One at 1280x720 from a body camera, one turned by 90 degrees with another clock."""
    found = [path for path in shared_files("clips") if path.name == name]
    if not found:
        pytest.skip("../shared/data is not on this machine")
    passes_by_hand_and_by_program(found[0], tmp_path)
