"""HDR recordings are mapped to BT.709, for networks and release alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bodycam_pipeline.h264.copying import joining
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import Hdr
from tests.clips import Header, Picture, clip, planes_of
from tests.read.whole import all_frames, release

HEVC = {"codec": "libx265", "pixel_format": "yuv420p10le"}
LUMA = 100
WHITE_NITS, PEAK_NITS = 203, 1000


def grey(size: tuple[int, int] = (320, 192)) -> Picture:
    width, height = size
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    return Picture(np.full((height, width), LUMA, np.uint8), chroma, chroma)


def nits(transfer: int) -> float:
    """Light of the coded grey, by ITU-R BT.2100-3, tables 4 and 5."""
    signal = (4 * LUMA - 64) / 876
    if transfer == 16:
        power = signal ** (1 / 78.84375)
        return float(10_000 * ((power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125))
    scene = signal**2 / 3
    return float(PEAK_NITS * scene**1.2)


@pytest.mark.parametrize(("transfer", "name", "made"), [(16, "pq", HEVC), (18, "hlg", HEVC), (18, "hlg", {})])
def test_hdr_is_mapped_to_bt_709_in_light(tmp_path: Path, transfer: int, name: str, made: dict[str, Any]) -> None:
    look = Header(primaries=9, transfer=transfer, matrix=9)
    recording = probe(str(clip(tmp_path / "a.mp4", pictures=[grey()] * 3, frames=3, look=look, **made)))
    video = recording.video
    assert video.hdr == Hdr(name, wide=True, full_range=False)  # type: ignore[arg-type]
    assert (video.colour_primaries, video.colour_transfer, video.colour_matrix, video.full_range) == (1, 1, 1, False)
    assert name.upper() in recording.notes[0]
    assert joining(video, EncodingRule()) is None, "what is not mapped is never stream-copied"
    expected = 16 + 219 * (nits(transfer) / WHITE_NITS) ** (1 / 2.4)
    for source in all_frames(recording):
        assert source.frame is not None
        shown = planes_of(source.frame)
        assert abs(float(shown.luma.mean()) - expected) < 2.5
        assert abs(float(shown.blue.mean()) - 128) < 1.5
    finished = probe(str(release(recording, tmp_path / "out"))).video
    assert (finished.colour_transfer, finished.pixel_format, finished.hdr) == (1, "yuv420p", None)


def test_wide_colours_alone_are_no_hdr(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", frames=9, look=Header(primaries=9, transfer=14, matrix=9), **HEVC)))
    assert recording.video.hdr is None
    assert recording.video.colour_transfer == 14
