"""The plan as a value: its digest, its parts, its seeds."""

from dataclasses import replace

import numpy as np
import pytest

from bodycam_pipeline.values.hiding import Hiding
from bodycam_pipeline.values.plan import MutedSpan, WithheldSpan, track_seed
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import plan, row

ROWS = [row(0), row(40, track=2), row(40, (16, 0, 32, 16), track=1), row(80, track=2)]
BLUR = Hiding("blur")
FULL = plan(ROWS, withheld=(WithheldSpan(Span(80, 160), "r", "b"),))


def test_rows_come_back_sorted():
    assert list(plan(ROWS[::-1]).rows()) == sorted(ROWS, key=lambda r: (r.pts, r.region.left))


def test_a_part_holds_its_span_and_nothing_else():
    part = FULL.part(Span(40, 80), BLUR)
    assert part.pts.tolist() == [40, 40]
    assert part.withheld == ()
    assert FULL.part(Span(0, 40), BLUR).regions.tolist() == [[0, 0, 16, 16]]
    assert FULL.part(Span(120, 400), BLUR).regions.shape == (0, 4)


def test_a_part_knows_the_withheld_frames_of_its_span():
    part = FULL.part(Span(40, 120), BLUR)
    assert [pts for pts in (40, 80, 120) if part.is_withheld(pts)] == [80, 120]


def test_a_frame_has_its_regions_and_one_seed_for_each_the_same_in_every_frame():
    part = FULL.part(Span(0, 400), BLUR)
    regions, styles, seeds, codes = part.at(40)
    assert regions.tolist() == [[0, 0, 16, 16], [16, 0, 32, 16]]
    assert (regions.dtype, seeds.dtype) == (np.int32, np.uint64)
    assert seeds.tolist() == [track_seed(FULL.sha256, 2), track_seed(FULL.sha256, 1)]
    assert part.at(80).seeds.tolist() == seeds.tolist()[:1]
    assert part.at(41).regions.shape == (0, 4)
    assert (styles, codes) == (("blur", "blur"), None)


MIXED = plan([row(40), replace(row(40, (16, 0, 32, 16), track=1), kind="plate")])


def test_a_region_has_the_code_of_its_kind_and_none_where_the_kind_has_none():
    coded = Hiding("fill", codes={"face": "(b)(6)"})
    assert MIXED.part(Span(0, 80), coded).at(40).codes == ("(b)(6)", "")
    assert MIXED.part(Span(0, 40), coded).at(0).codes == ()


def test_a_region_has_the_style_of_its_kind_and_the_usual_one_where_the_kind_has_none():
    part = MIXED.part(Span(0, 80), Hiding("blur", {"plate": "fill"}))
    assert part.at(40).styles == ("blur", "fill")
    assert part.at(0).styles == ()


def test_the_digest_tells_nothing_of_the_recording_nor_of_scores():
    assert replace(FULL, recording_sha256="00" * 32).sha256 == FULL.sha256
    assert plan([replace(r, score=None) for r in ROWS], withheld=FULL.withheld).sha256 == FULL.sha256


@pytest.mark.parametrize(
    "other",
    [
        plan(ROWS[1:], withheld=FULL.withheld),
        plan([*ROWS[:3], row(80, track=3)], withheld=FULL.withheld),
        plan([*ROWS[:3], row(80, track=2, reason="x")], withheld=FULL.withheld),
        plan([*ROWS[:3], row(80, (0, 0, 16, 32), track=2)], withheld=FULL.withheld),
        replace(FULL, withheld=()),
        replace(FULL, muted=(MutedSpan(Span(0, 1), "r", "b"),)),
        replace(FULL, policy_sha256="00" * 32),
        replace(FULL, frames=9),
    ],
)
def test_the_digest_changes_with_everything_that_a_release_shows(other):
    assert other.sha256 != FULL.sha256
