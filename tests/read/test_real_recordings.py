"""Real recordings of every make: nothing silently short, and segments equal to the whole."""

import csv
import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest

from bodycam_pipeline.mp4.write import pts_shift
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.read.working import to_working_format
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.errors import UnsupportedRecordingError
from tests.conftest import shared_files
from tests.read.whole import all_frames, digest, release

CLIPS = shared_files("clips")
REFUSED = {"onvif_signed_h264.mp4": "share their time"}
"""Its first seven pictures all claim pts 0."""

OTHER_COUNTS = {
    "nasa_multi.mp4": 390,  # the listed one is the smaller of its two tracks
    "sony_avchd_interlaced.mts": 13,  # 26 fields
    "vp9_10bit_road.webm": 72,  # 80 packets, 8 of which are never shown
}
"""Frames presented, where clips.csv counts packets or another track."""

pytestmark = pytest.mark.skipif(not CLIPS, reason="../shared/data/clips is not on this machine")
accepted = pytest.mark.parametrize("path", [p for p in CLIPS if p.name not in REFUSED], ids=lambda p: p.name)


@accepted
def test_every_frame_is_found_and_segments_equal_the_whole(path: Path) -> None:
    recording = probe(str(path))
    with (path.parent / "clips.csv").open() as file:
        listed = {row["file"]: int(row["frames"]) for row in csv.DictReader(file)}
    frames = [(source.pts, digest(source.frame)) for source in all_frames(recording, 500) if source.frame]
    assert [pts for pts, _ in frames] == recording.packets.shown_pts().tolist()
    assert len(frames) == OTHER_COUNTS.get(path.name, listed[path.name])
    whole = _whole(path, recording.video.stream_index)
    if recording.container == "avi":  # FFmpeg guesses these times; their order is what it knows
        assert [content for _, content in frames] == [content for _, content in whole]
    else:
        assert dict(frames) == dict(whole)


def _whole(path: Path, index: int) -> list[tuple[int | None, str]]:
    video = probe(str(path)).video
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams.video if s.index == index)
        stream.codec_context.thread_count = 1
        return [(f.pts, digest(to_working_format(f, video))) for f in container.decode(stream)]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exact_is_refused_by_name(shared: Path, name: str) -> None:
    with pytest.raises(UnsupportedRecordingError, match=REFUSED[name]):
        split(probe(str(shared / "clips" / name)))


@pytest.mark.slow
@accepted
def test_a_release_has_the_recordings_frames_at_the_recordings_times(path: Path, tmp_path: Path) -> None:
    recording = probe(str(path))
    times = [(int(pts) - pts_shift(recording)) * recording.video.time_base for pts in recording.packets.shown_pts()]
    finished = release(recording, tmp_path / "out")
    again = probe(str(finished))
    assert [int(pts) * again.video.time_base for pts in again.packets.shown_pts()] == times
    assert again.video.orientation == recording.video.orientation
    assert again.video.field_order == recording.video.field_order
    assert [s.disposition for s in again.streams] == ["redacted"]
    assert all(source.frame for source in all_frames(again, 500))
    if shutil.which("ffprobe"):
        assert _ffprobe_times(finished) == times


def _ffprobe_times(path: Path) -> list[Fraction]:
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_frames", "-show_streams", "-of", "json", path]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [frame["pts"] * Fraction(told["streams"][0]["time_base"]) for frame in told["frames"]]
