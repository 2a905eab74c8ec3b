"""The list of a release's frames: what stock ffmpeg prints, and what is refused."""

import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bodycam_pipeline.evidence.frames_file import FrameFacts, framehash_text, read_frames, write_frames
from bodycam_pipeline.values.errors import VerificationError


def digests(n):
    return np.random.default_rng(1).integers(0, 256, (n, 32), dtype=np.uint8)


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_frames_come_back_as_they_were(tmp_path, n):
    pts = np.arange(n, dtype=np.int64) * 3003 - 6006
    write_frames(pts, digests(n), tmp_path / "frames.parquet")
    read_pts, read_digests = read_frames(tmp_path / "frames.parquet")
    assert (read_pts == pts).all()
    assert (read_digests == digests(n)).all()
    assert read_digests.shape == (n, 32)


def test_a_frame_costs_little_more_than_its_digest(tmp_path):
    n = 20_000
    write_frames(np.arange(n, dtype=np.int64) * 3003, digests(n), tmp_path / "frames.parquet")
    assert (tmp_path / "frames.parquet").stat().st_size < 36 * n


def test_equal_frames_are_equal_bytes(tmp_path):
    pts = np.arange(50, dtype=np.int64)
    write_frames(pts, digests(50), tmp_path / "a")
    write_frames(pts.copy(), np.asfortranarray(digests(50)), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("pts", [[0, 1], [0, 1, 1], [0, 2, 1]])
def test_refuses_columns_that_do_not_belong_together(tmp_path, pts):
    with pytest.raises(ValueError, match="ascending"):
        write_frames(np.array(pts, dtype=np.int64), digests(3), tmp_path / "frames.parquet")
    assert list(tmp_path.iterdir()) == []


def test_refuses_what_is_no_list_of_frames(tmp_path):
    with pytest.raises(VerificationError):
        read_frames(tmp_path / "missing.parquet")
    (tmp_path / "text").write_text("no")
    with pytest.raises(VerificationError):
        read_frames(tmp_path / "text")
    pq.write_table(pa.table({"pts": [1]}), tmp_path / "other")
    with pytest.raises(VerificationError):
        read_frames(tmp_path / "other")


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg command")
def test_the_text_is_what_stock_ffmpeg_prints(tmp_path):
    """The command of `framehash_text`, run on a file whose raw pixels another command gives."""
    file = tmp_path / "a.mkv"
    run(
        "-f", "lavfi", "-i", "testsrc=size=66x50:rate=25:duration=0.4", "-c:v", "ffv1", "-pix_fmt", "yuv420p", str(file)
    )
    raw = run("-i", str(file), "-f", "rawvideo", "-fps_mode", "passthrough", "-")
    printed = run(
        *("-noautorotate", "-i", str(file), "-map", "0:v", "-copyts", "-fps_mode", "passthrough"),
        *("-enc_time_base", "-1", "-bsf:v", "setts=duration=1"),
        *("-fflags", "+bitexact", "-f", "framehash", "-hash", "sha256", "-"),
    )
    size = 66 * 50 * 3 // 2
    assert text_of(raw, size) == printed.decode()


def run(*arguments):
    return subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, capture_output=True).stdout


def text_of(raw, size):
    from hashlib import sha256

    frames = [raw[at : at + size] for at in range(0, len(raw), size)]
    names = np.array([list(sha256(frame).digest()) for frame in frames], dtype=np.uint8)
    facts = FrameFacts(Fraction(1, 1000), 66, 50, Fraction(1), size)
    return framehash_text(np.arange(len(frames), dtype=np.int64) * 40, names, facts)
