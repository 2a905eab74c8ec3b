"""Interlaced recordings are deinterlaced where the policy asks: every frame, at its time, and it is said."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.h264.copying import joining
from bodycam_pipeline.pipeline import Order, job_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.job import notes_of
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.policy import EncodingRule, Policy
from tests.attacks.jobs import plan_of, quick_policy, rendered
from tests.clips import Header, Picture, clip, picture, planes_of
from tests.read.whole import all_frames, decode, digest

FRAMES = 24
DEINTERLACE = {"fields": "deinterlace"}


def woven(order: str) -> Iterator[Picture]:
    """Frames of which each field shows another moment."""
    for number in range(FRAMES):
        first, second = picture(2 * number), picture(2 * number + 1)
        top, bottom = (first, second) if order == "tff" else (second, first)
        luma = top.luma.copy()
        luma[1::2] = np.roll(bottom.luma, 12, axis=1)[1::2]
        yield Picture(luma, top.blue, top.red)


def combing(luma: np.ndarray) -> float:
    """How far lines differ from the mean of their neighbours."""
    rows = luma[32:].astype(float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())


@pytest.mark.parametrize(("order", "spoken"), [("tff", "top"), ("bff", "bottom")])
def test_full_frames_are_released_where_the_policy_asks(tmp_path: Path, order: str, spoken: str) -> None:
    path = clip(
        tmp_path / "a.mp4", frames=FRAMES, pictures=woven(order), look=Header(interlaced=order), options={"g": "6"}
    )
    recording = probe(str(path))
    assert recording.video.field_order == spoken
    policy = quick_policy(encoding=DEINTERLACE | {"preset": "ultrafast"})
    job = job_of(Order(str(path), tmp_path / "job", policy), recording, "")
    assert notes_of(job)[-1].startswith(
        f"the recording is interlaced ({spoken} field first): its frames are deinterlaced"
    )
    assert job.recording.identity != recording.identity, "what was seen of fields is not what is seen of full frames"
    assert joining(job.recording.video, EncodingRule()) is None
    fields = [source.frame for source in all_frames(recording) if source.frame]
    full = [source.frame for source in all_frames(job.recording) if source.frame]
    assert [frame.pts for frame in full] == [frame.pts for frame in fields] == recording.packets.shown_pts().tolist()
    assert combing(planes_of(full[9]).luma) < combing(planes_of(fields[9]).luma) / 3
    kept = slice(0, None, 2) if order == "tff" else slice(1, None, 2)
    assert np.array_equal(planes_of(full[9]).luma[kept], planes_of(fields[9]).luma[kept]), "the first field is kept"
    assert [digest(frame) for frame in full] == [digest(s.frame) for s in all_frames(job.recording) if s.frame]


def test_the_release_is_progressive_and_whole(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=FRAMES, pictures=woven("tff"), look=Header(interlaced="tff"))
    policy = quick_policy(encoding=DEINTERLACE)
    published = rendered(path, policy, plan_of(path, policy, []))
    finished = probe(str(published.folders.release / "redacted.mp4"))
    assert finished.video.field_order == "progressive"
    assert len(finished.packets.shown_pts()) == FRAMES
    assert "deinterlaced" in published.notes[-1]


def test_a_segment_of_one_frame_is_deinterlaced_alone(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=1, pictures=woven("tff"), look=Header(interlaced="tff"))
    recording = probe(str(path)).as_full_frames()
    (segment,) = split(recording)
    assert [source.frame is not None for source in decode(recording, segment)] == [True]


def test_a_progressive_recording_is_left_as_it_is(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", frames=3)))
    assert recording.as_full_frames() is recording


def test_a_policy_that_does_not_ask_keeps_its_digest() -> None:
    values = Policy().model_dump(mode="json", exclude={"review": {"reviewers"}})
    del values["encoding"]["fields"], values["detection"]["thin_out"]
    for rule in values["hide"].values():
        del rule["style"]
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert Policy().sha256 == hashlib.sha256(canonical.encode()).hexdigest(), "as before the key was there"
    assert Policy().sha256 == Policy(encoding=EncodingRule(fields="keep")).sha256
    assert Policy().sha256 != Policy(encoding=EncodingRule(fields="deinterlace")).sha256
