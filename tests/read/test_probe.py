"""What probing finds, and what it refuses."""

import hashlib
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from bodycam_pipeline.read.display_matrix import display_matrix
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.errors import (
    BodycamError,
    EncryptedRecordingError,
    NoVideoError,
    UnreadableRecordingError,
    UnsupportedRecordingError,
)
from bodycam_pipeline.values.geometry import Orientation
from tests.clips import Boxes, Header, Picture, Turn, clip, number_of, video_frame
from tests.clips import picture as pattern
from tests.read.whole import all_frames

OPEN_X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=10:open-gop=1:bframes=3"}
OPEN_X264 = {"preset": "ultrafast", "g": "10", "bf": "3", "x264-params": "open-gop=1", "sc_threshold": "0"}
REALTIME = {"deadline": "realtime", "cpu-used": "8", "g": "10"}


def refused(path: Path, kind: type[BodycamError]) -> BodycamError:
    with pytest.raises(kind) as caught:
        probe(str(path))
    assert caught.value.where.recording == path.name
    assert caught.value.remedy
    return caught.value


def test_every_packet_is_indexed(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=25)
    recording = probe(str(path))
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recording.size_bytes == path.stat().st_size
    assert recording.packets.shown_pts().tolist() == [512 * n for n in range(25)]
    assert np.flatnonzero(recording.packets.random_access).tolist() == [0, 10, 20]
    assert recording.frame_duration_pts == 512
    with av.open(str(path)) as container:
        digests = [hashlib.sha256(packet).digest() for packet in container.demux(video=0) if packet.size]
    assert recording.packets.sha256.tobytes() == b"".join(digests)


def test_the_header_is_kept(tmp_path: Path) -> None:
    look = Header(full_range=True, primaries=5, transfer=6, matrix=6, aspect=Fraction(4, 3), interlaced="bff")
    video = probe(str(clip(tmp_path / "a.mp4", look=look))).video
    assert (video.codec, video.width, video.height, video.time_base) == ("h264", 320, 192, Fraction(1, 12800))
    assert (video.colour_primaries, video.colour_transfer, video.colour_matrix) == (5, 6, 6)
    assert (video.full_range, video.sample_aspect_ratio, video.field_order) == (True, Fraction(4, 3), "bottom")


@pytest.mark.parametrize(
    ("name", "codec", "options", "starts"),
    [
        ("closed.mp4", "libx264", None, [0, 10, 20]),
        ("open.mp4", "libx264", OPEN_X264, [0]),
        ("closed.mkv", "libx265", None, [0, 10, 20]),
        ("open.mkv", "libx265", OPEN_X265, [0]),
        ("a.ts", "libx264", None, [0, 10, 20]),
        ("a.avi", "libx264", None, [0, 10, 20]),
        ("vp8.webm", "libvpx", REALTIME, [0, 10, 20]),
        ("vp9.webm", "libvpx-vp9", REALTIME, [0, 10, 20]),
        ("intra.avi", "mjpeg", {}, list(range(30))),
        ("nob.avi", "mpeg4", {"g": "10", "bf": "0"}, [0, 10, 20]),
        ("openb.avi", "mpeg4", {"g": "10", "bf": "2"}, [0]),
        ("openb.ts", "mpeg2video", {"g": "10", "bf": "2"}, [0]),
    ],
)
def test_a_start_is_where_nothing_later_needs_anything_earlier(
    tmp_path: Path, name: str, codec: str, options: dict[str, str] | None, starts: list[int]
) -> None:
    look = Header(full_range=codec == "mjpeg")
    recording = probe(str(clip(tmp_path / name, codec=codec, options=options, look=look)))
    assert np.flatnonzero(recording.packets.random_access).tolist() == starts


