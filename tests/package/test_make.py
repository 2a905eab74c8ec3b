"""`bodycam package`: complete, the same every time, small, and silent about everything that stays inside."""

import base64
import csv
import gzip
import json
import re
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.evidence.frames_file import FrameFacts, framehash_text, write_frames
from bodycam_pipeline.evidence.keys import read_private_key
from bodycam_pipeline.evidence.plan_file import read_plan
from bodycam_pipeline.package.check import check_package
from bodycam_pipeline.package.contents import ADDED
from bodycam_pipeline.package.index import public_index
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.source import SECRET
from bodycam_pipeline.values.errors import PackageError, ReleaseExistsError
from tests.inline import InlineRunner
from tests.package.conftest import BOX, FRAMES, REVIEWERS, TELLING, Made

BYTES_PER_FRAME = 120
FEW, MANY = 500, 2500


def contents(folder: Path) -> dict[str, bytes]:
    """Every file, and what is packed in it."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in folder.glob("*.pdf"):
        files[f"{path.name} read"] = "\n".join(page.extract_text() for page in PdfReader(path).pages).encode()
    packed = {f"{name} unpacked": gzip.decompress(content) for name, content in files.items() if name.endswith(".gz")}
    statement = re.search(rb'"payload": "([^"]*)"', files["statement.dsse.json"])
    assert statement
    return files | packed | {"what was signed": base64.b64decode(statement[1])}


def test_a_package_holds_the_release_byte_for_byte_and_what_checks_it(made: Made) -> None:
    release = {path.name: path.read_bytes() for path in made.job.release.iterdir()}
    there = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    assert there.keys() == release.keys() | ADDED
    assert {name: there[name] for name in release} == release


def test_folder_and_zip_are_accepted(made: Made) -> None:
    for package in (made.folder, made.archive):
        assert check_package(package, made.trust, InlineRunner()).frames == FRAMES


def test_the_same_job_and_key_give_the_same_bytes(made: Made, tmp_path: Path) -> None:
    key = read_private_key(made.key)
    make_package(made.job, tmp_path / "again", key, REVIEWERS[0], InlineRunner())
    make_package(made.job, tmp_path / "again.zip", key, REVIEWERS[0], InlineRunner())
    assert contents(tmp_path / "again") == contents(made.folder)
    assert (tmp_path / "again.zip").read_bytes() == made.archive.read_bytes()


def test_nothing_is_replaced_and_nothing_half_done_is_left(made: Made, tmp_path: Path) -> None:
    key = read_private_key(made.key)
    (tmp_path / "taken.zip").write_text("mine")
    with pytest.raises(ReleaseExistsError):
        make_package(made.job, tmp_path / "taken.zip", key, REVIEWERS[0], InlineRunner())
    assert [path.name for path in tmp_path.iterdir()] == ["taken.zip"]


def test_no_file_tells_what_stays_inside(made: Made) -> None:
    recording, plan = probe(str(made.recording)), read_plan(made.job.internal / "plan.parquet")
    secret = (made.job.internal / SECRET).read_bytes()
    digests = [bytes.fromhex(recording.sha256), secret, *(row.tobytes() for row in recording.packets.sha256)]
    tokens = [name.encode() for name in REVIEWERS] + [str(made.recording.parent).encode()]
    for digest in digests:
        tokens += [digest, digest.hex().encode(), digest.hex().upper().encode(), base64.b64encode(digest)]
    for name, content in contents(made.folder).items():
        assert not [token for token in tokens if token in content], name
    assert plan.regions.num_rows


def test_no_file_holds_a_box_or_a_crop(made: Made) -> None:
    plan = read_plan(made.job.internal / "plan.parquet")
    boxes = {(r.region.left, r.region.top, r.region.right, r.region.bottom) for r in plan.rows()} | {BOX}
    columns = {"left", "top", "right", "bottom", "box", "score", "track"}
    for name, content in contents(made.folder).items():
        if not name.endswith((".mp4", ".gz")):
            for box in boxes:
                assert not re.search(rb"\D+".join(b"%d" % side for side in box), content), f"{box} in {name}"
        assert not re.search(rb"\xff\xd8\xff|\x89PNG|data:image/(png|jpe?g)", content), f"a picture in {name}"
    for path in made.folder.glob("*.parquet"):
        assert not columns & set(pq.read_schema(path).names), path.name


def test_the_index_says_what_was_hidden_and_that_a_person_decided(made: Made) -> None:
    rows = list(csv.DictReader((made.folder / "exemption-index.csv").read_text().splitlines()))
    decided = {(row["kind"], row["reason"]) for row in rows if row["by"] == "a person"}
    assert ("face", "a child in the window") in decided
    assert {kind for kind, _ in decided} == {"face", "picture", "sound"}
    inside = (made.job.internal / "exemption-index.csv").read_text()
    assert all(name in inside for name in REVIEWERS)


def test_no_index_is_made_of_another_plan_or_for_an_older_release(made: Made) -> None:
    manifest = json.loads((made.job.release / "manifest.json").read_text())
    with pytest.raises(PackageError, match="is not the one that"):
        public_index(made.job, manifest | {"plan": {"sha256": "0" * 64}})
    older = {name: value for name, value in manifest["video"].items() if name != "frame_duration_pts"}
    with pytest.raises(PackageError, match="an older version"):
        public_index(made.job, manifest | {"video": older})


def test_the_search_would_find_a_name_a_digest_and_a_box(made: Made, package: Path) -> None:
    shutil.copy(made.job.internal / "plan.parquet", package / "plan.parquet")
    digest = file_sha256(made.recording)
    (package / "manifest.json").write_text(f'"{digest}" {list(BOX)} {REVIEWERS[0]}')
    for test in (test_no_file_tells_what_stays_inside, test_no_file_holds_a_box_or_a_crop):
        with pytest.raises(AssertionError):
            test(Made(made.recording, made.published, made.key, package, made.archive))


def test_the_public_manifest_costs_few_bytes_per_frame(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files that grow with the frames, by how much they grow: what is fixed neither hides it nor adds to it."""
    rng = np.random.default_rng(0)
    sizes = []
    for frames in (FEW, MANY):
        pts = np.cumsum(rng.integers(2900, 3100, frames))
        sha256 = rng.integers(0, 256, (frames, 32), dtype=np.uint8)
        write_frames(pts, sha256, tmp_path / "frames.parquet")
        text = framehash_text(pts, sha256, FrameFacts(Fraction(1, 90_000), 1920, 1080, Fraction(1), 3_110_400))
        sizes.append((tmp_path / "frames.parquet").stat().st_size + len(gzip.compress(text.encode(), mtime=0)))
    per_frame = (sizes[1] - sizes[0]) / (MANY - FEW)
    with capsys.disabled():
        print(f" {per_frame:.1f} bytes per frame of public manifest", end=" ")
    assert per_frame <= BYTES_PER_FRAME


