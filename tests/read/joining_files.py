"""Recordings put together from others, packet by packet: several tracks, odd times, other containers."""

import re
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import av
from av.packet import Packet
from av.stream import Disposition, Stream

Source = tuple[Path, str]
"""A file, and the kind of its first track that is taken."""


def muxed(
    path: Path,
    sources: Sequence[Source],
    default: Sequence[int] = (),
    change: Callable[[int, "Packet[Stream]"], None] | None = None,
) -> Path:
    """Copy one track of each source into one file.

    Args:
        path: Where to; returned.
        sources: The tracks, in their order.
        default: Numbers of those that are marked as default.
        change: Called with a number and each packet of the first track before it is written.
    """
    with av.open(str(path), "w") as target:
        inputs = [av.open(str(source)) for source, _ in sources]
        found = [
            next(s for s in file.streams if s.type == kind) for file, (_, kind) in zip(inputs, sources, strict=True)
        ]
        streams = [target.add_stream_from_template(stream) for stream in found]
        for number, stream in enumerate(streams):
            stream.disposition = Disposition.default if number in default else Disposition(0)
        for file, source, stream in zip(inputs, found, streams, strict=True):
            for number, packet in enumerate(p for p in file.demux(source) if p.size):
                if change is not None and stream is streams[0]:
                    change(number, packet)
                packet.stream = stream
                target.mux(packet)
            file.close()
    return path


def dav(h264: Path, path: Path, fps: int = 25) -> Path:
    """Write a DHAV file, as recorders of that make export: FFmpeg cannot seek in it."""
    stream = h264.read_bytes()
    at = [found.start() for found in re.finditer(b"\0\0\0\1\x09", stream)] + [len(stream)]
    result = bytearray()
    for number in range(len(at) - 1):
        unit = stream[at[number] : at[number + 1]]
        key = b"\x65" in (unit[n + 3 : n + 4] for n in range(len(unit)) if unit[n : n + 3] == b"\0\0\1")
        ms = number * 1000 // fps
        date = (26 << 26) | (11 << 22) | (28 << 17) | (10 << 12) | (ms // 60000 << 6) | (ms // 1000 % 60)
        more = b"\x82\0\0\0" + struct.pack("<HH", 320, 192) + b"\x81\0\x08" + bytes([fps]) if key else b""
        size = 24 + len(more) + len(unit) + 8
        head = b"DHAV" + bytes([0xFD if key else 0xFC, 0, 0, 0])
        head += struct.pack("<IIIH", number, size, date, ms & 0xFFFF) + bytes([len(more)])
        result += head + bytes([sum(head) & 255]) + more + unit + b"dhav" + struct.pack("<I", size)
    path.write_bytes(result)
    return path
