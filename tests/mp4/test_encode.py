"""The same frames give the same bytes, segments join, and nothing but pictures gets in."""

import errno
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from bodycam_pipeline.h264.nal import units
from bodycam_pipeline.mp4.encode import encode
from bodycam_pipeline.mp4.samples import finished_segment, write_segment
from bodycam_pipeline.mp4.staged import StagedFile
from bodycam_pipeline.mp4.write import write_mp4
from bodycam_pipeline.read.blank import blank_frame
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.encoded import EncodedSegment
from bodycam_pipeline.values.errors import StorageError
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import VideoFacts
from tests.clips import Header, clip, picture, video_frame
from tests.read.whole import FAST, decode, encode_all, encode_segment


@pytest.fixture
def video(tmp_path: Path) -> VideoFacts:
    return probe(str(clip(tmp_path / "facts.mkv", frames=2))).video


def frames(video: VideoFacts, pts: list[int], first: int = 0) -> Iterator[av.VideoFrame]:
    for number, when in enumerate(pts, first):
        frame = video_frame(picture(number, (video.width, video.height)), full_range=video.full_range)
        frame.pts, frame.time_base = when, video.time_base
        yield frame


def samples_of(segment: EncodedSegment) -> list[bytes]:
    data, edges = Path(segment.path).read_bytes(), np.concatenate([[0], np.cumsum(segment.size_bytes)])
    return [data[first:end] for first, end in pairwise(edges)]


def test_the_same_frames_give_the_same_bytes(tmp_path: Path, video: VideoFacts) -> None:
    times = list(range(0, 2000, 40))
    rule = EncodingRule()
    one = encode_segment(frames(video, times), video, rule, tmp_path / "one")
    two = encode_segment(frames(video, times), video, rule, tmp_path / "two")
    assert (one.sha256, one.parameter_sets) == (two.sha256, two.parameter_sets)
    assert Path(one.path).read_bytes() == Path(two.path).read_bytes()


@pytest.mark.parametrize("look", [Header(), Header(interlaced="tff"), Header(full_range=True)], ids=str)
def test_a_sample_holds_slices_and_nothing_else(tmp_path: Path, look: Header) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", look=look)))
    for segment in encode_all(recording, tmp_path, EncodingRule()):
        for sample in samples_of(segment):
            kinds = {unit[0] & 31 for unit in units(sample, 4)}
            assert kinds in ({1}, {5})
            assert b"x264" not in sample


def test_a_segment_begins_with_a_key_frame_and_keeps_every_time(tmp_path: Path, video: VideoFacts) -> None:
    times = [1000, 1040, 1041, 1500, 9000]
    segment = encode_segment(frames(video, times), video, FAST, tmp_path / "s")
    assert segment.pts.tolist() == times
    assert segment.keyframe[0]


def test_key_frames_come_by_time_and_not_by_count(tmp_path: Path, video: VideoFacts) -> None:
    rule = EncodingRule(preset="ultrafast", keyframe_interval_ms=1000)
    slow = encode_segment(frames(video, list(range(0, 4000, 500))), video, rule, tmp_path / "slow")
    fast = encode_segment(frames(video, list(range(0, 2500, 10))), video, rule, tmp_path / "fast")
    assert slow.pts[slow.keyframe].tolist() == [0, 1000, 2000, 3000]
    assert fast.pts[fast.keyframe].tolist() == [0, 1000, 2000]


def test_the_frame_types_of_the_recording_are_not_obeyed(tmp_path: Path) -> None:
    every_frame_intra = {"preset": "ultrafast", "g": "1"}
    recording = probe(str(clip(tmp_path / "a.mp4", options=every_frame_intra)))
    (segment,) = encode_all(recording, tmp_path, FAST, target_ms=10_000)
    assert np.flatnonzero(segment.keyframe).tolist() == [0]


def test_every_segment_has_the_same_parameter_sets(tmp_path: Path, video: VideoFacts) -> None:
    rule = EncodingRule()
    busy = encode_segment(frames(video, list(range(0, 400, 40))), video, rule, tmp_path / "busy")
    still = encode_segment(frames(video, [90_000]), video, rule, tmp_path / "still")
    assert busy.parameter_sets == still.parameter_sets


def test_a_frame_of_another_size_or_format_is_refused(tmp_path: Path, video: VideoFacts) -> None:
    for wrong in (video_frame(picture(0, (64, 48))), video_frame(picture(0), full_range=True)):
        wrong.pts, wrong.time_base = 0, Fraction(1, 1000)
        with pytest.raises(ValueError, match="among frames of"):
            encode_segment([wrong], video, FAST, tmp_path / "s")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["facts.mkv"]


