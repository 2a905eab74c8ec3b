"""What was promised against what a stranger sees."""

from dataclasses import replace

import numpy as np
import pytest

from bodycam_pipeline.rules.verification import (
    DIFFERENCE_LIMIT_AT_CRF_21,
    RESIDUAL_LIMIT_AT_CRF_21,
    Expectation,
    difference_limit,
    residual_limit,
    verify_container,
    verify_frames,
)
from bodycam_pipeline.values.encoded import CopiedFrames
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.observed import ContainerObservation, SegmentObservation
from bodycam_pipeline.values.plan import PlannedRegion, WithheldSpan, region_table
from bodycam_pipeline.values.policy import AudioRule, EncodingRule, Policy
from bodycam_pipeline.values.recording import AudioFacts
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import plan, recording

PTS = range(0, 400, 40)
CLEAN = ContainerObservation(video_tracks=1, audio_tracks=0)


def seen(pts=PTS, residual=0.0, broken=(), difference=0.0):
    pts = np.array(list(pts), dtype=np.int64)
    digests = np.zeros((len(pts), 32), dtype=np.uint8)
    residual, difference = (np.full(len(pts), each, dtype=np.float32) for each in (residual, difference))
    return SegmentObservation(pts, digests, residual, difference, tuple(broken))


def promise(policy=None, *, sound=False):
    file = recording()
    file = replace(file, sounds=(AudioFacts(1, "aac", 48_000, 2),)) if sound else file
    return Expectation(file, plan(), policy or Policy())


def found(frames=None, container=CLEAN, to=None):
    frames = [seen()] if frames is None else frames
    expected = to or promise()
    findings = (*verify_frames(expected, frames), *verify_container(expected, container))
    return {finding.code: finding for finding in findings}


def test_a_kept_promise_has_no_findings():
    assert verify_frames(promise(), [seen(PTS[:4]), seen(PTS[4:])]) == ()
    assert verify_container(promise(), CLEAN) == ()


def test_an_empty_file_is_found_out():
    assert set(found([])) == {"count", "missing"}


@pytest.mark.parametrize("lost", [0, 5, 9])
def test_a_missing_frame_is_found_wherever_it_is(lost):
    findings = found([seen([pts for pts in PTS if pts != lost * 40])])
    assert set(findings) == {"count", "missing"}
    assert findings["missing"].pts == lost * 40


def test_a_frame_at_another_time_is_missing_and_extra():
    findings = found([seen([*PTS[:-1], 361])])
    assert {code: f.pts for code, f in findings.items()} == {"missing": 360, "extra": 361}


def test_a_frame_twice_is_found():
    assert {"count", "order"} <= set(found([seen([0, *PTS])]))


def test_a_frame_that_does_not_decode_is_found():
    findings = found([seen(PTS[:-1], broken=[360])])
    assert findings["undecodable"].pts == 360


@pytest.mark.parametrize("residual", [np.nextafter(np.float32(RESIDUAL_LIMIT_AT_CRF_21), np.float32(256)), 255, np.nan])
def test_a_region_that_is_not_hidden_is_found(residual):
    findings = found([seen(PTS[:3]), seen([120], residual), seen(PTS[4:])])
    assert set(findings) == {"visible"}
    assert findings["visible"].pts == 120


def test_what_coding_does_to_a_region_is_not_a_finding():
    assert not found([seen(residual=RESIDUAL_LIMIT_AT_CRF_21)])


@pytest.mark.parametrize("tracks", [0, 2])
def test_any_number_of_video_tracks_but_one_is_found(tracks):
    assert set(found(container=replace(CLEAN, video_tracks=tracks))) == {"video-tracks"}


def test_sound_that_the_policy_removes_is_found():
    assert set(found(container=replace(CLEAN, audio_tracks=1), to=promise(sound=True))) == {"audio-tracks"}


