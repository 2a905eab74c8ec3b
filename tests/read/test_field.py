"""Files as records units get them: several sounds, two cameras, clocks that stand or jump, no seeking."""

import json
import shutil
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream

from bodycam_pipeline.audio.encode import encode_audio
from bodycam_pipeline.checking import check_release
from bodycam_pipeline.pipeline import Order, job_of
from bodycam_pipeline.read import streams
from bodycam_pipeline.read.fields import first_field
from bodycam_pipeline.read.orientation import orientation_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.job import notes_of, released_streams
from bodycam_pipeline.rules.sounds import chosen_sounds
from bodycam_pipeline.values.errors import NoVideoError, UndecidedRecordingError
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.plan import MutedSpan
from bodycam_pipeline.values.policy import AudioRule, Policy
from bodycam_pipeline.values.timeline import Span
from tests.attacks.jobs import plan_of, quick_policy, rendered
from tests.audio.test_encode import heard
from tests.clips import RATE_HZ, clip, number_of, picture, video_frame
from tests.conftest import SHARED
from tests.inline import InlineRunner
from tests.read.joining_files import dav, muxed
from tests.read.whole import all_frames

KEEP = {"policy": "keep", "reason": "a test"}


@pytest.fixture
def two_sounds(tmp_path: Path) -> Path:
    """A picture with two sounds, of which the second is marked as the default."""
    low = clip(tmp_path / "low.mp4", frames=30, tone_hz=440)
    high = clip(tmp_path / "high.mp4", frames=30, tone_hz=3000)
    return muxed(tmp_path / "two.mkv", [(low, "video"), (low, "audio"), (high, "audio")], default=[0, 2])


def strength(samples: np.ndarray, hz: float) -> float:
    time = np.arange(len(samples)) / RATE_HZ
    return float(abs(np.mean(samples * np.exp(2j * np.pi * hz * time))))


@pytest.mark.parametrize(("tracks", "low", "high"), [("default", 0, 1), ("mixed", 0.5, 0.5), ([1], 1, 0)])
def test_the_policy_says_which_sound_is_released(
    two_sounds: Path, tmp_path: Path, tracks: object, low: float, high: float
) -> None:
    rule = AudioRule.model_validate(KEEP | {"tracks": tracks})
    recording = probe(str(two_sounds))
    samples = heard(recording, encode_audio(recording, rule, [], tmp_path / "s"), tmp_path)
    assert strength(samples, 440) == pytest.approx(0.25 * low, abs=0.02)
    assert strength(samples, 3000) == pytest.approx(0.25 * high, abs=0.02)


def test_each_sound_track_is_decided_on_by_name(two_sounds: Path, tmp_path: Path) -> None:
    job = job_of(Order(str(two_sounds), tmp_path, quick_policy(audio=KEEP)), probe(str(two_sounds)), "")
    assert notes_of(job) == ("2 sound tracks: 2 (aac, default) is taken; 1 (aac) left out (audio.tracks)",)
    assert [disposition.disposition for disposition in released_streams(job)] == ["redacted", "removed", "kept"]


