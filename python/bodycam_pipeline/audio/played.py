"""The sound of a recording beside its picture: how loud it is over time, and what is played, in memory alone."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bodycam_pipeline.audio.decode import continuous
from bodycam_pipeline.audio.encode import encode_stretch
from bodycam_pipeline.mp4.proxy import sound_initialisation, sound_piece
from bodycam_pipeline.values.recording import AudioFacts, Recording
from bodycam_pipeline.values.timeline import Span


def waveform(recording: Recording, bins: int) -> bytes:
    """The loudest sample of each of ``bins`` equal stretches of the picture's time, 0..255; empty without sound.

    Raises:
        UnreadableRecordingError, UnsupportedRecordingError: as the sound's decoder.
    """
    if recording.audio is None:
        return b""
    span, base = recording.span, recording.video.time_base
    rate = recording.audio.sample_rate_hz
    samples = int((span.end_pts - span.start_pts) * base * rate)
    peaks, written = np.zeros(bins, np.float32), 0
    for pcm in continuous(recording.address, recording.audio, "mono", Fraction(span.start_pts) * base, samples):
        loud = np.abs(pcm).max(axis=0)
        places = np.minimum((np.arange(written, written + len(loud)) * bins) // max(samples, 1), bins - 1)
        np.maximum.at(peaks, places, loud)
        written += len(loud)
    return (np.clip(peaks, 0, 1) * 255).astype(np.uint8).tobytes()


def start_of_sound(recording: Recording, sounds: Sequence[AudioFacts]) -> bytes:
    """Make the segment that the pieces of some sound tracks, mixed, are appended behind.

    Raises:
        UnreadableRecordingError, UnsupportedRecordingError: as the sound's decoder.
    """
    sound, _ = encode_stretch(recording, sounds, (), _origin(recording), range(1))
    return sound_initialisation(sound)


def piece_of_sound(recording: Recording, sounds: Sequence[AudioFacts], units: range, silent: Sequence[Span]) -> bytes:
    """Make one piece, of some units, of sound tracks that are mixed; some spans of the picture's time are silent.

    Raises:
        UnreadableRecordingError, UnsupportedRecordingError: as the sound's decoder.
    """
    sound, coded = encode_stretch(recording, sounds, silent, _origin(recording), units)
    return sound_piece(sound, units.start, coded)


def _origin(recording: Recording) -> Fraction:
    return Fraction(recording.span.start_pts) * recording.video.time_base
