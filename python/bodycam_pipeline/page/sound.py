"""The sound of a recording beside its picture: how loud it is over time, and what is played, in memory alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np

from bodycam_pipeline.audio.decode import continuous
from bodycam_pipeline.audio.encode import UNIT_SAMPLES, encode_stretch, sound_format
from bodycam_pipeline.mp4.proxy import sound_initialisation, sound_piece
from bodycam_pipeline.rules.sounds import chosen_sounds
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import AudioFacts, Recording
from bodycam_pipeline.values.timeline import Span

BINS = 4000
PIECE_UNITS = 375
"""Units of 1024 samples in one piece: 8 seconds at 48 kHz."""


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


@dataclass(frozen=True)
class PlayedSound:
    """The sound that is played: as it was recorded, or as the release has it. For any thread.

    Attributes:
        recording: Whose.
        rule: What the policy wants of its sound.
    """

    recording: Recording
    rule: AudioRule

    @cached_property
    def recorded(self) -> tuple[AudioFacts, ...]:
        """The tracks that are heard, mixed: all that the policy chooses, else the one that the file plays."""
        chosen = chosen_sounds(self.recording, self.rule) if self.is_released else (self.recording.audio,)
        return tuple(sound for sound in chosen if sound is not None and sound.decodable)

    @property
    def is_released(self) -> bool:
        """True where the release has a sound that is more than silence."""
        return self.rule.policy == "keep" and self.recording.audio is not None

    def told(self) -> dict[str, Any] | None:
        """What a player has to know: how many pieces of how many seconds; None where nothing can be heard."""
        if not self.recorded:
            return None
        seconds = PIECE_UNITS * UNIT_SAMPLES / sound_format(self.recorded)[0]
        return {"pieces": self.pieces, "seconds": seconds, "released": self.is_released}

    @property
    def pieces(self) -> int:
        """How many pieces there are; 0 where nothing can be heard."""
        if not self.recorded:
            return 0
        span = self.recording.span
        seconds = (span.end_pts - span.start_pts) * self.recording.video.time_base
        return ceil(seconds * sound_format(self.recorded)[0] / (PIECE_UNITS * UNIT_SAMPLES))

    def initialisation(self) -> bytes:
        """The segment that the pieces are appended behind."""
        sound, _ = encode_stretch(self.recording, self.recorded, (), self._origin, range(1))
        return sound_initialisation(sound)

    def piece(self, number: int, silent: Sequence[Span]) -> bytes:
        """One piece; some spans of the picture's time are silent.

        Raises:
            IndexError: there is no such piece, as where nothing can be heard.
            UnreadableRecordingError, UnsupportedRecordingError: as the sound's decoder.
        """
        if not 0 <= number < self.pieces:
            raise IndexError(number)
        first = number * PIECE_UNITS
        units = range(first, first + PIECE_UNITS)
        sound, coded = encode_stretch(self.recording, self.recorded, silent, self._origin, units)
        return sound_piece(sound, first, coded)

    @property
    def _origin(self) -> Fraction:
        return Fraction(self.recording.span.start_pts) * self.recording.video.time_base
