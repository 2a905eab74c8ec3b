"""The sound of a release: each track in one piece, since it is small and has no GOPs to cut at."""

from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.audio.encode import encode_audio
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
        return Needs((self.recording.address,), (), (str(Path(self.result_path).parent),))


def render_sound_track(task: SoundTask) -> EncodedAudio | None:
    """Encode the sound as the policy wants it, at ``task.result_path``; None where the release has none.

    Raises:
        BodycamError: as decoding and encoding do.
    """
    return encode_audio(task.recording, task.rule, task.muted, task.result_path, task.number)
