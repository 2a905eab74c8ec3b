"""The finished file: every time exact, every byte owned, nothing in it that is not on the list."""

import json
import pickle
import shutil
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from bodycam_pipeline.audio.encode import encode_audio
from bodycam_pipeline.h264.avc import RELEASED
from bodycam_pipeline.h264.nal import units
from bodycam_pipeline.mp4 import boxes
from bodycam_pipeline.mp4 import write as mp4
from bodycam_pipeline.mp4.write import pts_shift, write_mp4
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.encoded import EncodedSegment
from bodycam_pipeline.values.errors import VerificationError
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import Recording
from tests.clips import Boxes, Header, Turn, clip, number_of
from tests.read.whole import all_frames, encode_all, release

PICTURE_BOXES = {
    *("ftyp", "mdat", "moov", "moov/mvhd", "moov/trak", "moov/trak/tkhd", "moov/trak/mdia", "moov/trak/mdia/mdhd"),
    *("moov/trak/mdia/hdlr", "moov/trak/mdia/minf", "moov/trak/mdia/minf/vmhd", "moov/trak/mdia/minf/dinf"),
    *("moov/trak/mdia/minf/dinf/dref", "moov/trak/mdia/minf/stbl"),
    *(f"moov/trak/mdia/minf/stbl/{table}" for table in ("stsd", "stts", "stss", "stsc", "stsz", "stco")),
}


def times(recording: Recording) -> list[Fraction]:
    return [int(pts) * recording.video.time_base for pts in recording.packets.shown_pts()]


def released_times(recording: Recording) -> list[Fraction]:
    """What the release must say: the recording's times, less the documented shift."""
    shift = pts_shift(recording) * recording.video.time_base
    return [time - shift for time in times(recording)]


CLOCKS = {
    "constant": {"name": "a.mp4"},
    "variable": {"name": "a.mkv", "pts": [0, 40, 41, 300, 340, 20_000]},
    "late start": {"name": "a.mkv", "pts": [7000, 7040, 7080]},
    "transport stream": {"name": "a.ts"},
    "numerator": {"name": "a.avi", "rate": 7},
    "one frame": {"name": "a.mp4", "frames": 1},
    "a day": {"name": "a.mkv", "pts": [0, 43_200_000, 86_400_000]},
}


@pytest.mark.parametrize("made", CLOCKS.values(), ids=CLOCKS)
def test_every_time_of_the_recording_comes_back(tmp_path: Path, made: dict) -> None:
    recording = probe(str(clip(tmp_path / made["name"], **{k: v for k, v in made.items() if k != "name"})))
    path = release(recording, tmp_path / "out")
    assert pts_shift(recording) == 0
    assert times(probe(str(path))) == times(recording)


@pytest.mark.parametrize("made", CLOCKS.values(), ids=CLOCKS)
def test_ffprobe_reads_the_same_times(tmp_path: Path, made: dict) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed")
    recording = probe(str(clip(tmp_path / made["name"], **{k: v for k, v in made.items() if k != "name"})))
    path = release(recording, tmp_path / "out")
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_frames", "-show_streams", "-of", "json", path]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    time_base = Fraction(printed["streams"][0]["time_base"])
    assert [frame["pts"] * time_base for frame in printed["frames"]] == times(recording)


@pytest.mark.parametrize("first", [-400, 1 << 40])
def test_times_that_an_mp4_cannot_hold_are_shifted_to_begin_at_0(tmp_path: Path, first: int) -> None:
    recording = probe(str(clip(tmp_path / "a.mkv")))
    moved = replace(recording, packets=replace(recording.packets, pts=recording.packets.pts + first))
    assert pts_shift(moved) == first
    segments = [replace(s, pts=s.pts + first) for s in encode_all(recording, tmp_path)]
    write_mp4(tmp_path / "r.mp4", moved, segments)
    assert times(probe(str(tmp_path / "r.mp4"))) == released_times(moved) == times(recording)