@pytest.mark.parametrize("name", ["b.avi", "b.h264.avi"])
def test_times_that_avi_does_not_store_are_learned_from_the_decoder(tmp_path: Path, name: str) -> None:
    codec = "libx264" if "h264" in name else "mpeg4"
    recording = probe(str(clip(tmp_path / name, codec=codec, options={"g": "10", "bf": "2"}, frames=20)))
    frames = list(all_frames(recording))
    assert [f.pts for f in frames] == list(range(20))
    assert [number_of(f.frame) for f in frames if f.frame] == list(range(20))


def test_frames_that_an_edit_list_hides_are_decoded_and_not_shown(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    begin = next(begin for found, begin, _ in Boxes(path.read_bytes()).walk() if found == "moov/trak/edts/elst")
    data = bytearray(path.read_bytes())
    (media_time,) = struct.unpack_from(">i", data, begin + 12)
    struct.pack_into(">i", data, begin + 12, media_time + 5 * 512)
    path.write_bytes(data)
    recording = probe(str(path))
    assert int(recording.packets.shown.sum()) == 25
    assert [number_of(f.frame) for f in all_frames(recording) if f.frame] == list(range(5, 30))


@pytest.mark.parametrize("orientation", Orientation)
def test_all_eight_orientations_are_told_apart(tmp_path: Path, orientation: Orientation) -> None:
    path = clip(tmp_path / "a.mp4", frames=2)
    _replace_matrix(path, display_matrix(orientation, 320, 192))
    assert probe(str(path)).video.orientation is orientation


@pytest.mark.parametrize(
    ("turn", "orientation"),
    [
        (Turn(90), Orientation.THREE_QUARTER_TURN),
        (Turn(180), Orientation.HALF_TURN),
        (Turn(270), Orientation.QUARTER_TURN),
        (Turn(0, mirrored=True), Orientation.MIRRORED),
    ],
)
def test_a_phone_held_sideways_is_turned_upright(tmp_path: Path, turn: Turn, orientation: Orientation) -> None:
    assert probe(str(clip(tmp_path / "a.mp4", frames=2, turn=turn))).video.orientation is orientation


def test_a_picture_at_an_angle_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=2)
    _replace_matrix(path, struct.pack(">9i", 46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30))
    assert "angle" in refused(path, UnsupportedRecordingError).what


def _replace_matrix(path: Path, matrix: bytes) -> None:
    begin = next(begin for found, begin, _ in Boxes(path.read_bytes()).walk() if found == "moov/trak/tkhd")
    data = bytearray(path.read_bytes())
    data[begin + 40 : begin + 76] = matrix
    path.write_bytes(data)


def test_the_track_that_a_person_names_is_the_picture_and_the_other_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as container:
        for width, height in ((160, 96), (320, 192)):
            stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = Disposition.default
        for number in range(3):
            for stream in container.streams.video:
                container.mux(stream.encode(video_frame(pattern(number, (stream.width, stream.height)))))
        for stream in container.streams.video:
            container.mux(stream.encode(None))
    recording = probe(str(path), 1)
    assert recording.video.stream_index == 1
    assert [(s.index, s.disposition) for s in recording.streams] == [(0, "removed"), (1, "redacted")]
    assert recording.streams[0].what == "video h264 160x96"
    assert "nobody redacted" in recording.streams[0].why


