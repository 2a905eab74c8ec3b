"""A recording is read, and nothing else is: no other file, no exotic parser, no absurd picture."""

import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, Self

import av
import pytest

from bodycam_pipeline.read import container as module
from bodycam_pipeline.read.codecs import FORMATS, PICTURE_CODECS, SOUND_CODECS
from bodycam_pipeline.read.container import open_container
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.schemes import open_recording
from bodycam_pipeline.values.errors import StorageError, UnreadableRecordingError
from tests.clips import clip

PLAYLISTS = {
    "hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "list.mp4": "ffconcat version 1.0\nfile '{target}'\n",
    "dash.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{target}</BaseURL></MPD>',
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_playlist_opens_no_other_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target = clip(tmp_path / "secret.mp4", frames=2)
    path = tmp_path / name
    path.write_text(PLAYLISTS[name].format(target=target))
    asked: list[str] = []
    monkeypatch.setattr(module, "_refuse_other_files", lambda url, *_: asked.append(url))
    with pytest.raises(UnreadableRecordingError):
        probe(str(path))
    assert asked == []


def test_ffmpeg_is_given_a_file_and_never_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(tmp_path / "a.mkv", frames=2)
    given: list[object] = []
    really = av.open
    monkeypatch.setattr(av, "open", lambda file, **options: (given.append(file), really(file, **options))[1])
    probe(str(path))
    assert given
    assert all(hasattr(file, "read") and not isinstance(file, str | Path) for file in given)


def test_a_recording_may_not_name_other_files() -> None:
    with pytest.raises(PermissionError):
        module._refuse_other_files("file:///etc/passwd", 1, {})


def test_formats_that_open_other_files_are_not_on_the_list() -> None:
    others = {"hls", "applehttp", "concat", "dash", "image2", "image2pipe", "rtsp", "sdp", "lavfi", "tee", "ffmetadata"}
    assert not others & FORMATS


def test_every_listed_codec_is_a_decoder_that_exists() -> None:
    for name in PICTURE_CODECS | SOUND_CODECS:
        assert av.Codec(name, "r").name == name


def test_metadata_in_another_code_page_is_no_reason_to_refuse(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    clip(path, frames=2)
    data = path.read_bytes()
    assert b"Lavf" in data
    path.write_bytes(data.replace(b"Lavf", b"\xff\xfe\xe9f"))
    assert len(probe(str(path)).packets) == 2


class _FailingDisk:
    """A file whose disk dies after the first read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._reads = file, 0

    def read(self, size: int) -> bytes:
        self._reads += 1
        if self._reads > 1:
            raise OSError(5, "Input/output error")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_a_failing_disk_is_not_called_a_bad_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(clip(tmp_path / "a.mp4", frames=60, size=(640, 480)))
    monkeypatch.setattr(module, "BUFFER_BYTES", 4096)
    monkeypatch.setattr(module, "open_recording", lambda _address: _FailingDisk(open_recording(address)))
    with pytest.raises(StorageError, match="Input/output error"), open_container(address) as container:
        list(container.demux(video=0))


def test_the_original_is_not_written_to(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=3)
    path.chmod(0o444)
    before = path.read_bytes()
    probe(str(path))
    assert path.read_bytes() == before


def test_media_loads_without_the_other_rooms() -> None:
    code = (
        "import sys, bodycam_pipeline.read.probe, bodycam_pipeline.mp4.write\n"
        "print(sorted({'onnxruntime', 'ray'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
