"""Clocks, spans and the clock of a release."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.values.timeline import Span, format_clock, parse_clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("12.5", Fraction("12.5")),
        ("1:02.480", Fraction("62.48")),
        ("1:00:02", 3602),
        (" 00:00:00.001 ", Fraction("0.001")),
    ],
)
def test_clocks_are_read_exactly(text, seconds):
    assert parse_clock(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1:2:3:4", "12,5", "1e3", "a", "1:", ":1", "1.", "0.0000000001"])
def test_refuses_what_is_not_a_time(text):
    with pytest.raises(ValueError, match="not a time"):
        parse_clock(text)


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_back_to_the_millisecond(milliseconds):
    seconds = Fraction(milliseconds, 1000)
    assert parse_clock(format_clock(seconds)) == seconds


@given(st.fractions(0, 10**6), st.fractions(0, 10**6))
def test_no_two_frames_swap_when_written(a, b):
    if a <= b:
        assert parse_clock(format_clock(a)) <= parse_clock(format_clock(b))


def test_times_before_zero_keep_their_sign():
    assert format_clock(Fraction(-1, 2)) == "-00:00:00.500"


def test_spans_are_half_open_and_never_empty():
    assert 4 in Span(4, 5)
    assert 5 not in Span(4, 5)
    assert not Span(0, 4).overlaps(Span(4, 8))
    assert Span(0, 5).overlaps(Span(4, 8))
    for start, end in ((4, 4), (5, 4)):
        with pytest.raises(ValueError, match="empty"):
            Span(start, end)