def test_the_sound_waits_for_the_policy(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", tone_hz=440)))
    assert recording.audio is not None
    assert (recording.audio.sample_rate_hz, recording.audio.channels) == (48000, 1)
    assert recording.streams[1].why == "the policy decides"


def test_a_variable_rate_keeps_every_time(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mkv", pts=[0, 40, 41, 300, 340])))
    assert recording.packets.shown_pts().tolist() == [0, 40, 41, 300, 340]
    assert recording.frame_duration_pts == 40


class TestRefusals:
    def test_nothing_there(self, tmp_path: Path) -> None:
        refused(tmp_path / "absent.mp4", UnreadableRecordingError)

    @pytest.mark.parametrize("content", [b"", b"not a video at all\n" * 200, bytes(5000)])
    def test_not_a_video(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "a.mp4"
        path.write_bytes(content)
        refused(path, UnreadableRecordingError)

    def test_a_folder(self, tmp_path: Path) -> None:
        refused(tmp_path, UnreadableRecordingError)

    def test_sound_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=48000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 48000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        refused(path, NoVideoError)

    def test_a_codec_outside_the_list(self, tmp_path: Path) -> None:
        error = refused(clip(tmp_path / "a.mkv", codec="ffv1", frames=2, options={}), UnsupportedRecordingError)
        assert "ffv1" in error.what

    def test_absurd_dimensions(self, tmp_path: Path) -> None:
        width, height = 8192, 4336
        grey = Picture(*(np.full((height // n, width // n), 128, np.uint8) for n in (1, 2, 2)))
        path = clip(tmp_path / "a.mp4", frames=1, size=(width, height), pictures=[grey])
        assert "8192x4336" in refused(path, UnsupportedRecordingError).what

    def test_encryption(self, tmp_path: Path) -> None:
        key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "ab" * 16, "encryption_kid": "cd" * 16}
        refused(clip(tmp_path / "a.mp4", frames=3, container_options=key), EncryptedRecordingError)

    @pytest.mark.parametrize(
        ("name", "options"),
        [
            ("a.mp4", {"movflags": "faststart"}),
            ("f.mp4", {"movflags": "frag_keyframe+empty_moov"}),
            ("a.mkv", {}),
            ("a.avi", {}),
        ],
    )
    def test_a_file_that_is_cut_short(self, tmp_path: Path, name: str, options: dict[str, str]) -> None:
        path = clip(tmp_path / name, container_options=options)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
        recording = probe(str(path))
        (gap,) = recording.gaps
        assert "cut short" in gap.what
        assert gap.span.start_pts == recording.span.end_pts
        says = float(gap.span.end_pts * recording.video.time_base)
        assert says == pytest.approx(30 / 25, abs=0.1) or name == "f.mp4", "of fragments behind the cut nobody knows"
        assert all(f.frame for f in list(all_frames(recording))[:-1]), "the last one may be half a picture"

    def test_an_mp4_cut_before_its_index(self, tmp_path: Path) -> None:
        path = clip(tmp_path / "a.mp4")
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
        refused(path, UnreadableRecordingError)

    def test_a_recording_that_begins_in_the_middle_of_a_group(self, tmp_path: Path) -> None:
        late = _repacked(clip(tmp_path / "a.mkv"), lambda packets: packets[3:])
        recording = probe(str(late))
        assert [number_of(f.frame) for f in all_frames(recording) if f.frame] == list(range(10, 30))
        (gap,) = recording.gaps
        assert "in the middle of a GOP" in gap.what
        assert gap.span.end_pts == recording.span.start_pts == 400

    def test_two_frames_at_one_time_are_no_reason(self, tmp_path: Path) -> None:
        path = _repacked(
            clip(tmp_path / "a.mkv", codec="mjpeg", options={}, look=Header(True)), _third_at_time_of_second
        )
        recording = probe(str(path))
        assert recording.notes[0].startswith("1 frame shared a time")
        assert len(set(recording.packets.shown_pts().tolist())) == 30

    def test_frames_too_far_apart_for_an_mp4(self, tmp_path: Path) -> None:
        path = clip(tmp_path / "a.mkv", pts=[0, 1 << 31], options={"preset": "ultrafast", "bf": "0"})
        assert "apart" in refused(path, UnsupportedRecordingError).what


def _repacked(path: Path, change: Callable[[list[Any]], list[Any]]) -> Path:
    """The same packets in a new container, after a change to them."""
    changed = path.with_stem("changed")
    with av.open(str(path)) as source, av.open(str(changed), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in change([p for p in source.demux(video=0) if p.size]):
            packet.stream = stream
            target.mux(packet)
    return changed


def _third_at_time_of_second(packets: list[Any]) -> list[Any]:
    packets[2].pts = packets[2].dts = packets[1].pts
    return packets
