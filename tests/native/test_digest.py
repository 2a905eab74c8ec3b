"""A frame's digest is what ffmpeg prints for it, so that anyone can check a release without our code."""

import hashlib
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bodycam_pipeline import _native
from tests.native.pictures import noise

FFMPEG = shutil.which("ffmpeg")


def test_rows_are_cut_to_their_width() -> None:
    picture = noise(13, 7)
    packed = b"".join(plane.tobytes() for plane in picture.samples)
    assert _native.frame_digest(picture.planes) == hashlib.sha256(packed).digest()


def test_padding_does_not_count() -> None:
    padded, packed = noise(13, 7), noise(13, 7, padding=(0, 0, 0))
    assert _native.frame_digest(padded.planes) == _native.frame_digest(packed.planes)


def test_every_plane_counts() -> None:
    digests = set()
    for plane in range(3):
        picture = noise(12, 8)
        picture.samples[plane][-1, -1] ^= 1
        digests.add(_native.frame_digest(picture.planes))
    assert len(digests | {_native.frame_digest(noise(12, 8).planes)}) == 4


def write_clip(path: Path, width: int, height: int, frames: int) -> None:
    """Lossless FFV1, whose decoded planes are the ones written on every decoder."""
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("ffv1", rate=Fraction(25), options={})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame(width, height, "yuv420p")
            for plane, samples in zip(frame.planes, noise(width, height, seed=number).samples, strict=True):
                rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
                rows[:, : samples.shape[1]] = samples
            frame.pts = number
            clip.mux(stream.encode(frame))
        clip.mux(stream.encode(None))


@pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize(("width", "height"), [(64, 48), (50, 38), (33, 17)])
def test_equals_what_ffmpeg_prints(tmp_path: Path, width: int, height: int) -> None:
    clip = tmp_path / "clip.mkv"
    write_clip(clip, width, height, 5)
    command = [str(FFMPEG), "-v", "error", "-i", str(clip), "-f", "framehash", "-hash", "sha256", "-"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    expected = [line.rsplit(",", 1)[1].strip() for line in printed.splitlines() if not line.startswith("#")]
    found = []
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            strides = tuple(plane.line_size for plane in frame.planes)
            planes = _native.Planes(*frame.planes, strides=strides, width=frame.width, height=frame.height)
            found.append(_native.frame_digest(planes).hex())
    assert len(expected) == 5
    assert found == expected
