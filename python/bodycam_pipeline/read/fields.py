"""Which field of an interlaced frame is shown first, as the frame itself says."""

from fractions import Fraction
from typing import Literal

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray


def first_field(frame: av.VideoFrame) -> Literal["top", "bottom"]:
    """Ask FFmpeg, which knows the flag that PyAV does not give: separated, the field that is shown first comes first.

    A frame whose two fields are the same says nothing, and is taken for ``top``.
    """
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    graph.link_nodes(source, graph.add("separatefields"), graph.add("buffersink")).configure()
    graph.vpush(frame)
    field = _luma(graph.vpull())
    rows = _luma(frame)
    top, bottom = rows[0::2][: len(field)], rows[1::2][: len(field)]
    return "bottom" if not np.array_equal(field, top) and np.array_equal(field[: len(bottom)], bottom) else "top"


def _luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
