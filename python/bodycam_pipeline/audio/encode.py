"""The sound of a release: none, silence, or what was recorded with every muted span gone before it was encoded.

AAC's first unit (the priming) is left out instead of being hidden by an edit list. The n-th unit that remains then
decodes to samples ``n * 1024`` and on: sound and picture are in step to the sample, and only the first 21 ms fade in.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import zip_longest
from math import ceil, floor
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.codec.context import Flags

from bodycam_pipeline.audio.decode import Pcm, continuous
from bodycam_pipeline.mp4.staged import stage_file
from bodycam_pipeline.mp4.write import pts_shift
from bodycam_pipeline.rules.sounds import released_sounds, sound_format
from bodycam_pipeline.values.encoded import UNIT_SAMPLES, EncodedAudio
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import AudioFacts, Recording
from bodycam_pipeline.values.timeline import Span

MUTE_GROWTH_SAMPLES = 2 * UNIT_SAMPLES
"""Added before and after a muted span. A unit's window reaches one unit to each side, so with two units the span itself
decodes to zeros and not to the ringing of what was said just before."""

_BITS_PER_CHANNEL = 96_000
_BITS_PER_SAMPLE = 4
"""Bit rate of a channel: transparent for speech, and under the 6 bits per sample that a unit can hold."""

_RUN_UP_UNITS = 4
"""Units that are encoded and dropped before a stretch: a unit overlaps its predecessor, and the encoder settles."""

_SILENT_SAMPLES = UNIT_SAMPLES * 16


def encode_audio(
    recording: Recording, rule: AudioRule, muted: Sequence[Span], path: str | Path, number: int = 0
) -> EncodedAudio | None:
    """A sound track of the release as the policy wants it, in a staged file; None where there is to be none.

    Mono stays mono, more channels become stereo. It ends with the picture: what lies outside the picture's time was
    reviewed by nobody. Memory: one second of samples.

    Args:
        recording: As probed.
        rule: ``remove``, ``mute`` (silence as long as the picture) or ``keep``, and which of several tracks.
        muted: Spans in the picture's clock that are to be silent under ``keep``.
        path: Where the units go.
        number: Which of the release's sound tracks (`released_sounds`), from 0.

    Raises:
        UnsupportedRecordingError: the sample rate changes on the way.
        UnreadableRecordingError: the file has changed.
        StorageError: the disk refused.
    """
    released = released_sounds(recording, rule)
    if number >= len(released):
        return None
    sounds = released[number]
    rate, channels = sound_format(sounds)
    if rule.policy == "mute":
        return _encoded(_silence(recording, rate, channels), rate, channels, path)
    pcm = _mixed([_at_rate(_recorded(recording, sound, channels), sound, rate, channels) for sound in sounds])
    silent = _silent_samples(recording, muted, rate, _origin(recording))
    return _encoded(_muted(pcm, silent), rate, channels, path)


def encode_stretch(
    recording: Recording, sounds: Sequence[AudioFacts], silent: Sequence[Span], origin: Fraction, units: range
) -> tuple[EncodedAudio, list[bytes]]:
    """Encode part of a recording's sound, to be heard beside its picture: stretches follow each other without a seam.

    Args:
        recording: As probed.
        sounds: The tracks that are heard, mixed.
        silent: Spans of the picture's clock that are silent.
        origin: The second of the recording's clock at which unit 0 begins.
        units: Which units of `UNIT_SAMPLES` samples.

    Returns:
        What the sound is, and the units.

    Raises:
        UnsupportedRecordingError, UnreadableRecordingError: as `encode_audio`.
    """
    rate, channels = sound_format(sounds)
    first = max(0, units.start - _RUN_UP_UNITS) * UNIT_SAMPLES
    start, samples = origin + Fraction(first, rate), (units.stop + 1) * UNIT_SAMPLES - first
    seconds = Fraction(samples, rate)
    tracks = [
        _at_rate(
            continuous(
                recording.address, sound, _layout(channels), start, ceil(seconds * sound.sample_rate_hz), seek=True
            ),
            sound,
            rate,
            channels,
        )
        for sound in sounds
    ]
    blocks = _muted(_mixed(tracks), _silent_samples(recording, silent, rate, start))
    encoder, wanted = _encoder(rate, channels), range(units.start * UNIT_SAMPLES, units.stop * UNIT_SAMPLES)
    coded = [bytes(p) for p in _packets(encoder, blocks, rate, first) if p.pts is not None and p.pts in wanted]
    sizes = np.array([len(unit) for unit in coded], dtype=np.int64)
    return EncodedAudio("", encoder.extradata or b"", rate, channels, UNIT_SAMPLES, sizes, ""), coded


def _mixed(tracks: Sequence[Iterator[Pcm]]) -> Iterator[Pcm]:
    """The mean of several tracks; one that ends early is silent from there on."""
    if len(tracks) == 1:
        yield from tracks[0]
        return
    for units in zip_longest(*map(_units, tracks)):
        yield np.sum([unit for unit in units if unit is not None], axis=0) / np.float32(len(tracks))


def _layout(channels: int) -> str:
    return "mono" if channels == 1 else "stereo"


def _origin(recording: Recording) -> Fraction:
    """The second of the recording's clock at which the release's clock stands at 0."""
    return pts_shift(recording) * recording.video.time_base


def _length(recording: Recording) -> Fraction:
    """Seconds from the release's time 0 to the end of its picture."""
    return recording.span.end_pts * recording.video.time_base - _origin(recording)


