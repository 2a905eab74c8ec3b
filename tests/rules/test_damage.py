"""Holes in a recording: refused with the very lines that withhold them."""

import tomllib
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.damage import hole_spans, refuse_unwithheld, unwithheld
from bodycam_pipeline.rules.editing import apply_edits
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import DamagedRecordingError
from bodycam_pipeline.values.plan import WithheldSpan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import index, plan, recording

BASES = [Fraction(1, 1000), Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 12_800), Fraction(1, 3)]


def on_clock(time_base, frames=12):
    step = max(1, round(Fraction(1, 25) / time_base))
    file = recording(index([7 + n * step for n in range(frames)]), frame_duration=step)
    return replace(file, video=replace(file.video, time_base=time_base))


def test_a_plan_without_holes_passes():
    refuse_unwithheld(plan(), recording())


def test_a_hole_that_a_person_withheld_passes():
    made = plan(undecodable_pts=(40, 80), withheld=(WithheldSpan(Span(40, 120), "r", "b"),))
    assert unwithheld(made) == ()
    refuse_unwithheld(made, recording())


def test_refuses_a_hole_and_says_where_it_is():
    made = plan(undecodable_pts=(40, 80), withheld=(WithheldSpan(Span(40, 80), "r", "b"),))
    with pytest.raises(DamagedRecordingError, match="1 of 10 frames") as caught:
        refuse_unwithheld(made, recording())
    assert caught.value.where.pts == 80
    assert '[[withhold]]\nfrom = "00:00:00.08"\nto = "00:00:00.12"' in caught.value.remedy


def test_neighbouring_holes_are_one_stretch():
    assert hole_spans((40, 80, 160), recording()) == (Span(40, 120), Span(160, 200))
    assert hole_spans((360,), recording()) == (Span(360, 400),)
    assert hole_spans((), recording()) == ()


@given(st.sampled_from(BASES), st.sets(st.integers(0, 11), min_size=1))
def test_the_lines_of_the_remedy_withhold_exactly_the_holes(time_base, positions):
    file = on_clock(time_base)
    shown = file.packets.shown_pts().tolist()
    holes = tuple(shown[n] for n in sorted(positions))
    made = plan(of=file, undecodable_pts=holes)
    with pytest.raises(DamagedRecordingError) as caught:
        refuse_unwithheld(made, file)
    lines = caught.value.remedy.split("\n\n", 1)[1]
    mended = apply_edits(made, Edits.model_validate(tomllib.loads(lines)), file, Policy())
    refuse_unwithheld(mended, file)
    assert tuple(pts for pts in shown if mended.is_withheld(pts)) == holes
