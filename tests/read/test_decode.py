"""Segments decode to exactly the frames of the whole, and to no fewer."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bodycam_pipeline.read import decode as module
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.read.working import to_working_format, working_format
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.errors import UnreadableRecordingError, UnsupportedRecordingError
from tests.clips import Header, clip, number_of, picture, video_frame
from tests.read.test_probe import OPEN_X264, REALTIME
from tests.read.whole import all_frames, decode, digest, whole_file_digests

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("a.mp4", {}),
    ("open.mp4", {"options": OPEN_X264}),
    ("a.ts", {}),
    ("a.mkv", {"codec": "libx265"}),
    ("a.webm", {"codec": "libvpx-vp9", "options": REALTIME}),
    ("8.webm", {"codec": "libvpx", "options": REALTIME}),
    ("a.avi", {"codec": "mpeg4"}),
    ("m.avi", {"codec": "mjpeg", "options": {}, "look": Header(full_range=True)}),
    ("2.ts", {"codec": "mpeg2video", "options": {"g": "10", "bf": "2"}}),
    ("10.mp4", {"pixel_format": "yuv420p10le"}),
    ("422.mp4", {"pixel_format": "yuv422p"}),
    ("full.mp4", {"look": Header(full_range=True)}),
    ("fields.mp4", {"look": Header(interlaced="tff")}),
    ("pyramid.mp4", {"options": {"preset": "fast", "g": "15", "bf": "7", "refs": "4"}, "frames": 60}),
    ("fragments.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}),
]


@pytest.mark.parametrize(("name", "made"), KINDS, ids=[name for name, _ in KINDS])
def test_segments_decode_to_the_bits_of_the_whole(tmp_path: Path, name: str, made: dict[str, Any]) -> None:
    path = clip(tmp_path / name, **made)
    recording = probe(str(path))
    frames = list(all_frames(recording))
    assert [f.pts for f in frames] == recording.packets.shown_pts().tolist()
    assert [number_of(f.frame) for f in frames if f.frame] == list(range(made.get("frames", 30)))
    assert [digest(f.frame) for f in frames if f.frame] == whole_file_digests(path, recording.video)


def test_segments_may_be_decoded_in_any_order(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.ts")))
    backwards = [
        number_of(f.frame)
        for segment in reversed(split(recording, target_ms=200))
        for f in decode(recording, segment)
        if f.frame
    ]
    assert backwards == [*range(20, 30), *range(10, 20), *range(10)]


def test_frames_are_eight_bit_420_on_the_recordings_clock(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", pixel_format="yuv444p10le")))
    for source in all_frames(recording):
        assert source.frame is not None
        assert source.frame.format.name == "yuv420p"
        assert (source.frame.pts, source.frame.time_base) == (source.pts, recording.video.time_base)


def test_full_range_stays_full_range_when_converted(tmp_path: Path) -> None:
    look = Header(full_range=True)
    video = probe(str(clip(tmp_path / "a.mp4", pixel_format="yuvj422p", look=look, lossless=True))).video
    assert working_format(video) == "yuvj420p"
    recording = probe(str(tmp_path / "a.mp4"))
    first = next(all_frames(recording)).frame
    assert first is not None
    luma = picture(0).luma[0, :320]
    assert bytes(first.planes[0])[:320] == luma.tobytes()


def test_a_damaged_picture_is_none_and_every_other_time_is_still_there(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", options={"preset": "ultrafast", "g": "10", "bf": "0"})
    recording = probe(str(path))
    data = bytearray(path.read_bytes())
    spoiled = int(recording.packets.size_bytes[:15].sum()) + data.index(b"mdat") + 4
    size = int(recording.packets.size_bytes[15])
    data[spoiled + 8 : spoiled + size] = bytes(size - 8)
    path.write_bytes(data)
    damaged = probe(str(path))
    frames = list(all_frames(damaged))
    assert [f.pts for f in frames] == recording.packets.shown_pts().tolist()
    assert frames[15].frame is None
    assert all(frames[n].frame is not None for n in [*range(15), *range(20, 30)])


def test_a_recording_that_changed_since_it_was_probed_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    recording = probe(str(path))
    data = bytearray(path.read_bytes())
    data[data.index(b"mdat") + 4 + int(recording.packets.size_bytes[:12].sum()) + 20] ^= 1
    path.write_bytes(data)
    first, second, _ = split(recording, target_ms=200)
    assert len(list(decode(recording, first))) == 10
    with pytest.raises(UnreadableRecordingError, match="changed or replaced") as caught:
        list(decode(recording, second))
    assert (caught.value.where.recording, caught.value.where.segment) == ("a.mp4", 1)


def test_a_recording_that_was_replaced_is_refused(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4")))
    clip(tmp_path / "a.mp4", frames=3)
    with pytest.raises(UnreadableRecordingError):
        list(all_frames(recording))


def test_only_the_segments_own_packets_are_decoded(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4")))
    segment = split(recording, target_ms=200)[1]
    packets = recording.packets.part(segment.first_packet, segment.end_packet - 2)
    frames = list(decode_segment(recording.address, recording.video, packets, segment))
    assert [f.pts for f in frames] == packets.shown_pts().tolist()


def _frame(pts: int, *, corrupt: bool = False) -> Any:
    return SimpleNamespace(pts=pts, is_corrupt=corrupt)


def paired(frames: list[Any], wanted: list[int], monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    monkeypatch.setattr(module, "to_working_format", lambda frame, _video: frame)
    video: Any = None
    return [(f.pts, f.frame is not None) for f in module._paired(iter(frames), wanted, video)]


def test_missing_frames_are_none_wherever_they_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    come = [_frame(pts) for pts in range(40) if pts not in {0, 1, 17, 39}]
    found = paired(come, list(range(40)), monkeypatch)
    assert [pts for pts, _ in found] == list(range(40))
    assert [pts for pts, there in found if not there] == [0, 1, 17, 39]


def test_nothing_decoded_is_everything_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paired([], [5, 7], monkeypatch) == [(5, False), (7, False)]


def test_a_frame_that_the_decoder_calls_corrupt_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paired([_frame(0), _frame(1, corrupt=True)], [0, 1], monkeypatch) == [(0, True), (1, False)]


def test_a_frame_whose_time_contradicts_its_order_keeps_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    come = [_frame(pts) for pts in (0, 2, 3, 4, 1, 5)]
    assert paired(come, list(range(6)), monkeypatch) == [(pts, True) for pts in range(6)]


@pytest.mark.parametrize("come", [[0, 1, 1], [0, 7], [None]])
def test_frames_that_nothing_announces_are_refused(come: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsupportedRecordingError, match="no packet announces"):
        paired([_frame(pts) for pts in come], [0, 1, 2], monkeypatch)


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    video = probe(str(clip(tmp_path / "a.mp4", frames=2))).video
    with pytest.raises(UnsupportedRecordingError, match="320x192 yuv420p to 64x48"):
        to_working_format(video_frame(picture(0, (64, 48))), video)


def test_a_packet_that_arrived_incomplete_gives_no_frame(tmp_path: Path) -> None:
    """One lost transport packet of 188 bytes: the counters show it, whether or not the decoder notices."""
    path = clip(tmp_path / "a.ts", options={"preset": "ultrafast", "g": "10", "bf": "0"}, size=(640, 480))
    data = path.read_bytes()
    middle = len(data) // 2 // 188 * 188
    path.write_bytes(data[:middle] + data[middle + 188 :])
    recording = probe(str(path))
    frames = list(all_frames(recording))
    assert [f.pts for f in frames] == recording.packets.shown_pts().tolist()
    assert len(frames) == 30
    assert any(f.frame is None for f in frames)
