"""Sound in step with the picture, and muted spans that are silent to the last bit."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bodycam_pipeline.audio.encode import encode_audio
from bodycam_pipeline.mp4.write import pts_shift
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.encoded import UNIT_SAMPLES, EncodedAudio
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span
from tests.clips import RATE_HZ, clip, tone
from tests.read.whole import release

KEEP = AudioRule(policy="keep", reason="the requester's own words")
FADE_SAMPLES = UNIT_SAMPLES
"""The first unit lacks its predecessor."""


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return probe(str(clip(tmp_path / "a.mp4", frames=75, tone_hz=440)))


def heard(recording: Recording, sound: EncodedAudio | None, folder: Path) -> np.ndarray:
    """The samples that a player of the finished file puts out, from the release's time 0."""
    assert sound is not None
    with av.open(str(release(recording, folder / "out", sound))) as container:
        stream = container.streams.audio[0]
        assert stream.start_time == 0
        return np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1)[0]


def test_removed_sound_is_no_track(recording: Recording, tmp_path: Path) -> None:
    assert encode_audio(recording, AudioRule(), [], tmp_path / "s") is None
    assert not (tmp_path / "s").exists()


def test_a_recording_without_sound_has_none_to_keep(tmp_path: Path) -> None:
    silent = probe(str(clip(tmp_path / "a.mp4", frames=3)))
    assert encode_audio(silent, KEEP, [], tmp_path / "s") is None
    assert encode_audio(silent, AudioRule(policy="mute"), [], tmp_path / "s") is None


def test_muted_sound_is_silence_as_long_as_the_picture(recording: Recording, tmp_path: Path) -> None:
    samples = heard(recording, encode_audio(recording, AudioRule(policy="mute"), [], tmp_path / "s"), tmp_path)
    assert not samples.any()
    assert 0 <= len(samples) - 3 * RATE_HZ < UNIT_SAMPLES


def test_kept_sound_is_in_step_to_the_sample(recording: Recording, tmp_path: Path) -> None:
    samples = heard(recording, encode_audio(recording, KEEP, [], tmp_path / "s"), tmp_path)
    expected = tone(440, 0, len(samples))[0]
    body = slice(FADE_SAMPLES, 3 * RATE_HZ - 2 * UNIT_SAMPLES)
    shifts = range(-UNIT_SAMPLES // 16, UNIT_SAMPLES // 16)
    errors = [float(np.abs(np.roll(expected, shift)[body] - samples[body]).mean()) for shift in shifts]
    assert shifts[int(np.argmin(errors))] == 0
    assert min(errors) < 0.02


def test_a_muted_span_decodes_to_zeros_and_the_rest_is_still_there(recording: Recording, tmp_path: Path) -> None:
    muted = Span(12_800, 25_600)  # the second second
    samples = heard(recording, encode_audio(recording, KEEP, [muted], tmp_path / "s"), tmp_path)
    assert not samples[RATE_HZ : 2 * RATE_HZ].any()
    for second in (slice(4800, RATE_HZ - 9600), slice(2 * RATE_HZ + 9600, 3 * RATE_HZ - 4800)):
        assert np.abs(samples[second]).max() > 0.4


@pytest.mark.parametrize("span", [Span(0, 512), Span(0, 38_400), Span(38_000, 1_000_000), Span(5000, 5001)])
def test_muted_spans_at_every_edge_are_zeros(recording: Recording, tmp_path: Path, span: Span) -> None:
    samples = heard(recording, encode_audio(recording, KEEP, [span], tmp_path / "s"), tmp_path)
    first, end = (int(pts * recording.video.time_base * RATE_HZ) for pts in (span.start_pts, span.end_pts))
    assert not samples[first : end + 1].any()


def test_nothing_of_a_muted_word_is_in_the_bytes(tmp_path: Path) -> None:
    """Two recordings that differ only in what is muted give the same sound."""
    muted = [Span(0, 38_400)]
    made = [probe(str(clip(tmp_path / f"{hz}.mp4", frames=75, tone_hz=hz))) for hz in (440, 523)]
    sounds = [encode_audio(recording, KEEP, muted, tmp_path / f"s{n}") for n, recording in enumerate(made)]
    assert sounds[0] is not None
    assert sounds[1] is not None
    assert sounds[0].sha256 == sounds[1].sha256


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    late = Fraction(1)
    path = clip(tmp_path / "a.mkv", frames=75, tone_hz=440, tone_from=late)
    samples = heard(probe(str(path)), encode_audio(probe(str(path)), KEEP, [], tmp_path / "s"), tmp_path)
    assert not samples[: RATE_HZ - 3 * UNIT_SAMPLES].any()
    assert np.abs(samples[RATE_HZ + UNIT_SAMPLES : 2 * RATE_HZ]).max() > 0.4


def test_sound_follows_a_picture_that_does_not_begin_at_0(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.ts", frames=75, tone_hz=440)))
    assert pts_shift(recording) == 0
    samples = heard(recording, encode_audio(recording, KEEP, [], tmp_path / "s"), tmp_path)
    with av.open(recording.address) as container:
        first = next(container.decode(audio=0))
        assert first.pts is not None
        assert first.time_base is not None
        start = round(first.pts * first.time_base * RATE_HZ)
    assert not samples[: max(0, start - 2 * UNIT_SAMPLES)].any()
    expected = np.concatenate([np.zeros(start), tone(440, -1024, RATE_HZ)[0]])
    body = slice(start + 4096, start + 20_000)
    assert float(np.abs(samples[body]).max()) > 0.4
    assert min(float(np.abs(np.roll(expected, s)[body] - samples[body]).mean()) for s in range(-512, 512)) < 0.02


def test_sound_ends_with_the_picture(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mkv", frames=75, tone_hz=440)))
    shorter = replace(recording, packets=recording.packets.part(0, 25))
    sound = encode_audio(shorter, KEEP, [], tmp_path / "s")
    assert sound is not None
    picture_samples = shorter.span.end_pts * RATE_HZ // 1000
    assert 0 <= len(sound) * UNIT_SAMPLES - picture_samples < UNIT_SAMPLES


def test_the_same_sound_gives_the_same_bytes(recording: Recording, tmp_path: Path) -> None:
    one, two = (encode_audio(recording, KEEP, [], tmp_path / name) for name in "12")
    assert one is not None
    assert two is not None
    assert one.sha256 == two.sha256


def test_pcm_from_avi_is_kept_too(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.avi", frames=50, tone_hz=440)))
    samples = heard(recording, encode_audio(recording, KEEP, [], tmp_path / "s"), tmp_path)
    assert np.abs(samples[FADE_SAMPLES:RATE_HZ]).max() > 0.4
