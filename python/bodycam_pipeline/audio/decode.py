"""The recording's sound as one continuous run of samples that begins at the release's time 0."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from math import floor
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from bodycam_pipeline.read.container import open_container, prepare_sound_decoder, recording_changed
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import UnsupportedRecordingError
from bodycam_pipeline.values.recording import AudioFacts

Pcm = NDArray[np.float32]
"""Shape (channels, samples), -1..1."""

_JITTER = Fraction(1, 100)
"""Seconds by which a container's rounded times may disagree with the samples before they are believed: less than half
an AAC frame, and never added up, since every frame is compared with the time itself."""

_RUN_UP_SECONDS = 2
"""A decoder needs some frames before the first one that is right; a container may seek to a later one than asked."""

_SILENCE_SAMPLES = 1 << 15
"""Samples of silence handed out at once: a recording whose sound begins an hour late must not fill the memory."""


def continuous(
    address: str, audio: AudioFacts, layout: str, origin: Fraction, samples: int, *, seek: bool = False
) -> Iterator[Pcm]:
    """The first ``samples`` samples after ``origin`` (seconds of the recording's clock), at the track's own rate.

    What begins late, or is missing in between, is silence, so that sound and picture never drift; what overlaps or lies
    before the origin is left out. The end is not padded. With ``seek`` the file is not read from its start, which is
    right to the ear, and not to the last bit.

    Raises:
        UnreadableRecordingError: the track is not there any more.
        UnsupportedRecordingError: the sample rate changes on the way.
    """
    written = 0
    for frame in _frames(address, audio, layout, origin - _RUN_UP_SECONDS if seek else None):
        pcm: Pcm = np.asarray(frame.to_ndarray(), dtype=np.float32)
        start = _start(frame, origin, audio.sample_rate_hz, written)
        yield from _silence(len(pcm), min(start, samples) - written)
        pcm = pcm[:, max(0, written - start) : max(0, samples - start)]
        written = max(written, min(start, samples)) + pcm.shape[1]
        if pcm.shape[1]:
            yield pcm
        if written >= samples:
            return


def _start(frame: AudioFrame, origin: Fraction, rate: int, written: int) -> int:
    """The sample at which a frame begins, counted from the origin."""
    if frame.pts is None or frame.time_base is None:
        return written
    exact = (frame.pts * frame.time_base - origin) * rate
    return written if abs(exact - written) <= _JITTER * rate else round(exact)


def _silence(channels: int, samples: int) -> Iterator[Pcm]:
    while samples > 0:
        yield np.zeros((channels, min(samples, _SILENCE_SAMPLES)), dtype=np.float32)
        samples -= _SILENCE_SAMPLES


def _frames(address: str, audio: AudioFacts, layout: str, start: Fraction | None) -> Iterator[AudioFrame]:
    """Decodable frames of the track, as planar floats of one layout; what does not decode is a gap in time.

    From some second on, or from a little earlier; from the first one where that is None.
    """
    with open_container(address) as container:
        stream = next((s for s in container.streams.audio if s.index == audio.stream_index), None)
        if stream is None:
            raise recording_changed(address)
        prepare_sound_decoder(stream)
        if start is not None and start > (stream.start_time or 0) * (stream.time_base or 0):
            with suppress(av.error.FFmpegError):  # what cannot be sought is read from its start
                container.seek(floor(start / (stream.time_base or 1)), stream=stream)
        convert: dict[tuple[str, str], AudioResampler] = {}
        for packet in container.demux(stream):
            for frame in _decoded(stream, packet):
                if frame.sample_rate != audio.sample_rate_hz:
                    raise _rate_changes(address)
                kind = (frame.format.name, frame.layout.name)
                resampler = convert.setdefault(kind, AudioResampler("fltp", layout, audio.sample_rate_hz))
                yield from resampler.resample(frame)


def _decoded(stream: AudioStream, packet: "av.Packet[AudioStream]") -> list[AudioFrame]:
    try:
        return cast("list[AudioFrame]", cast("Any", stream.codec_context).decode(packet))
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError:
        return []


def _rate_changes(address: str) -> UnsupportedRecordingError:
    return UnsupportedRecordingError(
        "the sample rate of the sound changes in the middle of the recording",
        remedy="Release it without sound (audio.policy = 'remove' or 'mute').",
        where=place(address),
    )
