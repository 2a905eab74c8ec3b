"""What is heard beside the picture on the page, and in which pieces; a box decodes it."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

from bodycam_pipeline.rules.sounds import chosen_sounds, sound_format
from bodycam_pipeline.values.encoded import UNIT_SAMPLES
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import AudioFacts, Recording

PIECE_UNITS = 375
"""Units of 1024 samples in one piece: 8 seconds at 48 kHz."""


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

    def facts(self) -> dict[str, Any] | None:
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

    def units(self, piece: int) -> range:
        """Which units are in one piece.

        Raises:
            IndexError: there is no such piece, as where nothing can be heard.
        """
        if not 0 <= piece < self.pieces:
            raise IndexError(piece)
        return range(piece * PIECE_UNITS, (piece + 1) * PIECE_UNITS)
