"""Looks as columns: what goes in comes out, in any pieces."""

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodycam_pipeline.values.detection import KINDS
from bodycam_pipeline.values.looks import Looks
from tests.rules.build import look
from tests.rules.test_tracks import recordings


@given(recordings())
@settings(max_examples=60)
def test_what_goes_in_comes_out(looks):
    columns = Looks.of(looks)
    assert list(columns) == looks
    assert len(columns) == len(looks)
    assert columns[-1] == looks[-1]
    assert list(columns[1:]) == looks[1:]
    assert list(columns[::-2]) == looks[::-2]
    with pytest.raises(IndexError):
        columns[len(looks)]
    assert Looks.of(columns) is columns
    assert pickle.loads(pickle.dumps(columns)) == columns  # noqa: S301 - what was written a moment ago


@given(st.lists(recordings(), max_size=3))
@settings(max_examples=60)
def test_parts_are_one_after_the_other(parts):
    assert list(Looks.joined(parts)) == [one for part in parts for one in part]


@given(recordings(), st.sets(st.sampled_from(KINDS)))
@settings(max_examples=60)
def test_kinds_that_nobody_asked_for_are_left_out(looks, kinds):
    found = [[d for d in one.detections if d.kind in kinds] for one in looks]
    assert [list(one.detections) for one in Looks.of(looks).of_kinds(kinds)] == found


def test_a_shift_that_nobody_measured_stays_unknown():
    assert [one.shift for one in Looks.of([look(0), look(1, shift=(0.0, 0.0))])] == [None, (0.0, 0.0)]


def test_other_things_are_no_looks():
    assert Looks.of([look(0)]) != [look(0)]
    assert Looks.of([look(0)]) != Looks.of([look(1)])
