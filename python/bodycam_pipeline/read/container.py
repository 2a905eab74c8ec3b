"""Open a container so that it can do nothing but be read: no other file, no network, no exotic parser."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL
from typing import BinaryIO, NoReturn

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from bodycam_pipeline.read.codecs import FORMATS, PICTURE_CODECS, SOUND_CODECS, spoken_codec
from bodycam_pipeline.read.kinds import file_kind
from bodycam_pipeline.schemes import open_recording, place
from bodycam_pipeline.values.errors import (
    BodycamError,
    StorageError,
    UnreadableRecordingError,
    UnsupportedRecordingError,
)

BUFFER_BYTES = 1 << 20
"""Read ahead of one demuxer: a large buffer makes a Python file object as fast as FFmpeg's own reader."""

MAX_PIXELS = 8192 * 4320
"""Luma samples of the largest frame taken (DCI 8K). A 200 kB file can ask for gigabytes of frame."""

_OPTIONS = {
    "format_whitelist": ",".join(sorted(FORMATS)),
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(PICTURE_CODECS | SOUND_CODECS)),
    "max_pixels": str(MAX_PIXELS),
    "threads": "1",
}


@contextmanager
def open_container(address: str) -> Iterator[InputContainer]:
    """A recording's container, closed afterwards; every FFmpeg error inside becomes one of ours.

    Raises:
        UnreadableRecordingError: not a container we take, or broken.
        StorageError: the disk failed to give the bytes.
    """
    with open_recording(address) as file, open_container_file(file, address) as container:
        yield container


@contextmanager
def open_container_file(file: BinaryIO, address: str) -> Iterator[InputContainer]:
    """Open a container in a file that is open already; ``address`` is what errors call it.

    Raises:
        UnreadableRecordingError, StorageError: as `open_container`.
    """
    with _named_errors(file, address), _container(file) as container:
        yield container


def _container(file: BinaryIO) -> InputContainer:
    return av.open(
        file,
        mode="r",
        buffer_size=getattr(file, "read_ahead_bytes", BUFFER_BYTES),
        options=_OPTIONS,
        metadata_errors="replace",  # a camera's metadata in a national code page is no reason to refuse it
        io_open=_refuse_other_files,
    )


def _refuse_other_files(_url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    raise PermissionError("a recording may not name other files")


@contextmanager
def _named_errors(file: BinaryIO, address: str) -> Iterator[None]:
    try:
        yield
    except BodycamError:
        raise
    except av.error.ArgumentError as error:  # what FFmpeg says of a format outside the list
        raise _unreadable(file, "not a recording in a format that is taken here", address) from error
    except (av.error.FFmpegError, UnicodeDecodeError, OverflowError) as error:
        raise _unreadable(file, "no recording that can be read: what it says of itself is wrong", address) from error
    except OSError as error:
        if error.errno == EINVAL:  # the file sent the demuxer to a place before its beginning
            raise _unreadable(file, "no recording that can be read: it points outside of itself", address) from error
        raise StorageError(
            f"cannot read the recording: {error.strerror or error}",
            remedy="Check the disk or the network share, then run the same command again.",
            where=place(address),
        ) from error


def _unreadable(file: BinaryIO, what: str, address: str) -> UnreadableRecordingError:
    """The refusal of a file that FFmpeg does not read: by what it is, where its bytes say that."""
    with suppress(OSError, ValueError):  # a disk that fails, or a file that is closed, has nothing to say
        if kind := file_kind(file):
            return UnreadableRecordingError(kind.what, remedy=kind.remedy, where=place(address))
    return UnreadableRecordingError(
        what,
        remedy="Copy it again from the card, or export it once more from the camera's or the evidence system's "
        "software as MP4 (H.264 or H.265).",
        where=place(address),
    )


def prepare_decoder(stream: VideoStream, address: str) -> None:
    """Bind a video track's decoder to one thread, an allowed codec and a bounded frame, before its first packet.

    One thread makes the frames, and the moment each of them comes out, independent of the machine.

    Raises:
        UnsupportedRecordingError: a codec outside `PICTURE_CODECS`, or a frame above `MAX_PIXELS`.
    """
    decoder = stream.codec_context
    if decoder is None or decoder.name not in PICTURE_CODECS:
        raise UnsupportedRecordingError(
            f"the pictures are coded as {spoken_codec(decoder.name) if decoder else 'nobody knows what'}, which is not "
            "taken here",
            remedy="Export it from the camera's or the evidence system's software as MP4 (H.264 or H.265).",
            where=place(address),
        )
    if decoder.width * decoder.height > MAX_PIXELS:
        raise UnsupportedRecordingError(
            f"a picture of {decoder.width}x{decoder.height} is larger than {MAX_PIXELS} pixels",
            remedy="No body camera records this: check where the file comes from.",
            where=place(address),
        )
    decoder.thread_count = 1
    decoder.options = {
        "max_pixels": str(MAX_PIXELS),
        "codec_whitelist": decoder.name,
        "err_detect": "crccheck",
    }


def prepare_sound_decoder(stream: AudioStream) -> None:
    """Bind a sound track's decoder to one thread and its own codec, before its first packet."""
    decoder = stream.codec_context
    decoder.thread_count = 1
    decoder.options = {"codec_whitelist": decoder.name}


def video_stream(container: InputContainer, index: int, address: str) -> VideoStream:
    """A video track by its number.

    Raises:
        UnreadableRecordingError: the file has changed, and it is not there any more.
    """
    stream = next((stream for stream in container.streams.video if stream.index == index), None)
    if stream is None:
        raise recording_changed(address)
    return stream


def recording_changed(address: str) -> UnreadableRecordingError:
    """The file is not the one that was probed."""
    return UnreadableRecordingError(
        "the recording does not hold the packets that were found when it was first read",
        remedy="It was changed or replaced meanwhile, or the disk is failing: start again from the original.",
        where=place(address),
    )


def decode_packet(stream: VideoStream, packet: "av.Packet[VideoStream] | None") -> list[av.VideoFrame]:
    """The frames that come out when a packet goes in, an empty packet at the end; none where it cannot be decoded.

    Whoever calls must know which frames to expect: a missing frame is the only sign of damage.
    """
    try:
        return stream.codec_context.decode(packet)
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError:
        return []