def _recorded(recording: Recording, audio: AudioFacts, channels: int) -> Iterator[Pcm]:
    samples = ceil(_length(recording) * audio.sample_rate_hz)
    return continuous(recording.address, audio, _layout(channels), _origin(recording), samples)


def _silence(recording: Recording, rate: int, channels: int) -> Iterator[Pcm]:
    left = ceil(_length(recording) * rate)
    while left > 0:
        yield np.zeros((channels, min(left, _SILENT_SAMPLES)), dtype=np.float32)
        left -= _SILENT_SAMPLES


def _at_rate(blocks: Iterator[Pcm], audio: AudioFacts, rate: int, channels: int) -> Iterator[Pcm]:
    """The same sound at a rate that AAC knows."""
    if rate == audio.sample_rate_hz:
        yield from blocks
        return
    layout = _layout(channels)
    resampler = AudioResampler("fltp", layout, rate)
    position = 0
    for block in blocks:
        frames = resampler.resample(_frame(block, position, audio.sample_rate_hz))
        position += block.shape[1]
        yield from (np.asarray(frame.to_ndarray(), dtype=np.float32) for frame in frames)
    yield from (np.asarray(frame.to_ndarray(), dtype=np.float32) for frame in resampler.resample(None))


def _silent_samples(recording: Recording, muted: Sequence[Span], rate: int, origin: Fraction) -> list[tuple[int, int]]:
    """Half-open runs of samples after the origin that must be zero: the spans, rounded outward and grown."""
    seconds = recording.video.time_base
    return [
        (
            floor((span.start_pts * seconds - origin) * rate) - MUTE_GROWTH_SAMPLES,
            ceil((span.end_pts * seconds - origin) * rate) + MUTE_GROWTH_SAMPLES,
        )
        for span in muted
    ]


def _muted(blocks: Iterable[Pcm], runs: Sequence[tuple[int, int]]) -> Iterator[Pcm]:
    position = 0
    for block in blocks:
        end = position + block.shape[1]
        for first, last in runs:
            if first < end and last > position:
                block[:, max(0, first - position) : last - position] = 0
        yield block
        position = end


def _encoded(blocks: Iterable[Pcm], rate: int, channels: int, path: str | Path) -> EncodedAudio | None:
    encoder = _encoder(rate, channels)
    sizes: list[int] = []
    with stage_file(path) as file:
        for packet in _packets(encoder, blocks, rate):
            if packet.pts is not None and packet.pts >= 0:  # the priming unit lies before time 0
                file.write(bytes(packet))
                sizes.append(packet.size)
    size_bytes = np.array(sizes, dtype=np.int64)
    config = encoder.extradata or b""
    return EncodedAudio(str(path), config, rate, channels, UNIT_SAMPLES, size_bytes, file.sha256) if sizes else None


def _packets(
    encoder: AudioCodecContext, blocks: Iterable[Pcm], rate: int, first: int = 0
) -> "Iterator[av.Packet[av.AudioStream]]":
    position = first
    for unit in _units(blocks):
        yield from encoder.encode(_frame(unit, position, rate))
        position += unit.shape[1]
    if position > first:
        yield from encoder.encode(None)


def _units(blocks: Iterable[Pcm]) -> Iterator[Pcm]:
    """Blocks of exactly one unit; the last one is filled with silence."""
    rest: Pcm | None = None
    for block in blocks:
        rest = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = rest.shape[1] // UNIT_SAMPLES * UNIT_SAMPLES
        for first in range(0, whole, UNIT_SAMPLES):
            yield rest[:, first : first + UNIT_SAMPLES]
        rest = rest[:, whole:]
    if rest is not None and rest.shape[1]:
        yield np.pad(rest, ((0, 0), (0, UNIT_SAMPLES - rest.shape[1])))


def _frame(pcm: Pcm, position: int, rate: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="fltp", layout=_layout(len(pcm)))
    frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
    return frame


def _encoder(rate: int, channels: int) -> AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.format, encoder.layout = rate, "fltp", _layout(channels)
    encoder.bit_rate = min(_BITS_PER_CHANNEL, _BITS_PER_SAMPLE * rate) * channels
    encoder.time_base = Fraction(1, rate)
    encoder.thread_count = 1
    encoder.flags |= Flags.global_header | Flags.bitexact
    encoder.options = {"aac_pns": "0"}  # noise in place of sound would sound like tampering
    return encoder
