"""Every stream of a container, the one that is redacted, and what becomes of the others."""

import shlex
from collections import Counter
from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from bodycam_pipeline.read.codecs import SOUND_CODECS, spoken_codec
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.address import name_of
from bodycam_pipeline.values.errors import NoVideoError, UndecidedRecordingError
from bodycam_pipeline.values.recording import AudioFacts, StreamDisposition

_STILLS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def picture_track(container: InputContainer, address: str, asked: int | None = None) -> VideoStream:
    """The track that will be redacted: a default one first, then the one with the most pixels per second.

    Cover art is never it. Pixels per second rather than pixels: phones put a sharper but nearly still track beside.

    Raises:
        NoVideoError: there is none, or the one that was asked for is none.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & _STILLS]
    if not moving:
        raise _no_pictures(container, address)
    if asked is not None:
        return _asked(moving, asked, address)
    return max(moving, key=lambda stream: (bool(stream.disposition & Disposition.default), _pixel_rate(stream)))


def _no_pictures(container: InputContainer, address: str) -> NoVideoError:
    held = ", ".join(map(_what, container.streams)) or "nothing"
    sound = "sound without pictures, not a recording" if container.streams.audio else "no moving picture is in it"
    return NoVideoError(
        f"{sound} (it holds: {held})",
        remedy="Look for the recording itself on the card or in the export: only moving pictures can be redacted.",
        where=place(address),
    )


def _asked(moving: list[VideoStream], asked: int, address: str) -> VideoStream:
    for stream in moving:
        if stream.index == asked:
            return stream
    numbers = ", ".join(str(stream.index) for stream in moving)
    raise NoVideoError(
        f"stream {asked} is no video track that moves",
        remedy=f"Those that do are {numbers}: name one with --track.",
        where=place(address),
    )


def refuse_second_camera(container: InputContainer, chosen: VideoStream, counts: Counter[int], address: str) -> None:
    """Refuse to choose between two cameras in one file: a track with a quarter as many frames, or more, is one.

    Args:
        container: Opened.
        chosen: The track that would be redacted.
        counts: Packets of each stream.
        address: What errors call the file.

    Raises:
        UndecidedRecordingError: there is another camera, and nobody said which is meant.
    """
    cameras = [
        stream
        for stream in container.streams.video
        if not stream.disposition & _STILLS and _STILL_SHARE * counts[stream.index] >= counts[chosen.index]
    ]
    if len(cameras) < 2:
        return
    listed = "; ".join(f"{stream.index}: {_what(stream)}, {counts[stream.index]} pictures" for stream in cameras)
    raise UndecidedRecordingError(
        f"the file holds the pictures of {len(cameras)} cameras, and one release holds those of one ({listed})",
        remedy="Redact each of them, by its number: "
        + " and ".join(f"`bodycam redact {shlex.quote(name_of(address))} --track {s.index}`" for s in cameras)
        + ". What nobody asks for is not released.",
        where=place(address),
    )


def picture_notes(container: InputContainer, chosen: VideoStream, counts: Counter[int]) -> list[str]:
    """What is said of video that is left out: those of other tracks, and of a second eye in the same track."""
    others = [s for s in container.streams.video if s.index != chosen.index and not s.disposition & _STILLS]
    notes = [
        f"video track {s.index} ({_what(s)}, {counts[s.index]} frames) is left out" for s in others if counts[s.index]
    ]
    if chosen.disposition & Disposition.multilayer:
        notes.append("a stereo recording: the base eye is redacted, the second eye left out")
    return notes


_STILL_SHARE = 4
"""A track with fewer than one frame in so many of the chosen one's is a phone's still track, and no camera's."""


def _pixel_rate(stream: VideoStream) -> Fraction:
    decoder = stream.codec_context
    size = decoder.width * decoder.height if decoder is not None else 0
    return size * (stream.average_rate or Fraction(1))


def sound_tracks(container: InputContainer) -> tuple[AudioFacts, ...]:
    """Every sound track, in the order of the file, whether or not it can be decoded here."""
    return tuple(map(_sound, container.streams.audio))


def _sound(stream: AudioStream) -> AudioFacts:
    decoder = stream.codec_context
    default = bool(stream.disposition & Disposition.default)
    if decoder is None:
        return AudioFacts(stream.index, "of unknown kind", 0, 0, default, decodable=False)
    known = decoder.name in SOUND_CODECS and bool(decoder.sample_rate)
    return AudioFacts(stream.index, spoken_codec(decoder.name), decoder.sample_rate, decoder.channels, default, known)


def stream_dispositions(container: InputContainer, chosen: VideoStream) -> tuple[StreamDisposition, ...]:
    """What becomes of every stream, a second video track included; the sound's disposition is the policy's to decide.

    The manifest says it under ``streams`` (`release/manifest.py`), `bodycam inspect` and the report as well.
    """
    return tuple(
        StreamDisposition(
            stream.index,
            _what(stream),
            "redacted" if stream.index == chosen.index else "removed",
            _why(stream, chosen),
        )
        for stream in container.streams
    )


def _what(stream: Stream) -> str:
    decoder: Any = stream.codec_context
    name = spoken_codec(decoder.name) if decoder is not None else getattr(stream, "name", None) or "of unknown kind"
    if isinstance(stream, VideoStream):
        kind = "attached picture" if stream.disposition & _STILLS else "video"
        size = f" {decoder.width}x{decoder.height}" if decoder is not None else ""
        return f"{kind} {name}{size}"
    return f"{stream.type} {name}"


def _why(stream: Stream, chosen: VideoStream) -> str:
    if stream.index == chosen.index:
        return "the video track"
    if isinstance(stream, AudioStream):
        return "the policy decides"
    if isinstance(stream, VideoStream):
        return "pictures that nobody redacted"
    return "it may carry positions, names or speech that nobody reviewed"
