"""What is no recording is named as what it is, with something to do about it, and no word of a library."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.errors import NoVideoError, RecordingError, UnreadableRecordingError
from tests.clips import Header, clip
from tests.conftest import SHARED
from tests.read.joining_files import muxed

LIBRARY_WORDS = ("Operation not permitted", "Invalid data", "Errno", "libdav1d", "whitelist", "__new__", "demux")

FILES = {
    b"": "an empty file",
    bytes(100_000): "a file of zeros",
    b"\x89PNG\r\n\x1a\n" + bytes(500): "a photo",
    b"RIFF\x24\x08\0\0WAVEfmt " + bytes(500): "sound without pictures",
    b"fLaC" + bytes(range(256)): "sound without pictures",
    b"1\r\n00:00:00,000 --> 00:00:01,000\r\nHOME(W: 79.38) GPS(43.6)\r\n\r\n" * 9: "subtitles or positions",
    b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n": "subtitles or positions",
    b"#EXTM3U\n#EXTINF:9,\nsegment0.ts\n": "a playlist",
    b"ffconcat version 1.0\nfile /etc/passwd\n": "a playlist",
    b"PK\3\4" + bytes(range(256)) * 4: "an archive",
    b"%PDF-1.7\n" + bytes(range(256)): "a document",
    b"MZ" + bytes(range(256)) * 4: "a program",
    b"notes of the shift\n" * 50: "a text",
    b"OggS" + bytes(24) + b"\x80theora" + bytes(90): "an Ogg video",
    b"OggS" + bytes(24) + b"\x01vorbis" + bytes(90): "sound without pictures",
    b"FORM\0\0\1\0AIFFCOMM" + bytes(range(200)): "sound without pictures",
    b"\x0bw" + bytes(range(200)): "sound without pictures",
    b"caff\0\1\0\0desc" + bytes(range(200)): "sound without pictures",
    b'<?xml version="1.0"?>\n<!-- made -->\n<MPD type="static"></MPD>': "a playlist",
    b'<?xml version="1.0" encoding="utf-8"?><gpx version="1.1"></gpx>': "subtitles or positions",
    b"$GPRMC,1,A\r\n$GPGGA,1\r\n": "subtitles or positions",
    b"a.mp4" + bytes(252) + b"ustar\x0000" + bytes(range(256)): "an archive",
    b"PK\3\4\x14\0\1\0" + bytes(range(256)) * 4: "a locked archive",
    b"\0\0\0\x18stypmsdh" + bytes(12) + b"\0\0\0\x10moof" + bytes(60): "a piece of a stream",
    b"\xff\xd8\xff\xe0" + bytes(90) + b"\xff\xd9" + b"\xff\xd8\xff\xe0" + bytes(90): "a bare stream of JPEG pictures",
    b".RMF\0\0\0\x12" + bytes(range(200)): "a video in a format that is not taken here",
}


@pytest.mark.parametrize(("content", "what"), FILES.items(), ids=range(len(FILES)))
def test_what_is_no_recording_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "recording.mp4"
    path.write_bytes(content)
    with pytest.raises(UnreadableRecordingError) as caught:
        probe(str(path))
    assert caught.value.what.startswith(what)
    assert caught.value.remedy
    assert not any(word in str(caught.value) for word in LIBRARY_WORDS)


def test_an_mp4_without_its_index_was_not_closed_by_the_camera(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.raises(UnreadableRecordingError, match="the camera did not close this file"):
        probe(str(path))


def photo(path: Path, *, ultra: bool = False) -> bytes:
    exif = Image.Exif()
    exif[271] = "a maker"
    xmp = b'<x:xmpmeta xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/>' if ultra else b""
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path, "JPEG", exif=exif, **({"xmp": xmp} if xmp else {}))
    return path.read_bytes()


def test_a_photo_is_no_recording_of_one_frame(tmp_path: Path) -> None:
    for ultra, what in ((False, "a photo, not a recording"), (True, "an Ultra HDR photo, not a recording")):
        path = tmp_path / "a.jpg"
        photo(path, ultra=ultra)
        with pytest.raises(UnreadableRecordingError, match=what):
            probe(str(path))


def test_a_motion_photo_says_what_video_it_carries(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(photo(path) + clip(tmp_path / "a.mp4", frames=50).read_bytes())
    with pytest.raises(UnreadableRecordingError, match=r"it carries a video of 2\.0 s"):
        probe(str(path))


def test_a_motion_photo_of_a_phone() -> None:
    path = SHARED.parent / "field" / "files" / "motion_photo.heic"
    if not path.exists():
        pytest.skip("../shared/field is not on this machine")
    with pytest.raises(UnreadableRecordingError, match="a photo, not a recording; it carries a video of"):
        probe(str(path))


def test_a_raw_stream_of_jpeg_pictures_is_a_recording(tmp_path: Path) -> None:
    assert (
        len(
            probe(
                str(clip(tmp_path / "a.avi", codec="mjpeg", options={}, frames=3, look=Header(full_range=True)))
            ).packets
        )
        == 3
    )


def test_a_codec_that_is_not_taken_is_named_with_a_remedy_of_this_product(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", codec="ffv1", options={}, frames=2)
    with pytest.raises(RecordingError, match="coded as ffv1, which is not taken here") as caught:
        probe(str(path))
    assert "as MP4" in caught.value.remedy


def test_what_is_no_file_is_said_in_plain_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "round.mp4").symlink_to(tmp_path / "round.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "file").touch()
    said = {
        "pipe.mp4": "it is no file but a pipe, a device or a socket",
        "round.mp4": "its link leads round in a circle",
        "folder.mp4": "it is a folder",
        "file/recording.mp4": "nothing is there",
        "absent.mp4": "nothing is there",
        "n" * 300: "its name is too long",
    }
    for name, what in said.items():
        with pytest.raises(UnreadableRecordingError) as caught:
            probe(str(tmp_path / name))
        assert caught.value.what == f"cannot open the recording: {what}"


def test_a_file_without_pictures_says_what_it_holds(tmp_path: Path) -> None:
    path = muxed(tmp_path / "a.mka", [(clip(tmp_path / "a.mp4", frames=5, tone_hz=440), "audio")])
    with pytest.raises(NoVideoError) as caught:
        probe(str(path))
    assert caught.value.what == "sound without pictures, not a recording (it holds: audio aac)"