@pytest.mark.parametrize(
    ("look", "turn"),
    [
        (Header(), None),
        (Header(full_range=True, primaries=5, transfer=6, matrix=6, aspect=Fraction(4, 3)), Turn(90)),
        (Header(primaries=1, transfer=1, matrix=1), Turn(180, mirrored=True)),
        (Header(interlaced="tff"), Turn(270)),
        (Header(interlaced="bff"), None),
    ],
    ids=str,
)
def test_how_the_picture_is_to_be_seen_is_kept(tmp_path: Path, look: Header, turn: Turn | None) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", look=look, turn=turn)))
    printed = probe(str(release(recording, tmp_path / "out"))).video
    same = ("width", "height", "orientation", "sample_aspect_ratio", "full_range", "field_order", "time_base")
    colours = ("colour_primaries", "colour_transfer", "colour_matrix")
    for name in (*same, *colours):
        assert getattr(printed, name) == getattr(recording.video, name), name


@pytest.mark.parametrize("orientation", Orientation)
def test_all_eight_orientations_are_kept(tmp_path: Path, orientation: Orientation) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", frames=2)))
    turned = replace(recording, video=replace(recording.video, orientation=orientation))
    assert probe(str(release(turned, tmp_path / "out"))).video.orientation is orientation


def test_the_release_holds_no_box_that_is_not_on_the_list(tmp_path: Path) -> None:
    path = release(probe(str(clip(tmp_path / "a.mp4", tone_hz=440))), tmp_path / "out")
    found = Boxes(path.read_bytes())
    assert set(found.paths()) == PICTURE_BOXES
    assert found.paths()[:2] == ["ftyp", "moov"]
    assert found.paths()[-1] == "mdat"
    for word in (b"x264", b"Lavf", b"Lavc", b"udta", b"meta", b"elst", b"SoundHandler", b"VideoHandler"):
        assert word not in path.read_bytes()


def test_times_of_creation_are_0(tmp_path: Path) -> None:
    found = Boxes(release(probe(str(clip(tmp_path / "a.mp4"))), tmp_path / "out").read_bytes())
    for path in ("moov/mvhd", "moov/trak/tkhd", "moov/trak/mdia/mdhd"):
        assert found.find(path)[4:12] == bytes(8), path


