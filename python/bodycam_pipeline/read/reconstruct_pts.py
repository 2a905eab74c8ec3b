"""Learn when frames are shown from the decoder, for containers that only say when they are decoded."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.read.container import open_container, prepare_decoder, video_stream
from bodycam_pipeline.read.index import NO_TIME
from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import UnsupportedRecordingError
from bodycam_pipeline.values.recording import PacketIndex


def needs_learning(container: str, packets: PacketIndex) -> bool:
    """Whether presentation times are missing, or FFmpeg's guess: AVI stores none."""
    guessed = container == "avi" and bool((packets.pts != packets.dts).any())
    return guessed or bool((packets.pts == NO_TIME).any())


def without_times(packets: PacketIndex) -> bool:
    """Whether the file says nothing of when anything is decoded or shown: a bare video stream."""
    return bool((packets.pts == NO_TIME).all() and (packets.dts == NO_TIME).all())


USUAL_RATE = 25
"""Frames a second where a file states none that a camera has."""

_FASTEST_RATE = 1000


def at_a_steady_rate(address: str, stream_index: int, packets: PacketIndex) -> tuple[PacketIndex, int]:
    """Give the packets of a file without times decode times at its frame rate, and say how many ticks each lasts."""
    with open_container(address) as container:
        stream = video_stream(container, stream_index, address)
        clock = stream.time_base or Fraction(1, 1000)
        stated = next((packet.duration for packet in container.demux(stream) if packet.size), None) or 0
    ticks = stated if 1 <= _FASTEST_RATE * stated * clock <= _FASTEST_RATE else max(1, round(1 / (USUAL_RATE * clock)))
    return replace(packets, dts=np.arange(len(packets), dtype=np.int64) * ticks), ticks


def _no_times(address: str) -> UnsupportedRecordingError:
    return UnsupportedRecordingError(
        "the recording carries no times",
        remedy="Export it once more from the camera's or the evidence system's software, as MP4 (H.264 or H.265).",
        where=place(address),
    )


def learn_times(address: str, stream_index: int, packets: PacketIndex) -> PacketIndex:
    """Give every packet the time at which its frame is shown: the n-th frame shown takes the n-th decode time.

    That is how AVI means it (frame n is shown at n times the frame duration, and B-frames are packed so that no delay
    is needed). Costs one decode of the recording.

    Raises:
        UnsupportedRecordingError: packets without decode times, or packets and frames do not pair up.
    """
    if (packets.dts == NO_TIME).any() or (np.diff(packets.dts) <= 0).any():
        raise _no_times(address)
    order = _shown_order(address, stream_index)
    expected = np.flatnonzero(packets.shown)
    if not np.array_equal(np.sort(order), expected):
        raise UnsupportedRecordingError(
            f"{len(expected)} packets give {len(order)} frames, and nothing says when the missing ones belong",
            remedy="The file is damaged, or its container cannot say when frames are shown: export it once more as MP4 "
            "(H.264 or H.265).",
            where=place(address),
        )
    pts = packets.dts.copy()
    pts[order] = packets.dts[expected]
    return replace(packets, pts=pts)


def _shown_order(address: str, stream_index: int) -> NDArray[np.int64]:
    """Packet numbers in the order in which their frames come out: each packet carries its number as its time."""
    order: list[int] = []
    with open_container(address) as container:
        stream = video_stream(container, stream_index, address)
        prepare_decoder(stream, address)
        number = 0
        for packet in container.demux(stream):
            if packet.size:
                packet.pts = packet.dts = number
                number += 1
            try:
                order += [
                    f.pts for f in stream.codec_context.decode(packet if packet.size else None) if f.pts is not None
                ]
            except av.error.InvalidDataError:
                continue  # the packet is missing from the order, and the caller sees that
    return np.array(order, dtype=np.int64)
