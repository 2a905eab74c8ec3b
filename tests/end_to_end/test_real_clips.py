"""Real recordings of every make and format: released with every frame at its time, or refused by name."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from bodycam_pipeline.h264.copying import joining
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.policy import EncodingRule, Policy
from tests.attacks.jobs import QUICK, QUICK_HIDE
from tests.end_to_end.test_copy_through import check, touch_every_second_group
from tests.inline import InlineRunner
from tests.read.whole import decode_whole

SHARED = Path(__file__).parents[3] / "shared" / "data"
CLIPS = sorted(p for p in (SHARED / "clips").glob("*") if p.suffix not in {".csv", ".json"})
TRACKS = {"nasa_multi.mp4": 3}
"""Two cameras in one file: a person says which."""

TWINS = {"onvif_signed_h264.mp4"}
"""Frames that share a time: each is there, moved by a tick."""

TIMELESS = {"mpeg4_packed_bframes.avi"}
"""AVI has no times for reordered frames: one after the other at the header's rate is all there is to keep."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIPS, reason="../shared/data/clips is not there"),
]


@pytest.fixture(scope="module")
def fast_policy() -> Policy:
    """The shipped policy but for one small look and no second: this proves frames, times and containers, not recall."""
    return Policy.model_validate(
        {"hide": QUICK_HIDE, "detection": QUICK, "purpose": "internal", "gate": {"second_look": "off"}}
    )


def shown_times(path: Path, index: int) -> list[Fraction]:
    """When each frame is shown, as an independent whole-file decode gives it, in the order it gives them."""
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams.video if s.index == index)
        return [
            f.pts * f.time_base
            for f in decode_whole(container, stream)
            if f.pts is not None and f.time_base is not None
        ]


@pytest.mark.parametrize("clip", CLIPS, ids=lambda p: p.name)
def test_a_real_recording_is_released_whole_or_refused_by_name(clip: Path, tmp_path: Path, fast_policy: Policy) -> None:
    before = clip.stat()
    order = Order(str(clip), tmp_path, fast_policy, track=TRACKS.get(clip.name))
    published = redact(order, InlineRunner())
    assert clip.stat() == before
    folders = published.folders
    video = folders.release / folders.video_name
    with av.open(str(video)) as release:
        assert [s.type for s in release.streams] == ["video"]
        assert set(release.metadata) <= {"major_brand", "minor_version", "compatible_brands"}
        assert not list(release.streams.data)
    times, expected = shown_times(video, 0), sorted(shown_times(clip, _picture_track(clip)))
    assert len(times) == len(expected)
    assert times == expected or clip.name in TIMELESS | TWINS


def _picture_track(clip: Path) -> int:
    return probe(str(clip), TRACKS.get(clip.name)).video.stream_index


@pytest.mark.parametrize("name", ["gopro_max_walk_gpmf.mp4", "iphone_rot90_gps_mebx.mov", "face_metadata.mp4"])
def test_no_position_and_no_camera_is_left_in_the_release(name: str, tmp_path: Path, fast_policy: Policy) -> None:
    published = redact(Order(str(SHARED / "clips" / name), tmp_path, fast_policy), InlineRunner())
    (video,) = published.folders.release.glob("*.mp4")
    content = video.read_bytes()
    assert b"GPS" not in content[: content.index(b"mdat")]  # three letters come by chance in a megabyte of pictures
    for word in (b"location", b"gpmd", b"mebx", b"udta", b"meta", b"ISO6709", b"x264", b"Lavc", b"Lavf"):
        assert word not in content, word


@pytest.mark.parametrize("clip", CLIPS, ids=lambda p: p.name)
def test_what_is_carried_over_of_a_real_recording_decodes_to_exactly_its_frames(clip: Path, tmp_path: Path) -> None:
    """Every second group is touched; a second decoder, of the whole files, says what the frames are."""
    carried = check(clip, tmp_path, touch_every_second_group, TRACKS.get(clip.name))
    plain = joining(probe(str(clip), TRACKS.get(clip.name)).video, EncodingRule()) is not None
    print(f"{clip.name}: {carried} frames stream-copied, {'plain' if plain else 'not plain'}")
    assert plain or not carried