def test_several_sounds_are_released_as_several(two_sounds: Path, tmp_path: Path) -> None:
    policy = quick_policy(audio=KEEP | {"tracks": "separate"})
    plan = replace(plan_of(two_sounds, policy, []), muted=(MutedSpan(Span(500, 800), "a name", "A. Clerk"),))
    published = rendered(two_sounds, policy, plan)
    assert published.notes[-1] == (
        "2 sound tracks: 2 (aac, default), 1 (aac) are released as tracks of their own, in this order"
    )
    video = published.folders.release / "redacted.mp4"
    for track, hz in enumerate((3000, 440)):
        with av.open(str(video)) as file:
            assert len(file.streams.audio) == 2
            samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=track)])
        assert strength(samples[: RATE_HZ // 4], hz) > 0.2
        assert not samples[RATE_HZ // 2 : RATE_HZ * 4 // 5].any(), "what is muted is silent in all of them"
    job = job_of(Order(str(two_sounds), tmp_path, policy), probe(str(two_sounds)), "")
    assert [stream.disposition for stream in released_streams(job)] == ["redacted", "kept", "kept"]
    check_release(published.folders.release, InlineRunner())


@pytest.mark.parametrize("tracks", ["mixed", "separate"])
def test_the_manifest_says_how_many_sounds_there_are(two_sounds: Path, tracks: str) -> None:
    policy = quick_policy(audio=KEEP | {"tracks": tracks})
    published = rendered(two_sounds, policy, plan_of(two_sounds, policy, []))
    manifest = json.loads((published.folders.release / "manifest.json").read_text())
    assert manifest["sound_tracks"] == (1 if tracks == "mixed" else 2)
    check_release(published.folders.release, InlineRunner())


def test_sound_that_is_kept_and_cannot_be_decoded_needs_a_person(
    two_sounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SOUND_CODECS", frozenset())
    recording = probe(str(two_sounds))
    with pytest.raises(UndecidedRecordingError, match="cannot be decoded") as caught:
        job_of(Order(str(two_sounds), tmp_path, quick_policy(audio=KEEP)), recording, "")
    assert caught.value.exit_code == 3
    assert chosen_sounds(recording, AudioRule(policy="mute")) == (recording.sounds[1],)
    with pytest.raises(UndecidedRecordingError, match="no sound track"):
        chosen_sounds(recording, AudioRule.model_validate(KEEP | {"tracks": [7]}))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg command is not on this machine")
@pytest.mark.parametrize("codec", ["dca", "truehd"])
def test_sound_of_films_and_cinema_cameras_is_decoded(tmp_path: Path, codec: str) -> None:
    source = clip(tmp_path / "a.mp4", frames=10, tone_hz=440)
    path = tmp_path / "a.mkv"
    command = ["ffmpeg", "-v", "error", "-i", source, "-c:v", "copy", "-c:a", codec, "-strict", "-2", "-ac", "2", path]
    subprocess.run(command, check=True)
    recording = probe(str(path))
    samples = heard(recording, encode_audio(recording, AudioRule.model_validate(KEEP), [], tmp_path / "s"), tmp_path)
    assert strength(samples, 440) > 0.15


def test_two_cameras_in_one_file_are_a_question(tmp_path: Path) -> None:
    front, rear = clip(tmp_path / "f.mp4"), clip(tmp_path / "r.mp4", size=(160, 96))
    path = muxed(tmp_path / "both.mp4", [(front, "video"), (rear, "video")], default=[0, 1])
    with pytest.raises(UndecidedRecordingError, match="2 cameras") as caught:
        probe(str(path))
    assert "bodycam redact both.mp4 --track 1" in caught.value.remedy
    first, second = (probe(str(path), track) for track in (0, 1))
    assert [r.video.width for r in (first, second)] == [320, 160]
    assert "video track 0 (video h264 320x192, 30 frames) is left out" in second.notes
    jobs = [job_of(Order(str(path), tmp_path, quick_policy(), track=r.track), r, "") for r in (first, second)]
    assert len({job.key for job in jobs}) == len({job.folders.name for job in jobs}) == 2
    with pytest.raises(NoVideoError, match="stream 5"):
        probe(str(path), 5)


def test_a_nearly_still_second_track_is_left_out_and_said(tmp_path: Path) -> None:
    sharp = clip(tmp_path / "s.mp4", size=(640, 384), frames=3)
    path = muxed(tmp_path / "a.mp4", [(clip(tmp_path / "v.mp4"), "video"), (sharp, "video")], default=[0])
    assert probe(str(path)).notes == ("video track 1 (video h264 640x384, 3 frames) is left out",)


def plain(path: Path) -> Path:
    """Groups of ten without reordered frames, one tick of a millisecond each 40."""
    return clip(path, options={"preset": "ultrafast", "g": "10", "bf": "0", "sc_threshold": "0"})


def test_frames_that_share_a_time_are_all_there_in_their_order(tmp_path: Path) -> None:
    def twins(number: int, packet: "Packet[Stream]") -> None:
        if number in {5, 17, 18}:
            packet.pts = packet.dts = (packet.pts or 0) - 40 * (1 + (number == 18))

    path = muxed(tmp_path / "twins.mkv", [(plain(tmp_path / "a.mkv"), "video")], change=twins)
    recording = probe(str(path))
    assert [number_of(f.frame) for f in all_frames(recording) if f.frame] == list(range(30))
    assert recording.packets.shown_pts()[[4, 5, 16, 17, 18, 19]].tolist() == [160, 161, 640, 641, 642, 760]
    assert recording.notes == ("3 frames shared a time or came too early: all stand in the order of the file",)


def test_a_clock_that_is_set_back_goes_on(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.ts")
    path = tmp_path / "back.ts"
    path.write_bytes(source.read_bytes() * 2)
    recording = probe(str(path))
    assert [number_of(f.frame) for f in all_frames(recording) if f.frame] == [*range(30), *range(30)]
    assert set(np.diff(recording.packets.shown_pts()).tolist()) == {3600}
    assert recording.notes[0].startswith("30 frames shared a time or came too early")


def test_a_container_without_seeking_is_read_from_its_start(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "g": "10", "bf": "0", "x264-params": "aud=1", "sc_threshold": "0"}
    path = dav(clip(tmp_path / "a.h264", options=options, frames=60), tmp_path / "a.dav")
    frames = [f.frame for f in all_frames(probe(str(path)))]
    assert [number_of(f) for f in frames if f] == list(range(60))


@pytest.mark.parametrize(("order", "first"), [("tff", "top"), ("bff", "bottom")])
def test_a_frame_knows_which_field_comes_first(order: str, first: str) -> None:
    frame = video_frame(picture(3))
    graph = Graph()
    source = graph.add_buffer(width=320, height=192, format=frame.format, time_base=Fraction(1, 25))
    graph.link_nodes(source, graph.add("setfield", order), graph.add("buffersink")).configure()
    graph.vpush(frame)
    assert first_field(graph.vpull()) == first


def test_dv_of_the_us_shows_its_bottom_field_first(tmp_path: Path) -> None:
    options = {"flags": "+ildct"}
    path = clip(tmp_path / "a.dv", codec="dvvideo", size=(720, 480), pixel_format="yuv411p", frames=2, options=options)
    assert probe(str(path)).video.field_order == "bottom"


def test_side_data_without_a_name_ends_no_recording() -> None:
    class Frame:
        rotation = -90

        @property
        def side_data(self) -> object:
            raise ValueError("29 is not a valid Type")

    assert orientation_of(Frame()) is Orientation.QUARTER_TURN  # type: ignore[arg-type]


def test_a_stereo_recording_gives_its_base_eye() -> None:
    path = SHARED.parent / "field" / "files" / "mvhevc_spatial_5frames.mov"
    if not path.exists():
        pytest.skip("../shared/field is not on this machine")
    recording = probe(str(path))
    assert sum(f.frame is not None for f in all_frames(recording)) == 5
    assert recording.notes == ("a stereo recording: the base eye is redacted, the second eye left out",)


def test_a_policy_without_tracks_takes_the_default() -> None:
    assert Policy().audio.tracks == "default"


@pytest.mark.parametrize(
    ("pixel_format", "codec", "said"),
    [
        ("yuv420p10le", "libx265", ["the pictures have 10 bits a sample: they are released in eight"]),
        ("yuv422p", "libx264", []),
        (
            "yuva444p10le",
            "prores_ks",
            [
                "the pictures have 12 bits a sample: they are released in eight",
                "the pictures have a transparent layer: it is left out, and what it hid is shown",
            ],
        ),
    ],
)
def test_what_a_release_cannot_hold_is_said(tmp_path: Path, pixel_format: str, codec: str, said: list[str]) -> None:
    path = clip(tmp_path / "a.mov", codec=codec, pixel_format=pixel_format, frames=4)
    assert list(probe(str(path)).notes) == said


@pytest.mark.parametrize(("start_ms", "lasts_ms", "hidden"), [(480, 720, 12), (0, 800, 10)])
def test_frames_that_an_edit_list_hides_are_said(tmp_path: Path, start_ms: int, lasts_ms: int, hidden: int) -> None:
    path = clip(tmp_path / "a.mp4", frames=30)
    content = bytearray(path.read_bytes())
    at = content.index(b"elst") + 12
    _, begins = struct.unpack_from(">Ii", content, at)
    struct.pack_into(">Ii", content, at, lasts_ms, begins + start_ms * 12_800 // 1000)
    path.write_bytes(content)
    assert f"the file's own edit list hides {hidden} frames" in " ".join(probe(str(path)).notes)


@pytest.mark.parametrize(("suffix", "codec"), [(".flv", "flv"), (".wmv", "wmv2"), (".mkv", "libx264")])
def test_a_file_that_states_more_bytes_than_it_has_is_cut(tmp_path: Path, suffix: str, codec: str) -> None:
    path = clip(tmp_path / f"a{suffix}", codec=codec, frames=30, options={"g": "10"})
    assert not probe(str(path)).gaps
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    (gap,) = probe(str(path)).gaps
    assert "bytes missing at its end" in gap.what
