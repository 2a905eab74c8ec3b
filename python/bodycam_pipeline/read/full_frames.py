"""Full frames out of interlaced ones: one for each, at its own time, the same on every machine."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Literal

import av
from av.filter import Graph

_PARITY = {"top": "tff", "bottom": "bff"}


def full_frames(frames: Iterator[av.VideoFrame], first_field: Literal["top", "bottom"]) -> Iterator[av.VideoFrame]:
    """Put FFmpeg's bwdif over frames that follow each other, all of one size and format.

    A frame's first field is kept; the lines between are made of its neighbours in the picture and in time. Memory:
    three frames.
    """
    graph: Graph | None = None
    times: list[tuple[int | None, Fraction | None]] = []
    for frame in frames:
        graph = graph or _graph(frame, first_field)
        times.append((frame.pts, frame.time_base))
        graph.vpush(frame)
        yield from _ready(graph, times)
    if graph is not None:
        graph.vpush(None)
        yield from _ready(graph, times)


def _graph(frame: av.VideoFrame, first_field: Literal["top", "bottom"]) -> Graph:
    graph = Graph()
    graph.threads = 1
    time_base = frame.time_base or Fraction(1, 1000)
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=time_base)
    filter_ = graph.add("bwdif", f"mode=send_frame:parity={_PARITY[first_field]}:deint=all")
    graph.link_nodes(source, filter_, graph.add("buffersink")).configure()
    return graph


def _ready(graph: Graph, times: list[tuple[int | None, Fraction | None]]) -> Iterator[av.VideoFrame]:
    """What the filter gives out, each at the time that its frame had."""
    with suppress(av.error.BlockingIOError, av.error.EOFError):
        while True:
            frame = graph.vpull()
            frame.pts, frame.time_base = times.pop(0)
            yield frame
