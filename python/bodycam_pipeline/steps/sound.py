"""The sound of a release: in one piece, since it is small and has no groups to cut at."""

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
    """All that the sound needs: the spans are those that a person muted, and those in which frames are withheld."""

    recording: Recording
    rule: AudioRule
    muted: tuple[Span, ...]
    result_path: str

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.recording.address,), (), (str(Path(self.result_path).parent),))


def render_sound_track(task: SoundTask) -> EncodedAudio | None:
    """Encode the sound as the policy wants it, at ``task.result_path``; None where the release has none.

    Raises:
        BodycamError: as decoding and encoding do.
    """
    return encode_audio(task.recording, task.rule, task.muted, task.result_path)
