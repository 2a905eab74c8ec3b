"""Learn when frames are shown from the decoder, for containers that only say when they are decoded."""

from dataclasses import replace

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


def learn_times(address: str, stream_index: int, packets: PacketIndex) -> PacketIndex:
    """Give every packet the time at which its frame is shown: the n-th frame shown takes the n-th decode time.

    That is how AVI means it (frame n is shown at n times the frame duration, and B-frames are packed so that no delay
    is needed). Costs one decode of the recording.

    Raises:
        UnsupportedRecordingError: packets without decode times, or packets and frames do not pair up.
    """
    if (packets.dts == NO_TIME).any() or (np.diff(packets.dts) <= 0).any():
        raise UnsupportedRecordingError(
            "the recording carries no times",
            remedy="Wrap it in a container together with the camera's frame rate, for instance in MP4.",
            where=place(address),
        )
    order = _shown_order(address, stream_index)
    expected = np.flatnonzero(packets.shown)
    if not np.array_equal(np.sort(order), expected):
        raise UnsupportedRecordingError(
            f"{len(expected)} packets give {len(order)} frames, and nothing says when the missing ones belong",
            remedy="The file is damaged, or its container cannot say when frames are shown: ask for the original.",
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