def test_every_byte_of_the_media_belongs_to_one_sample(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", tone_hz=440, frames=60)))
    sound = encode_audio(recording, AudioRule(policy="keep", reason="a test"), [], tmp_path / "sound")
    path = release(recording, tmp_path / "out", sound)
    (begin, end) = next((begin, end) for found, begin, end in Boxes(path.read_bytes()).walk() if found == "mdat")
    with av.open(str(path)) as container:
        spans = sorted((packet.pos or 0, packet.size) for packet in container.demux() if packet.size)
    position = begin
    for first, size in spans:
        assert first == position
        position += size
    assert position == end == path.stat().st_size


def test_released_samples_hold_slices_only(tmp_path: Path) -> None:
    path = release(probe(str(clip(tmp_path / "a.mp4"))), tmp_path / "out")
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            assert {unit[0] & 31 for unit in units(bytes(packet), 4)} <= RELEASED


def test_the_same_segments_give_the_same_file(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4")))
    one, two = release(recording, tmp_path / "1"), release(recording, tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()


def test_frames_come_out_in_order_with_their_numbers(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", frames=50)))
    again = probe(str(release(recording, tmp_path / "out")))
    assert [number_of(f.frame) for f in all_frames(again) if f.frame] == list(range(50))


def test_the_last_frame_lasts_as_long_as_the_others(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", frames=10)))
    with av.open(str(release(recording, tmp_path / "out"))) as container:
        assert container.streams.video[0].duration == 10 * 512


def test_sound_and_picture_share_one_file(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", tone_hz=440, frames=75)))
    sound = encode_audio(recording, AudioRule(policy="keep", reason="a test"), [], tmp_path / "sound")
    path = release(recording, tmp_path / "out", sound)
    again = probe(str(path))
    assert again.audio is not None
    assert (again.audio.sample_rate_hz, again.audio.channels) == (48000, 1)
    assert times(again) == times(recording)
    with av.open(str(path)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples == len(sound or ()) * 1024


def test_offsets_beyond_4_gib_are_written_wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp4, "_WIDE_ABOVE_BYTES", 0)
    recording = probe(str(clip(tmp_path / "a.mp4")))
    path = release(recording, tmp_path / "out")
    assert "moov/trak/mdia/minf/stbl/co64" in Boxes(path.read_bytes()).paths()
    assert times(probe(str(path))) == times(recording)


def test_media_beyond_4_gib_has_a_wide_size() -> None:
    assert boxes.media_data_header((1 << 32) - 9) == b"\xff\xff\xff\xffmdat"
    assert boxes.media_data_header((1 << 32) - 8) == b"\0\0\0\1mdat" + (8 + (1 << 32)).to_bytes(8, "big")


def test_a_segments_index_is_small_and_crosses_processes(tmp_path: Path) -> None:
    (segment, *_) = encode_all(probe(str(clip(tmp_path / "a.mp4"))), tmp_path)
    content = pickle.dumps(segment)
    assert len(content) < 2000
    assert pickle.loads(content).pts.tolist() == segment.pts.tolist()  # noqa: S301 - our own value


class TestRefusals:
    @pytest.fixture
    def recording(self, tmp_path: Path) -> Recording:
        return probe(str(clip(tmp_path / "a.mp4")))

    @pytest.fixture
    def segments(self, recording: Recording, tmp_path: Path) -> list[EncodedSegment]:
        return encode_all(recording, tmp_path)

    def refused(self, recording: Recording, segments: list[EncodedSegment], tmp_path: Path) -> str:
        with pytest.raises(VerificationError) as caught:
            write_mp4(tmp_path / "r.mp4", recording, segments)
        assert not (tmp_path / "r.mp4").exists()
        assert list(tmp_path.glob(".*")) == []
        return caught.value.what

    def test_other_parameter_sets(self, recording: Recording, segments: list[EncodedSegment], tmp_path: Path) -> None:
        segments[1] = replace(segments[1], parameter_sets=tuple(unit + b"x" for unit in segments[1].parameter_sets))
        assert "parameters" in self.refused(recording, segments, tmp_path)

    def test_the_same_span_twice(self, recording: Recording, segments: list[EncodedSegment], tmp_path: Path) -> None:
        assert "share one time" in self.refused(recording, [*segments, segments[0]], tmp_path)

    def test_no_span_at_all(self, recording: Recording, tmp_path: Path) -> None:
        assert "no coded span" in self.refused(recording, [], tmp_path)

    @pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"x", lambda d: d[:-1] + b"x"])
    def test_samples_that_changed(
        self, recording: Recording, segments: list[EncodedSegment], tmp_path: Path, change: object
    ) -> None:
        path = Path(segments[1].path)
        path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
        assert "changed" in self.refused(recording, segments, tmp_path)

    def test_samples_that_are_gone(self, recording: Recording, segments: list[EncodedSegment], tmp_path: Path) -> None:
        Path(segments[1].path).unlink()
        assert "gone" in self.refused(recording, segments, tmp_path)

    def test_a_wrong_index(self, recording: Recording, segments: list[EncodedSegment], tmp_path: Path) -> None:
        segments[-1] = replace(segments[-1], size_bytes=segments[-1].size_bytes + 1)
        assert "end early" in self.refused(recording, segments, tmp_path)
        segments[-1] = replace(segments[-1], size_bytes=segments[-1].size_bytes - 2)
        assert "more than their index" in self.refused(recording, segments, tmp_path)
