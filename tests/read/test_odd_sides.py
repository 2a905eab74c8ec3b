"""Pictures with an odd side are released with one column or row more, a copy of the last, and say so."""

from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.read.probe import probe
from tests.clips import clip, number_of, planes_of
from tests.read.whole import all_frames, release

REALTIME = {"deadline": "realtime", "cpu-used": "8", "g": "10"}


@pytest.mark.parametrize(
    ("size", "even", "added"),
    [
        ((321, 191), (322, 192), "one column and one row"),
        ((321, 192), (322, 192), "one column"),
        ((320, 191), (320, 192), "one row"),
    ],
)
def test_an_odd_side_gets_a_copy_of_its_last_line(
    tmp_path: Path, size: tuple[int, int], even: tuple[int, int], added: str
) -> None:
    recording = probe(str(clip(tmp_path / "a.webm", codec="libvpx", options=REALTIME, size=size, frames=12)))
    assert (recording.video.width, recording.video.height) == even
    assert recording.notes == (f"a side of the picture is odd: {added} added at its edge, a copy of the last",)
    frames = [source.frame for source in all_frames(recording)]
    assert [number_of(frame) for frame in frames if frame] == list(range(12))
    for frame in filter(None, frames):
        luma = planes_of(frame).luma
        assert luma.shape == even[::-1]
        assert np.array_equal(luma[:, -1], luma[:, size[0] - 1])
        assert np.array_equal(luma[-1], luma[size[1] - 1])
    finished = probe(str(release(recording, tmp_path / "out")))
    assert ((finished.video.width, finished.video.height), finished.notes) == (even, ())
