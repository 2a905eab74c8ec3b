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
from bodycam_pipeline.read.container import decode_packet
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.read.working import to_working_format
from bodycam_pipeline.values.recording import VideoFacts
from tests.conftest import shared_files
from tests.read.whole import all_frames, digest, release

CLIPS = shared_files("clips")
TWINS = {"onvif_signed_h264.mp4"}
"""Its first seven pictures all claim pts 0."""

TRACKS = {"nasa_multi.mp4": 3}
"""Two cameras in one file: a person says which."""

OTHER_COUNTS = {
    "nasa_multi.mp4": 390,  # the listed one is the smaller of its two tracks
    "sony_avchd_interlaced.mts": 13,  # 26 fields
    "onvif_signed_h264.mp4": 255,  # two packets hold no picture
    "vp9_10bit_road.webm": 72,  # 80 packets, 8 of which are never shown
}
"""Frames presented, where clips.csv counts packets or another track."""

pytestmark = pytest.mark.skipif(not CLIPS, reason="../shared/data/clips is not on this machine")
accepted = pytest.mark.parametrize("path", CLIPS, ids=lambda p: p.name)


@accepted
def test_every_frame_is_found_and_segments_equal_the_whole(path: Path) -> None:
    recording = probe(str(path), TRACKS.get(path.name))
    with (path.parent / "clips.csv").open() as file:
        listed = {row["file"]: int(row["frames"]) for row in csv.DictReader(file)}
    frames = [(source.pts, digest(source.frame)) for source in all_frames(recording, 500) if source.frame]
    assert [pts for pts, _ in frames] == recording.packets.shown_pts().tolist()
    assert len(frames) == OTHER_COUNTS.get(path.name, listed[path.name])
    whole = _whole(path, recording.video)
    if recording.container == "avi" or path.name in TWINS:  # these times are guesses; their order is what is known
        assert [content for _, content in frames] == [content for _, content in whole]
    else:
        assert dict(frames) == dict(whole)


def _whole(path: Path, video: VideoFacts) -> list[tuple[int | None, str]]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams.video if s.index == video.stream_index)
        stream.codec_context.thread_count = 1
        frames = (frame for packet in container.demux(stream) for frame in decode_packet(stream, packet))
        return [(f.pts, digest(to_working_format(f, video))) for f in frames]


@pytest.mark.slow
@accepted
def test_a_release_has_the_recordings_frames_at_the_recordings_times(path: Path, tmp_path: Path) -> None:
    recording = probe(str(path), TRACKS.get(path.name))
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
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [frame["pts"] * Fraction(printed["streams"][0]["time_base"]) for frame in printed["frames"]]