@pytest.mark.parametrize("rule", [AudioRule(policy="mute"), AudioRule(policy="keep", reason="nobody speaks")])
def test_sound_that_the_policy_wants_and_that_is_missing_is_found(rule):
    to = promise(Policy(audio=rule), sound=True)
    assert not found(container=replace(CLEAN, audio_tracks=1), to=to)
    assert set(found(to=to)) == {"audio-tracks"}
    assert set(found(container=replace(CLEAN, audio_tracks=2), to=to)) == {"audio-tracks"}


def test_a_silent_recording_needs_no_sound():
    assert not found(to=promise(Policy(audio=AudioRule(policy="mute"))))


@pytest.mark.parametrize(
    ("leak", "code"),
    [
        ({"other_tracks": ("data bin_data",)}, "other-track"),
        ({"metadata": ("location=+47.6-122.3/",)}, "metadata"),
        ({"unowned": ("udta, 61 bytes at 1208",)}, "unowned"),
    ],
)
def test_whatever_else_is_in_the_file_is_found_and_named(leak, code):
    findings = found(container=replace(CLEAN, **leak))
    assert set(findings) == {code}
    assert next(iter(leak.values()))[0] in findings[code].what


def test_coarser_coding_may_change_more_and_finer_less():
    assert residual_limit(0) < residual_limit(21) == RESIDUAL_LIMIT_AT_CRF_21 < residual_limit(35)
    between = [seen(residual=(residual_limit(15) + residual_limit(21)) / 2)]
    assert not found(between)
    assert set(found(between, to=promise(Policy(encoding=EncodingRule(crf=15))))) == {"visible"}


BEYOND = np.nextafter(np.float32(DIFFERENCE_LIMIT_AT_CRF_21), np.float32(256))


@pytest.mark.parametrize("difference", [BEYOND, np.inf, np.nan])
def test_a_frame_that_is_not_the_one_that_was_rendered_or_that_nobody_rendered_is_found(difference):
    findings = found([seen(PTS[:3]), seen([120], difference=difference), seen(PTS[4:])])
    assert set(findings) == {"encoded-wrong"}
    assert findings["encoded-wrong"].pts == 120


def test_what_coding_does_to_a_frame_is_not_a_finding_and_coarser_coding_may_do_more():
    assert not found([seen(difference=DIFFERENCE_LIMIT_AT_CRF_21)])
    coarse = promise(Policy(encoding=EncodingRule(crf=30)))
    assert not found([seen(difference=difference_limit(30))], to=coarse)
    assert "encoded-wrong" in found([seen(difference=difference_limit(30))])


class TestCarriedOver:
    """Frames that are the recording's own."""

    def kept(self, *pts, digest=0):
        sha256 = np.full((len(pts), 32), digest, dtype=np.uint8)
        return replace(promise(), copied=CopiedFrames(np.array(pts, dtype=np.int64), sha256))

    def test_frames_that_decode_as_in_the_recording_are_no_finding(self):
        assert found(to=self.kept(0, 40)) == {}

    def test_none_of_them_was_rendered(self):
        frames = [seen(PTS[:2], difference=np.nan), seen(PTS[2:])]
        assert found(frames, to=self.kept(0, 40)) == {}

    def test_a_frame_that_decodes_to_anything_else_is_found(self):
        assert found(to=self.kept(0, 40, digest=1))["copied-wrong"].pts == 0

    def test_one_that_is_not_in_the_release_at_all_is_missing(self):
        assert "missing" in found([seen(PTS[:-1])], to=self.kept(360))

    def test_one_in_which_something_was_to_be_hidden_is_found_whatever_it_decodes_to(self):
        kept = self.kept(0, 40)
        row = PlannedRegion(40, Region(0, 0, 16, 16), "face", 1, "manual", None, "a test")
        touched = replace(kept, plan=replace(kept.plan, regions=region_table([row])))
        assert found(to=touched)["copied-touched"].pts == 40

    def test_one_in_a_withheld_span_is_found(self):
        kept = self.kept(0, 40)
        withheld = replace(kept, plan=replace(kept.plan, withheld=(WithheldSpan(Span(30, 50), "a test", "a person"),)))
        assert found(to=withheld)["copied-touched"].pts == 40
