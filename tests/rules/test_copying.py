"""Which groups may be stream-copied: only whole ones, untouched, plain and shown to the last frame."""

from dataclasses import replace

import pytest

from bodycam_pipeline.rules.copying import CopySpan, copy_spans
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.hiding import Hiding
from bodycam_pipeline.values.plan import PlannedRegion, WithheldSpan, region_table
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import index, plan

GROUPS = (0, 4, 8)
"""Three groups of four frames, 40 ms each."""

WHOLE = Span(0, 480)


def packets(**odd):
    return index(range(0, 480, 40), GROUPS, **odd)


def hiding(*pts, withheld=()):
    rows = [PlannedRegion(at, Region(0, 0, 16, 16), "face", 1, "manual", None, "a test") for at in pts]
    made = replace(plan(), regions=region_table(rows), withheld=tuple(withheld))
    return made.part(WHOLE, Hiding("blur"))


def test_a_segment_in_which_nothing_is_hidden_is_one_copied_run():
    assert copy_spans(packets(), hiding(), 0) == (CopySpan(0, 12, copied=True),)


@pytest.mark.parametrize("pts", [160, 200, 280])
def test_a_region_in_any_frame_of_a_group_has_the_whole_group_encoded_and_no_other(pts):
    assert copy_spans(packets(), hiding(pts), 0) == (CopySpan(0, 4, True), CopySpan(4, 8, False), CopySpan(8, 12, True))


def test_touched_neighbours_are_encoded_in_one_run():
    assert copy_spans(packets(), hiding(0, 160), 0) == (CopySpan(0, 8, False), CopySpan(8, 12, True))


def test_a_segment_of_which_anything_is_withheld_is_encoded_whole_because_it_may_be_damaged():
    withheld = WithheldSpan(Span(279, 280), "a test", "a person")
    assert copy_spans(packets(), hiding(withheld=[withheld]), 0) == (CopySpan(0, 12, copied=False),)


def test_a_packet_that_may_not_be_carried_over_has_its_group_encoded():
    assert copy_spans(packets(odd=[5]), hiding(), 0)[1] == CopySpan(4, 8, copied=False)


def test_a_frame_that_an_edit_list_hides_has_its_group_encoded():
    assert copy_spans(packets(hidden=[9]), hiding(), 0)[-1] == CopySpan(8, 12, copied=False)


def test_a_group_that_reorders_more_than_decoders_are_told_is_encoded():
    reordered = index([0, 120, 80, 40, 160, 200, 240, 280], (0, 4))
    assert copy_spans(reordered, hiding(), 2) == (CopySpan(0, 8, copied=True),)
    assert copy_spans(reordered, hiding(), 1) == (CopySpan(0, 4, copied=False), CopySpan(4, 8, copied=True))


def test_groups_that_overlap_in_time_are_one_group():
    across = index([0, 40, 120, 160, 80, 200], (0, 3))
    assert copy_spans(across, hiding(200), 1) == (CopySpan(0, 6, copied=False),)


def test_nothing_is_carried_over_where_nothing_may_be():
    assert copy_spans(packets(), hiding(), None) == (CopySpan(0, 12, copied=False),)
