"""What is in a finished file, byte by byte: boxes that no release has, tracks, tags, and media nobody points at."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from av.container import InputContainer

from bodycam_pipeline.media.container import opened
from bodycam_pipeline.media.nal import units
from bodycam_pipeline.values.observed import ContainerObservation

_FOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl"})
_LEAVES = frozenset(
    {b"ftyp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"vmhd", b"smhd", b"dref"}
    | {b"stsd", b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco", b"co64"}
)
_FORMAT_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "language", "handler_name"})
"""What FFmpeg reports of boxes that every MP4 has."""

_SLICES = frozenset({1, 5})
"""ITU-T H.264, table 7-1: slices of a non-IDR and of an IDR picture."""


def observe_container(path: Path) -> ContainerObservation:
    """Look at everything in a finished file but its pictures.

    Raises:
        UnreadableRecordingError: not a container.
        StorageError: the disk failed.
    """
    unowned: list[str] = []
    with path.open("rb") as file:
        media_bytes = sum(_walk(file, 0, path.stat().st_size, unowned))
    with opened(str(path)) as container:
        kinds = [stream.type for stream in container.streams]
        others = [f"{s.type} {s.index}" for s in container.streams if s.type not in {"video", "audio"}]
        tags = list(_tags(container))
        unowned += _stray_media(container, media_bytes)
    return ContainerObservation(kinds.count("video"), kinds.count("audio"), tuple(others), tuple(tags), tuple(unowned))


def _walk(file: BinaryIO, start: int, end: int, unowned: list[str]) -> Iterator[int]:
    """Name every box that no rule allows; yield the media bytes of each ``mdat``."""
    while start < end:
        kind, header, size = _box(file, start, end)
        if size < header or start + size > end:
            unowned.append(f"{end - start} bytes at {start} that are no box")
            return
        if kind in _FOLDERS:
            yield from _walk(file, start + header, start + size, unowned)
        elif kind not in _LEAVES:
            unowned.append(f"{kind.decode('latin-1')}, {size} bytes at {start}")
        elif kind == b"mdat":
            yield size - header
        start += size


def _box(file: BinaryIO, start: int, end: int) -> tuple[bytes, int, int]:
    """Type, header length and size of the box at an offset (ISO/IEC 14496-12, 4.2); size 0 where there is none."""
    file.seek(start)
    head = file.read(min(16, end - start))
    if len(head) < 8:
        return b"", 8, 0
    size, kind = struct.unpack(">I4s", head[:8])
    if size == 1 and len(head) == 16:
        return kind, 16, struct.unpack(">Q", head[8:])[0]
    return kind, 8, size


def _tags(container: InputContainer) -> Iterator[str]:
    yield from (f"{name}={value}" for name, value in container.metadata.items() if name not in _FORMAT_TAGS)
    for stream in container.streams:
        found = {name: value for name, value in stream.metadata.items() if name not in _FORMAT_TAGS}
        yield from (f"track {stream.index} {name}={value}" for name, value in found.items())
        handler = stream.metadata.get("handler_name", "")
        if handler:
            yield f"track {stream.index} handler_name={handler}"


def _stray_media(container: InputContainer, media_bytes: int) -> Iterator[str]:
    """Media that no sample owns, and picture data that is not a slice."""
    owned = 0
    for packet in container.demux():
        owned += packet.size
        if packet.stream.type == "video" and packet.size:
            kinds = {unit[0] & 31 for unit in units(bytes(packet), 4)}
            if not kinds <= _SLICES:
                yield f"NAL units of type {sorted(kinds - _SLICES)} at pts {packet.pts}"
    if owned != media_bytes:
        yield f"{media_bytes - owned} bytes of media that no sample owns"
