"""Which sound tracks of a recording a release takes, under its policy, and what is said of the others."""

from collections.abc import Sequence

from bodycam_pipeline.values.errors import Place, UndecidedRecordingError
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import AudioFacts, Recording

_AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""ISO/IEC 14496-3, table 1.18."""

_FALLBACK_RATE_HZ = 48000


def sound_format(sounds: Sequence[AudioFacts]) -> tuple[int, int]:
    """The sample rate and the channels in which tracks are encoded together."""
    rate = sounds[0].sample_rate_hz if sounds[0].sample_rate_hz in _AAC_RATES_HZ else _FALLBACK_RATE_HZ
    return rate, max(min(max(sound.channels, 1), 2) for sound in sounds)


def chosen_sounds(recording: Recording, rule: AudioRule) -> tuple[AudioFacts, ...]:
    """The sound tracks that the release takes; empty where the policy, or the recording, has none.

    Raises:
        UndecidedRecordingError: the policy names a track that is not there, or keeps one that cannot be decoded here.
    """
    if rule.policy == "remove" or recording.audio is None:
        return ()
    if rule.tracks == "default":
        chosen: tuple[AudioFacts, ...] = (recording.audio,)
    elif isinstance(rule.tracks, str):
        chosen = recording.sounds
    else:
        chosen = tuple(sound for sound in recording.sounds if sound.stream_index in rule.tracks)
        _refuse_absent(recording, rule.tracks, chosen)
    if rule.policy == "keep":
        _refuse_undecodable(recording, chosen)
    return chosen


def released_sounds(recording: Recording, rule: AudioRule) -> tuple[tuple[AudioFacts, ...], ...]:
    """For each sound track of the release, the tracks of the recording that are in it; the one to play comes first.

    Raises:
        UndecidedRecordingError: as `chosen_sounds`.
    """
    chosen = chosen_sounds(recording, rule)
    if rule.tracks != "separate" or rule.policy != "keep":
        return (chosen,) if chosen else ()
    return tuple((sound,) for sound in sorted(chosen, key=lambda sound: sound != recording.audio))


def sound_notes(recording: Recording, rule: AudioRule) -> tuple[str, ...]:
    """What is said of the sound where the recording has several tracks and the release takes any.

    Raises:
        UndecidedRecordingError: as `chosen_sounds`.
    """
    chosen = chosen_sounds(recording, rule)
    if not chosen or len(recording.sounds) == 1:
        return ()
    left_out = [sound for sound in recording.sounds if sound not in chosen]
    released = released_sounds(recording, rule)
    how = "are mixed" if len(chosen) > len(released) else "is taken"
    if len(released) > 1:
        how, chosen = "are released as tracks of their own, in this order", tuple(sound for (sound,) in released)
    taken = f"{len(recording.sounds)} sound tracks: {_listed(chosen)} {how}"
    return (f"{taken}; {_listed(left_out)} left out (audio.tracks)" if left_out else taken,)


def _refuse_absent(recording: Recording, asked: Sequence[int], chosen: Sequence[AudioFacts]) -> None:
    if absent := set(asked) - {sound.stream_index for sound in chosen}:
        raise UndecidedRecordingError(
            f"audio.tracks names stream {min(absent)}, which is no sound track of this recording",
            remedy=f"Sound tracks are {_listed(recording.sounds)}. Set audio.tracks to their numbers, or to 'default'.",
            where=Place(recording.name),
        )


def _refuse_undecodable(recording: Recording, chosen: Sequence[AudioFacts]) -> None:
    for sound in chosen:
        if not sound.decodable:
            others = [other for other in recording.sounds if other.decodable]
            instead = f"name another track (audio.tracks; {_listed(others)} can be decoded), " if others else ""
            raise UndecidedRecordingError(
                f"the policy keeps the sound, and sound track {_listed([sound])} cannot be decoded here",
                remedy=f"Decide about the sound: {instead}or release it without (audio.policy = 'remove' or 'mute').",
                where=Place(recording.name),
            )


def _listed(sounds: Sequence[AudioFacts]) -> str:
    return ", ".join(f"{s.stream_index} ({s.codec}{', default' if s.default else ''})" for s in sounds)
