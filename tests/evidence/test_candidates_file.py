"""Candidates kept for a later run: exactly what was found comes back, or nothing does."""

import io
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.evidence import candidates_file
from bodycam_pipeline.evidence.candidates_file import read_candidates, write_candidates
from bodycam_pipeline.kept import make_secret, secret_path, write_kept
from bodycam_pipeline.values.candidates import Candidates, SegmentCandidates
from tests.rules.build import Thing, part, still

FACE = Thing(
    {0: (1.25, 2.5, 30.125, 40.0), 40: (2, 3, 31, 41), 80: (3, 4, 32, 42)},
    scores=(0.731, 0.25),
    followed=(40,),
    guessed=(80,),
    unlooked=(40,),
    onward=(4.5, 5, 33, 43),
)
FIRST = part(FACE, still([40], (9, 9, 20, 20), kind="plate", scores=(0.0, 0.9)), pts=[0, 40, 80], networks=2)
SEEN = SegmentCandidates(
    3,
    (
        part(FACE, pts=[0, 40, 80], cuts=[40], unlooked=[80], networks=2, finest=0.5, border_pts=120),
        part(pts=[120, 160], networks=2, undecodable=[200, 240]),
        FIRST,
    ),
)


def same(one: Candidates, other: Candidates) -> bool:
    tables = ("frames", "candidates", "points", "scores")
    alike = all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and getattr(one, name).tobytes() == getattr(other, name).tobytes()
        and getattr(one, name).shape == getattr(other, name).shape
        for name in tables
    )
    facts = [(each.finest, each.border_pts, each.undecodable_pts) for each in (one, other)]
    return alike and facts[0] == facts[1]


def secret(folder: Path) -> Path:
    make_secret(folder)
    return secret_path(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "detections" / "000003.candidates"
    write_candidates(SEEN, path, secret(tmp_path))
    return path


def test_what_was_found_comes_back_in_all_its_parts(path: Path, tmp_path: Path) -> None:
    found = read_candidates(path, secret(tmp_path))
    assert found is not None
    assert (found.segment, len(found.parts)) == (3, 3)
    assert all(same(one, other) for one, other in zip(SEEN.parts, found.parts, strict=True))
    assert found.parts[0].looked_pts.tolist() == [0, 40]
    assert np.isnan(found.parts[2].candidates["left"]).tolist() == [False, True]


def test_columns_of_an_earlier_version_are_looked_at_again(tmp_path: Path) -> None:
    made = part(FACE, pts=[0, 40, 80], networks=2)
    before = np.empty(1, [("kind", "U32"), ("first_pts", np.int64)])
    write_candidates(SegmentCandidates(0, (replace(made, candidates=before),)), tmp_path / "before", secret(tmp_path))
    assert read_candidates(tmp_path / "before", secret(tmp_path)) is None


def test_a_segment_without_a_part_comes_back(tmp_path: Path) -> None:
    write_candidates(SegmentCandidates(0, ()), tmp_path / "none", secret(tmp_path))
    found = read_candidates(tmp_path / "none", secret(tmp_path))
    assert found is not None
    assert (found.segment, found.parts) == (0, ())


def test_the_same_candidates_are_the_same_bytes(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    write_candidates(SEEN, path, secret(tmp_path))
    assert path.read_bytes() == before


def test_a_changed_byte_anywhere_is_nothing(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    for position in range(0, len(whole), 13):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        assert read_candidates(path, secret(tmp_path)) is None, f"byte {position}"


@pytest.mark.parametrize("kept", [0, 1, 31, 32, 33, -1, -40])
def test_a_torn_file_is_nothing(path: Path, tmp_path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    assert read_candidates(path, secret(tmp_path)) is None


@pytest.mark.parametrize("content", [b"", b"not a table", b"PK\x03\x04"])
def test_what_somebody_else_left_is_nothing(path: Path, tmp_path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_candidates(path, secret(tmp_path)) is None


def test_a_file_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert read_candidates(tmp_path / "missing", secret(tmp_path)) is None
    assert read_candidates(tmp_path, secret(tmp_path)) is None


def test_a_longer_file_is_nothing(path: Path, tmp_path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    assert read_candidates(path, secret(tmp_path)) is None
    path.write_bytes(b"\0" + path.read_bytes())
    assert read_candidates(path, secret(tmp_path)) is None


def test_what_somebody_without_the_secret_wrote_is_nothing(path: Path, tmp_path: Path) -> None:
    theirs = secret(tmp_path / "theirs")
    write_candidates(SEEN, path, theirs)
    assert read_candidates(path, theirs) is not None
    assert read_candidates(path, secret(tmp_path)) is None


def npy() -> bytes:
    sink = io.BytesIO()
    np.save(sink, np.zeros(3))
    return sink.getvalue()


@pytest.mark.parametrize("content", [b"not a table", b"PK\x03\x04", b"", npy(), b"\x93NUMPY"])
def test_what_a_box_kept_and_is_none_is_nothing(path: Path, tmp_path: Path, content: bytes) -> None:
    """It has the secret."""
    write_kept(path, content, secret(tmp_path))
    assert read_candidates(path, secret(tmp_path)) is None


def test_candidates_that_unpack_to_more_than_any_are_not_unpacked(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zeros pack a thousandfold: a file within its limit would fill the memory of whoever reads it."""
    monkeypatch.setattr(candidates_file, "MOST_UNPACKED_BYTES", 1 << 20)
    sink = io.BytesIO()
    np.savez_compressed(sink, facts=np.zeros(1 << 24, np.uint8))
    write_kept(path, sink.getvalue(), secret(tmp_path))
    tracemalloc.start()
    with pytest.raises(ValueError, match="longer than any"):
        candidates_file._unpacked(sink.getvalue())
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert read_candidates(path, secret(tmp_path)) is None
