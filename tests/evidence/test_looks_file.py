"""Detections kept for a later run: exactly what was seen comes back, or nothing does."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bodycam_pipeline.evidence.looks_file import read_looks, write_looks
from bodycam_pipeline.values.detection import Detection, Look
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
    write_looks(SEEN, path)
    return path


def test_what_was_seen_comes_back(path: Path) -> None:
    found = read_looks(path)
    assert found is not None
    assert (found.segment, found.undecodable_pts) == (3, (120,))
    assert [(x.pts, x.cut, x.shift, len(x.detections)) for x in found.looks] == [
        (0, False, None, 0),
        (40, True, (0.5, -1.25), 1),
        (80, False, None, 2),
    ]
    assert found.looks[1].detections == (FACE,)


def test_a_detection_that_was_taken_out_is_noticed(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.slice(1).replace_schema_metadata(table.schema.metadata), path)
    assert read_looks(path) is None


def test_a_frame_that_was_taken_out_is_noticed(path: Path) -> None:
    table = pq.read_table(path)
    metadata = {k: v.replace(b'"pts": [0, 40', b'"pts": [40') for k, v in (table.schema.metadata or {}).items()}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    assert read_looks(path) is None


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table"])
def test_a_torn_file_is_nothing(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_looks(path) is None


def test_no_byte_can_change_what_was_seen(path: Path) -> None:
    whole, original = path.read_bytes(), read_looks(path)
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        assert read_looks(path) in (None, original), f"byte {position}"
