"""The allow-list reader: clean files pass without a word, every planted leak is named."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.audio.encode import encode_audio
from bodycam_pipeline.h264.avc import configuration
from bodycam_pipeline.h264.parameter_sets import leaks_in_record, sets_of_record
from bodycam_pipeline.h264.parameters import read_pps, read_sps
from bodycam_pipeline.mp4_check.finished import observe_container
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.timeline import Span
from tests.clips import Header, Turn, clip
from tests.mp4_check.leaks import MORE, TWELVE, planted
from tests.read.whole import encode_all, release

CLIPS: dict[str, dict[str, object]] = {
    "plain": {},
    "turned": {"turn": Turn(90)},
    "aspect": {"look": Header(aspect=Fraction(4, 3))},
    "interlaced": {"look": Header(interlaced="tff"), "options": {"preset": "ultrafast", "flags": "+ildct"}},
    "full range": {"look": Header(full_range=True)},
    "sound": {"tone_hz": 440.0},
    "one frame": {"frames": 1},
}


def finished(folder: Path, rule: AudioRule | None = None, muted: tuple[Span, ...] = (), **made: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    recording = probe(str(clip(folder / "a.mp4", **made)))  # type: ignore[arg-type]
    sound = encode_audio(recording, rule, muted, folder / "sound.aac") if rule else None
    return release(recording, folder / "out", sound)


@pytest.mark.parametrize("made", CLIPS.values(), ids=CLIPS)
def test_nothing_is_found_in_a_clean_file(tmp_path: Path, made: dict[str, object]) -> None:
    rule = AudioRule(policy="keep", reason="a test") if "tone_hz" in made else None
    seen = observe_container(finished(tmp_path, rule, **made))
    assert (seen.unowned, seen.metadata, seen.other_tracks, seen.heard) == ((), (), (), ())
    assert (seen.video_tracks, seen.audio_tracks, seen.parameter_sets) == (1, int(rule is not None), 1)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rule = AudioRule(policy="keep", reason="a test")
    return finished(tmp_path_factory.mktemp("clean"), rule, tone_hz=440.0, frames=60)


@pytest.mark.parametrize("leak", TWELVE, ids=lambda leak: leak.__name__)
def test_the_twelve_leaks_are_found(leak: Callable[[bytes], bytes], clean: Path, tmp_path: Path) -> None:
    assert observe_container(planted(clean, leak, tmp_path)).unowned


@pytest.mark.parametrize("leak", MORE, ids=lambda leak: leak.__name__)
def test_what_says_more_than_a_player_needs_is_found(
    leak: Callable[[bytes], bytes], clean: Path, tmp_path: Path
) -> None:
    assert observe_container(planted(clean, leak, tmp_path)).unowned


@pytest.mark.parametrize("seed", range(3))
def test_no_byte_of_the_tables_is_free(seed: int, clean: Path, tmp_path: Path) -> None:
    """Flipped bits before the media data: all are found but those in numbers that only the pictures can confirm."""
    data, rng = clean.read_bytes(), np.random.default_rng(seed)
    head = data.find(b"mdat")
    missed = []
    for at in rng.choice(head, 60, replace=False):
        changed = bytearray(data)
        changed[at] ^= 1 << int(rng.integers(8))
        path = tmp_path / "flipped.mp4"
        path.write_bytes(changed)
        if not found_anything(path):
            missed.append(int(at))
    assert len(missed) <= 6, [data[max(0, at - 24) : at + 4] for at in missed]


def found_anything(path: Path) -> bool:
    try:
        return bool(observe_container(path).unowned)
    except ValueError:  # not a container any more
        return True


def test_muted_sound_is_silent_and_what_is_not_is_heard(tmp_path: Path) -> None:
    keep = AudioRule(policy="keep", reason="a test")
    quarter = Span(15360 // 4, 15360 // 2)
    path = finished(tmp_path / "a", keep, (quarter,), tone_hz=440.0, frames=60, time_base=Fraction(1, 15360))
    silent = (Fraction(1, 4), Fraction(1, 2))
    assert not observe_container(path, [silent]).heard
    assert observe_container(path, [silent, (Fraction(3, 4), Fraction(1))]).heard
    assert observe_container(path, [(Fraction(0), None)]).heard
    quiet = finished(tmp_path / "b", AudioRule(policy="mute"), tone_hz=440.0, frames=60)
    assert not observe_container(quiet, [(Fraction(0), None)]).heard


def test_parameter_sets_are_read_to_the_last_bit(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4")))
    record = configuration(encode_all(recording, tmp_path)[0].parameter_sets)
    sets = sets_of_record(record)
    assert sets is not None
    (sequence,), (picture,), rest = sets
    assert read_sps(sequence).whole
    assert read_pps(picture).whole
    assert not list(leaks_in_record(record))
    for odd in (sequence + b"\1", sequence[:-1], sequence[:-1] + bytes([sequence[-1] ^ 1])):
        assert not read_sps(odd).whole
    for odd in (picture + b"\x80", picture[:-1] + bytes([picture[-1] ^ 1])):
        assert not read_pps(odd).whole
    assert list(leaks_in_record(record + b"GPS"))
    assert list(leaks_in_record(record[: len(record) - len(rest) - 2]))


def test_a_second_set_of_parameters_is_counted(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4")))
    record = configuration(encode_all(recording, tmp_path)[0].parameter_sets)
    sets = sets_of_record(record)
    assert sets is not None
    (sequence,), (picture,), rest = sets
    framed = [len(unit).to_bytes(2, "big") + unit for unit in (sequence, picture)]
    both = record[:5] + b"\xe2" + framed[0] * 2 + b"\2" + framed[1] * 2 + rest
    assert not list(leaks_in_record(both))
    again = sets_of_record(both)
    assert again is not None
    assert len(again[0]) == 2
