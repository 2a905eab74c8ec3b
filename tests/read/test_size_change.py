"""Recordings that change the size or coding of their pictures on the way: one canvas, every frame, and it is said."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bodycam_pipeline.h264.copying import joining
from bodycam_pipeline.passes import parts_of
from bodycam_pipeline.read import index
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.steps.detect import frames_of
from bodycam_pipeline.values.errors import UnsupportedRecordingError
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.policy import EncodingRule
from tests.attacks.jobs import plan_of, quick_policy, rendered
from tests.clips import Header, clip, number_of, planes_of
from tests.conftest import SHARED
from tests.read.whole import all_frames, release

SMALL, LARGE = (320, 192), (640, 384)
FRAMES = 12
BLACK = 16


def one_after_the_other(path: Path, parts: Sequence[Path]) -> Path:
    """The pictures of each part behind those of the one before, in one track."""
    with av.open(str(path), "w") as target:
        track, shift = None, Fraction(0)
        for part in parts:
            with av.open(str(part)) as source:
                stream = source.streams.video[0]
                track = track or target.add_stream_from_template(stream)
                end = shift
                for packet in filter(lambda p: p.size, source.demux(stream)):
                    end = max(end, shift + (packet.pts + packet.duration) * packet.time_base)
                    packet.pts += int(shift / packet.time_base)
                    packet.dts += int(shift / packet.time_base)
                    packet.stream = track
                    target.mux(packet)
                shift = end
    return path


def joined(tmp_path: Path, suffix: str, *looks: dict[str, object]) -> Path:
    parts = [clip(tmp_path / f"{n}{suffix}", frames=FRAMES, **look) for n, look in enumerate(looks)]  # type: ignore[arg-type]
    return one_after_the_other(tmp_path / f"all{suffix}", parts)


H264: dict[str, object] = {"codec": "libx264"}
HEVC: dict[str, object] = {"codec": "libx265"}


@pytest.mark.parametrize(
    ("suffix", "made"),
    [
        (".ts", H264),
        (".ts", HEVC),
        (".ts", {"codec": "mpeg2video"}),
        (".webm", {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8", "g": "6"}}),
        (".webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8", "g": "6"}}),
        (".avi", {"codec": "mjpeg", "pixel_format": "yuvj420p", "look": Header(full_range=True)}),
    ],
    ids=["h264", "hevc", "mpeg2", "vp8", "vp9", "mjpeg"],
)
def test_every_frame_stands_on_the_canvas_of_the_largest(tmp_path: Path, suffix: str, made: dict[str, object]) -> None:
    path = joined(tmp_path, suffix, made | {"size": SMALL}, made | {"size": LARGE}, made | {"size": SMALL})
    recording = probe(str(path))
    assert (recording.video.width, recording.video.height) == LARGE
    assert [(each.width, each.height) for each in recording.video.formats] == [SMALL, LARGE, SMALL]
    assert "changes its size" in recording.notes[-1]
    assert "released as 640x384" in recording.notes[-1]
    assert [segment.frames for segment in split(recording)] == [FRAMES] * 3
    frames = [source.frame for source in all_frames(recording)]
    assert [number_of(frame) for frame in frames if frame] == [*range(FRAMES)] * 3
    for number, frame in enumerate(filter(None, frames)):
        luma = planes_of(frame).luma
        outside = np.concatenate([luma[SMALL[1] :].ravel(), luma[:, SMALL[0] :].ravel()])
        is_small = number // FRAMES != 1
        assert luma.shape == LARGE[::-1]
        assert (len(np.unique(outside)) == 1) == is_small, "what is not picture is black"
    assert joining(recording.video, EncodingRule()) is None, "what is not released as it stands is never stream-copied"
    finished = probe(str(release(recording, tmp_path / "out")))
    assert ((finished.video.width, finished.video.height), finished.video.formats) == (LARGE, ())
    assert len(finished.packets.shown_pts()) == 3 * FRAMES


def test_networks_see_a_smaller_picture_without_the_black(tmp_path: Path) -> None:
    recording = probe(str(joined(tmp_path, ".ts", {"size": SMALL}, {"size": LARGE})))
    first, second = parts_of(recording)
    assert [(part.shown.width, part.shown.height) for part in (first, second)] == [SMALL, LARGE]
    assert first.border is None, "nothing is followed from one size into another"
    for part, size in ((first, SMALL), (second, LARGE)):
        assert {(frame.width, frame.height) for _, frame in frames_of(part) if frame} == {size}


def test_a_plan_hides_on_the_canvas(tmp_path: Path) -> None:
    path = joined(tmp_path, ".ts", {"size": SMALL}, {"size": LARGE})
    policy = quick_policy("fill")
    plan = plan_of(path, policy, [(1, Region(16, 32, 64, 80))])
    published = rendered(path, policy, plan)
    assert any("changes its size" in note for note in published.notes)
    with av.open(str(published.folders.release / "redacted.mp4")) as file:
        lumas = [planes_of(frame).luma for frame in file.decode(video=0)]
    assert {luma.shape for luma in lumas} == {LARGE[::-1]}
    assert all(np.abs(luma[32:80, 16:64].astype(int) - BLACK).max() < 8 for luma in lumas)
    assert lumas[0][96:190, :320].std() > 10


def test_full_range_and_other_sampling_become_those_of_the_first_part(tmp_path: Path) -> None:
    full = {"pixel_format": "yuvj420p", "look": Header(full_range=True)}
    path = joined(tmp_path, ".ts", {"size": LARGE}, {"pixel_format": "yuv444p"}, full)
    recording = probe(str(path))
    assert [each.pixel_format for each in recording.video.formats] == ["yuv420p", "yuv444p", "yuvj420p"]
    frames = [source.frame for source in all_frames(recording) if source.frame]
    assert {frame.format.name for frame in frames} == {"yuv420p"}
    limited, sampled, full_range = (frames[n * FRAMES] for n in range(3))
    assert abs(int(planes_of(limited).luma[8, 8]) - int(planes_of(sampled).luma[8, 8])) < 6
    assert int(planes_of(full_range).luma[8, 8]) == pytest.approx(16 + 40 * 219 / 255, abs=6)


def test_another_coding_of_the_same_size_is_encoded_anew(tmp_path: Path) -> None:
    path = joined(tmp_path, ".ts", {}, {"look": Header(primaries=1, transfer=1, matrix=6)})
    recording = probe(str(path))
    assert (recording.video.width, recording.video.height) == SMALL
    assert recording.notes == ("the coding of the picture changes 1 time on the way: all of it is encoded anew",)
    assert joining(recording.video, EncodingRule()) is None
    assert [number_of(s.frame) for s in all_frames(recording) if s.frame] == [*range(FRAMES)] * 2


def test_a_track_that_changes_too_often_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = joined(tmp_path, ".ts", {"size": SMALL}, {"size": LARGE})
    monkeypatch.setattr(index, "MOST_CHANGES", 0)
    with pytest.raises(UnsupportedRecordingError, match="change more than 0 times"):
        probe(str(path))


def test_a_change_where_no_frame_decodes_alone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = joined(tmp_path, ".ts", {"size": SMALL}, {"size": LARGE})
    reader = index.picture_reader

    def without_starts(codec: str, header: bytes) -> index.PictureReader:
        read = reader(codec, header)
        return lambda packet, *, flagged: replace(read(packet, flagged=flagged), start=False)

    monkeypatch.setattr(index, "picture_reader", without_starts)
    with pytest.raises(UnsupportedRecordingError, match="where no frame decodes alone"):
        probe(str(path))


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_configuration_that_the_container_keeps_is_followed(codec: str) -> None:
    path = SHARED / "hostile" / f"fate_{codec}_extradata-reload-multi-stsd.mp4"
    if not path.exists():
        pytest.skip("../shared/data/hostile is not on this machine")
    recording = probe(str(path))
    assert len(recording.video.formats) == 2
    frames = [source.frame for source in all_frames(recording)]
    with av.open(str(path)) as file:
        whole = [planes_of(frame).luma for frame in file.decode(video=0)]
    assert len(frames) == len(whole) == 4
    for frame, luma in zip(frames, whole, strict=True):
        assert frame is not None
        assert np.array_equal(planes_of(frame).luma[: luma.shape[0], : luma.shape[1]], luma)


def test_files_laid_end_to_end_lose_no_frame(tmp_path: Path) -> None:
    parts = [clip(tmp_path / f"{n}.ts", frames=FRAMES, size=size) for n, size in enumerate((SMALL, LARGE))]
    path = tmp_path / "all.ts"
    with path.open("wb") as target:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, target)
    frames = [source.frame for source in all_frames(probe(str(path)))]
    assert [number_of(frame) for frame in frames if frame] == [*range(FRAMES)] * 2
