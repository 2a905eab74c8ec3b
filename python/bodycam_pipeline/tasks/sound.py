"""What one sound track of a release needs."""

from dataclasses import dataclass

from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.encoded import EncodedAudio
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span


@dataclass(frozen=True)
class SoundTask:
    """All that one sound track needs.

    Attributes:
        recording: As probed.
        rule: What the policy says of the sound.
        muted: What a person muted, and what is withheld.
        result_path: Where the coded sound goes.
        number: Which of the release's sound tracks, from 0.
    """

    recording: Recording
    rule: AudioRule
    muted: tuple[Span, ...]
    result_path: str
    number: int = 0

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.recording.address,), (), (self.result_path,))


render_sound_track = Step[SoundTask, EncodedAudio | None]("sound", "render_sound_track", EncodedAudio | None)
