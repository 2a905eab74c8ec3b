"""Detections kept for a later run: exactly what was seen comes back, or nothing does."""

from dataclasses import replace
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.looks_file import read_looks, write_looks
from bodycam_pipeline.kept import make_secret, secret_path
from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.errors import KeyFileError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.looks import Looks, SegmentLooks

FACE = Detection(40, "face", Box(1.25, 2.5, 30.125, 40.0), 0.731, confident=True, model="m")
SEEN = SegmentLooks(
    3,
    Looks.of([Look(0, False, ()), Look(40, True, (FACE,), (0.5, -1.25)), Look(80, False, (FACE, FACE))]),
    (120,),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "detections" / "000003.parquet"
    make_secret(tmp_path)
    write_looks(SEEN, path, secret_path(tmp_path))
    return path


def read(path: Path) -> SegmentLooks | None:
    return read_looks(path, secret_path(path.parents[1]))


def test_what_was_seen_comes_back(path: Path) -> None:
    found = read(path)
    assert found is not None
    assert (found.segment, found.undecodable_pts) == (3, (120,))
    assert [(x.pts, x.cut, x.shift, len(x.detections)) for x in found.looks] == [
        (0, False, None, 0),
        (40, True, (0.5, -1.25), 1),
        (80, False, None, 2),
    ]
    assert found.looks[1].detections == (FACE,)


def test_what_somebody_else_has_written_is_nothing(path: Path, tmp_path: Path) -> None:
    """They know the format, and not the secret."""
    nobody = replace(SEEN, looks=Looks.of(Look(pts, False, ()) for pts in (0, 40, 80)))
    make_secret(tmp_path / "theirs")
    write_looks(nobody, path, secret_path(tmp_path / "theirs"))
    assert read(path) is None


@pytest.mark.parametrize("place", ["000004.parquet", "../others/000003.parquet"])
def test_what_was_seen_elsewhere_is_nothing_here(path: Path, place: str) -> None:
    other = path.parent / place
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(path.read_bytes())
    assert read(other.resolve()) is None


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_half_a_secret_vouches_for_nothing(path: Path, content: bytes) -> None:
    secret_path(path.parents[1]).write_bytes(content)
    with pytest.raises(KeyFileError, match="is not the job's secret"):
        read(path)


def test_a_secret_that_others_can_read_is_refused(path: Path) -> None:
    secret_path(path.parents[1]).chmod(0o640)
    with pytest.raises(KeyFileError, match="by others"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table"])
def test_a_torn_file_is_nothing(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read(path) is None


def test_no_byte_can_change_what_was_seen(path: Path) -> None:
    whole, original = path.read_bytes(), read(path)
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        assert read(path) in (None, original), f"byte {position}"