def test_a_frame_without_a_time_is_refused(tmp_path: Path, video: VideoFacts) -> None:
    with pytest.raises(ValueError, match="at None"):
        encode_segment([video_frame(picture(0))], video, FAST, tmp_path / "s")


def test_no_frame_is_no_segment(tmp_path: Path, video: VideoFacts) -> None:
    with pytest.raises(ValueError, match="without a frame"):
        encode_segment([], video, FAST, tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_an_error_among_the_frames_leaves_nothing(tmp_path: Path, video: VideoFacts) -> None:
    def broken() -> Iterator[av.VideoFrame]:
        yield from frames(video, [0, 40])
        raise KeyError("the plan")

    with pytest.raises(KeyError):
        encode_segment(broken(), video, FAST, tmp_path / "s")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["facts.mkv"]


def test_a_full_disk_is_named_and_leaves_nothing(
    tmp_path: Path, video: VideoFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: StagedFile, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(StagedFile, "write", full)
    with pytest.raises(StorageError, match="No space left"):
        encode_segment(frames(video, [0, 40]), video, FAST, tmp_path / "s")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["facts.mkv"]


@pytest.mark.parametrize(("order", "first"), [("tff", 1), ("bff", 0)])
def test_a_withheld_frame_does_not_swap_the_fields_of_its_neighbours(tmp_path: Path, order: str, first: int) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    recording = probe(str(clip(tmp_path / "a.mp4", frames=10, look=Header(interlaced=order))))
    (segment,) = split(recording)
    shown = (
        blank_frame(recording.video, source.pts) if number in {0, 4} else source.frame
        for number, source in enumerate(decode(recording, segment))
    )
    coded = encode_segment((frame for frame in shown if frame), recording.video, FAST, tmp_path / "s")
    write_mp4(tmp_path / "r.mp4", recording, [coded])
    fields = ["-show_entries", "frame=interlaced_frame,top_field_first", "-of", "csv=p=0"]
    command = ["ffprobe", "-v", "error", "-select_streams", "v", *fields, str(tmp_path / "r.mp4")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert printed == [f"1,{first}"] * 10


class TestFinishedSegments:
    @pytest.fixture
    def made(self, tmp_path: Path, video: VideoFacts) -> EncodedSegment:
        return encode_segment(frames(video, [0, 40, 80]), video, FAST, tmp_path / "s")

    def test_a_finished_segment_is_recognised(self, made: EncodedSegment) -> None:
        found = finished_segment(made.path)
        assert found is not None
        assert (found.parameter_sets, found.sha256, found.path) == (made.parameter_sets, made.sha256, made.path)
        for name in ("pts", "size_bytes", "keyframe", "copied", "source_sha256"):
            assert getattr(found, name).tolist() == getattr(made, name).tolist()
            assert getattr(found, name).dtype == getattr(made, name).dtype

    def test_changed_samples_are_not_reused(self, made: EncodedSegment) -> None:
        data = bytearray(Path(made.path).read_bytes())
        data[-1] ^= 1
        Path(made.path).write_bytes(data)
        assert finished_segment(made.path) is None

    def test_samples_without_an_index_are_not_reused(self, made: EncodedSegment) -> None:
        Path(f"{made.path}.index").unlink()
        assert finished_segment(made.path) is None

    def test_an_index_without_samples_is_not_reused(self, made: EncodedSegment) -> None:
        Path(made.path).unlink()
        assert finished_segment(made.path) is None

    @pytest.mark.parametrize("content", [b"", b"ARROW1", bytes(100)])
    def test_a_torn_index_is_not_reused(self, made: EncodedSegment, content: bytes) -> None:
        Path(f"{made.path}.index").write_bytes(content)
        assert finished_segment(made.path) is None

    def test_samples_get_their_name_last(self, video: VideoFacts, tmp_path: Path) -> None:
        class Killed(BaseException):
            """Stands for a kill between the samples and the word for them."""

        def die(made: EncodedSegment) -> None:
            assert Path(f"{made.path}.index").exists()
            raise Killed

        with pytest.raises(Killed):
            write_segment(tmp_path / "s", [encode(frames(video, [0, 40]), video, FAST)], die)
        assert not (tmp_path / "s").exists()
