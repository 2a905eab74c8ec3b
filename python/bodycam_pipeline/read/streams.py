"""Every stream of a container, the one that is redacted, and what becomes of the others."""

from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from bodycam_pipeline.read.codecs import SOUND_CODECS
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import NoVideoError
from bodycam_pipeline.values.recording import AudioFacts, StreamDisposition

_STILLS = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


def picture_track(container: InputContainer, address: str) -> VideoStream:
    """The track that will be redacted: a default one first, then the one with the most pixels per second.

    Cover art is never it. Pixels per second rather than pixels: phones put a sharper but nearly still track beside.

    Raises:
        NoVideoError: there is none.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & _STILLS]
    if not moving:
        raise NoVideoError(
            f"no picture track among {len(container.streams)} streams",
            remedy="Check that this is the right file: only recordings with moving pictures can be redacted.",
            where=place(address),
        )
    return max(moving, key=lambda stream: (bool(stream.disposition & Disposition.default), _pixel_rate(stream)))


def _pixel_rate(stream: VideoStream) -> Fraction:
    decoder = stream.codec_context
    size = decoder.width * decoder.height if decoder is not None else 0
    return size * (stream.average_rate or Fraction(1))


def sound_track(container: InputContainer) -> AudioFacts | None:
    """The first sound track, if it is one that can be decoded here."""
    stream = next(iter(container.streams.audio), None)
    decoder = stream.codec_context if stream is not None else None
    if stream is None or decoder is None or decoder.name not in SOUND_CODECS or not decoder.sample_rate:
        return None
    return AudioFacts(stream.index, decoder.name, decoder.sample_rate, decoder.channels)


def stream_dispositions(container: InputContainer, chosen: VideoStream) -> tuple[StreamDisposition, ...]:
    """What becomes of every stream; the sound's disposition is the policy's to decide."""
    sound = sound_track(container)
    kept = {chosen.index: "redacted"}
    return tuple(
        StreamDisposition(
            stream.index, _what(stream), "redacted" if stream.index in kept else "removed", _why(stream, chosen, sound)
        )
        for stream in container.streams
    )


def _what(stream: Stream) -> str:
    decoder: Any = stream.codec_context
    name = decoder.name if decoder is not None else getattr(stream, "name", None) or "of unknown kind"
    if isinstance(stream, VideoStream):
        kind = "attached picture" if stream.disposition & _STILLS else "video"
        size = f" {decoder.width}x{decoder.height}" if decoder is not None else ""
        return f"{kind} {name}{size}"
    return f"{stream.type} {name}"


def _why(stream: Stream, chosen: VideoStream, sound: AudioFacts | None) -> str:
    if stream.index == chosen.index:
        return "the picture track"
    if isinstance(stream, AudioStream):
        if sound is None:
            return "its codec is not decoded here"
        first = stream.index == sound.stream_index
        return "the policy decides" if first else "only the first sound track can be released"
    if isinstance(stream, VideoStream):
        return "pictures that nobody redacted"
    return "it may carry positions, names or speech that nobody reviewed"