def test_the_letter_has_a_row_of_names_and_a_row_of_values(made: Made) -> None:
    names, values = csv.reader((made.folder / "letter-fields.csv").read_text().splitlines())
    fields = dict(zip(names, values, strict=True))
    assert fields["frames"] == str(FRAMES)
    assert "interior of a dwelling" in fields["withheld_stretches"]
    assert fields["face_tracks_hidden"] != "0"


@pytest.mark.parametrize("spoil", ["manifest.json", "missing"])
def test_what_was_not_published_so_is_not_packaged(made: Made, tmp_path: Path, spoil: str) -> None:
    shutil.copytree(made.job.out, tmp_path / "out")
    job = type(made.job)(tmp_path / "out", made.job.name)
    if spoil == "missing":
        shutil.rmtree(job.release)
    else:
        manifest = job.release / spoil
        manifest.write_text(manifest.read_text().replace("bodycam", "bodycan", 1))
    with pytest.raises(PackageError, match=r"no release|not what was published"):
        make_package(job, tmp_path / "package", read_private_key(made.key), REVIEWERS[0], InlineRunner())
    assert not (tmp_path / "package").exists()


def test_a_release_without_kept_source_frames_is_refused(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.job.out, tmp_path / "out")
    job = type(made.job)(tmp_path / "out", made.job.name)
    (job.internal / SECRET).unlink()
    with pytest.raises(PackageError, match="older versions"):
        make_package(job, tmp_path / "package", read_private_key(made.key), REVIEWERS[0], InlineRunner())


def test_nothing_in_a_release_or_a_package_says_what_the_recording_is_called(made: Made) -> None:
    released = {path.name: path.read_bytes() for path in made.job.release.iterdir()}
    for found in (released, contents(made.folder)):
        assert "redacted.mp4" in found
        for name, content in found.items():
            assert TELLING.encode() not in content, name
            assert b"4471" not in name.encode(), name
