"""Segments: every packet in one, every frame in one span, the same cut everywhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.errors import DamagedRecordingError, NoVideoError, UnsupportedRecordingError
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import index, recording


@st.composite
def groups(draw):
    """Closed GOPs with frames reordered inside, uneven times, and packets that an edit list hides."""
    pts, starts = [], []
    now = draw(st.integers(-1000, 1000))
    for _ in range(draw(st.integers(1, 8))):
        times = [now := now + draw(st.integers(1, 700)) for _ in range(draw(st.integers(1, 6)))]
        starts.append(len(pts))
        pts += [times[0], *draw(st.permutations(times[1:]))]
    hidden = draw(st.sets(st.integers(0, len(pts) - 1), max_size=len(pts) - 1))
    return index(pts, starts, hidden)


@given(groups(), st.integers(1, 3000))
def test_every_packet_is_in_one_segment_and_every_shown_frame_in_one_span(packets, target_ms):
    file = recording(packets)
    segments = split(file, target_ms=target_ms)
    edges = [s.first_packet for s in segments] + [segments[-1].end_packet]
    assert edges == sorted(set(edges))
    assert (edges[0], edges[-1]) == (0, len(packets))
    assert [s.first_packet for s in segments[1:]] == [s.end_packet for s in segments[:-1]]
    assert [s.span.start_pts for s in segments[1:]] == [s.span.end_pts for s in segments[:-1]]
    assert Span(segments[0].span.start_pts, segments[-1].span.end_pts) == file.span
    assert [s.number for s in segments] == list(range(len(segments)))
    for segment in segments:
        part = packets.part(segment.first_packet, segment.end_packet)
        assert part.random_access[0]
        assert segment.frames == part.shown.sum() >= 1
        assert all(int(pts) in segment.span for pts in part.pts[part.shown])


@given(groups(), st.integers(1, 3000))
def test_segments_but_the_last_are_as_long_as_asked(packets, target_ms):
    for segment in split(recording(packets), target_ms=target_ms)[:-1]:
        assert segment.span.end_pts - segment.span.start_pts >= target_ms


def test_neighbouring_groups_are_merged_until_the_target():
    segments = split(recording(index(range(0, 1000, 100), range(10))), target_ms=300)
    assert [s.frames for s in segments] == [3, 3, 3, 1]


def test_a_start_inside_an_earlier_groups_frames_is_not_used():
    open_group = index([0, 100, 300, 200, 400], random_access=[0, 2])  # 200 shows before 300 but is decoded after it
    assert len(split(recording(open_group), target_ms=1)) == 2
    tangled = index([0, 300, 200, 100, 400], random_access=[0, 2])
    assert len(split(recording(tangled), target_ms=1)) == 1


def test_a_group_that_an_edit_list_hides_joins_its_neighbour():
    hidden_head = split(recording(index(range(0, 600, 100), [0, 2, 4], hidden=[0, 1])), target_ms=100)
    assert [(s.first_packet, s.frames) for s in hidden_head] == [(0, 2), (4, 2)]
    hidden_tail = split(recording(index(range(0, 600, 100), [0, 2, 4], hidden=[4, 5])), target_ms=100)
    assert [(s.end_packet, s.frames) for s in hidden_tail] == [(2, 2), (6, 2)]


def test_a_recording_of_one_frame_is_one_segment():
    assert [s.frames for s in split(recording(index([7])))] == [1]


def test_refuses_packets_before_the_first_random_access_point():
    with pytest.raises(DamagedRecordingError, match="first 2 packets"):
        split(recording(index(range(5), random_access=[2])))


def test_refuses_a_recording_without_a_random_access_point():
    with pytest.raises(UnsupportedRecordingError, match="decoded on its own"):
        split(recording(index(range(5), random_access=[])))


def test_refuses_two_frames_at_one_time():
    with pytest.raises(UnsupportedRecordingError, match="share their time") as caught:
        split(recording(index([0, 40, 40, 80])))
    assert caught.value.where.pts == 40


def test_refuses_a_recording_that_shows_nothing():
    for packets in (index(np.array([])), index([0, 40], hidden=[0, 1])):
        with pytest.raises(NoVideoError):
            split(recording(packets))
