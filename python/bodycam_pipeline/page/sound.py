"""The sound of a recording as a waveform: how loud it is over time, and nothing that could be heard."""

from fractions import Fraction

import numpy as np

from bodycam_pipeline.audio.decode import continuous
from bodycam_pipeline.values.recording import Recording

BINS = 4000


def waveform(recording: Recording, bins: int = BINS) -> bytes:
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
