"""The sound of a release: each track in one piece, since it is small and has no GOPs to cut at."""

from bodycam_pipeline.audio.encode import encode_audio
from bodycam_pipeline.tasks.sound import SoundTask
from bodycam_pipeline.values.encoded import EncodedAudio


def render_sound_track(task: SoundTask) -> EncodedAudio | None:
    """Encode the sound as the policy wants it, at ``task.result_path``; None where the release has none.

    Raises:
        BodycamError: as decoding and encoding do.
    """
    return encode_audio(task.recording, task.rule, task.muted, task.result_path, task.number)
