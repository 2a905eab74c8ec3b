"""Bare streams of pictures carry no times: they are read at the rate that they state, and it is said."""

from fractions import Fraction
from pathlib import Path

import pytest

from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import split
from tests.clips import clip, number_of
from tests.read.whole import SHORT_MS, all_frames, release

FRAMES = 30


@pytest.mark.parametrize(("suffix", "codec"), [(".264", "libx264"), (".265", "libx265")])
@pytest.mark.parametrize("rate", [25, 30])
def test_a_bare_stream_is_read_at_the_rate_that_it_states(tmp_path: Path, suffix: str, codec: str, rate: int) -> None:
    recording = probe(
        str(clip(tmp_path / f"a{suffix}", codec=codec, frames=FRAMES, rate=rate, time_base=Fraction(1, rate)))
    )
    assert recording.notes[0].startswith(f"the file carries no times: its frames are shown at {rate} a second")
    times = [float(pts * recording.video.time_base) for pts in recording.packets.shown_pts()]
    assert times == pytest.approx([number / rate for number in range(FRAMES)])
    assert len(split(recording, target_ms=SHORT_MS)) > 1, "each segment finds its own packets, though it cannot seek"
    assert [number_of(source.frame) for source in all_frames(recording) if source.frame] == list(range(FRAMES))
    finished = probe(str(release(recording, tmp_path / "out")))
    assert [float(pts * finished.video.time_base) for pts in finished.packets.shown_pts()] == pytest.approx(times)


def test_a_rate_that_no_camera_has_is_not_believed(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.264", frames=3)))
    assert recording.notes[0].startswith("the file carries no times: its frames are shown at 25 a second")
