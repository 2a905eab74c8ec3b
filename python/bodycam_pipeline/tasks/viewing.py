"""What a person who reviews a recording is shown of it, and what showing it needs."""

from dataclasses import dataclass
from typing import Any

from bodycam_pipeline.tasks.question import Question
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import Recording

WAVEFORM_SECONDS = 1800.0
"""All of the sound is decoded for it."""


@dataclass(frozen=True)
class ViewTask:
    """All that showing a recording needs.

    Attributes:
        recording: As probed.
        budget_bytes: Of decoded frames that are kept.
    """

    recording: Recording
    budget_bytes: int

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.recording.address,))


open_viewer = Step[ViewTask, Any]("viewing", "open_viewer", type(None), recorded=False)

still = Question[bytes]("still", bytes)
crops = Question[bytes]("crops", bytes)
ranked = Question[tuple[int, ...]]("rank_by_sharpness", tuple[int, ...])
codec = Question[str]("codec", str)
initialisation = Question[bytes]("initialisation", bytes)
piece = Question[bytes]("piece", bytes)
start_of_sound = Question[bytes]("start_of_sound", bytes)
piece_of_sound = Question[bytes]("piece_of_sound", bytes)
waveform = Question[bytes]("waveform", bytes, limit_seconds=WAVEFORM_SECONDS)
"""Methods of `steps.viewing.Viewer` answer them, by these names."""
