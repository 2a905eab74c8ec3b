"""How many samples an MP4 says it holds, told from its boxes before FFmpeg lists them all.

FFmpeg takes 24 bytes of memory for each sample that a header counts, and a header of 20 bytes can count 2^32 of them.
More samples than bytes is no recording. The boxes are found as FFmpeg finds them: in whatever box it looks into, in any
order. Section numbers are of ISO/IEC 14496-12.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from bodycam_pipeline.schemes import place
from bodycam_pipeline.values.errors import UnreadableRecordingError

MOST_EDITS = 16
"""A track is put together from one to a few pieces; from here on every piece counts as often as it could be shown."""

_FOLDERS = frozenset(b"moov trak mdia minf stbl dinf edts mvex moof traf tref udta mfra gmhd sinf schi wave".split())
"""Boxes that FFmpeg enters."""

_COUNTERS = {b"stsz": 8, b"stz2": 8, b"trun": 4, b"elst": 4}
"""Where the number of samples (8.7.3, 8.8.8) or of edits (8.6.6) stands in a box."""

_READ_WHOLE = frozenset({b"stsd", b"meta"})
"""Boxes with fields of their own, behind which others may lie."""

_MOST_WHOLE_BYTES = 16 << 20
_MOST_DEPTH = 8
_HEAD_BYTES = 16


class Source(Protocol):
    """Bytes in their order, of which most are passed over."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; fewer only at the end."""

    def skip(self, size: int, /) -> None:
        """Pass over the next bytes."""


@dataclass
class _Track:
    samples: int = 0
    edits: int = 0

    @property
    def entries(self) -> int:
        """What the demuxer has to list at most."""
        return self.samples * (self.edits if self.edits > MOST_EDITS else 1)


def refuse_bomb(file: BinaryIO, address: str) -> None:
    """The same for an open file, of which only the boxes are read; leaves it at its beginning.

    Raises:
        UnreadableRecordingError: as `refuse_more_than_there_is`.
    """
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    refuse_more_than_there_is(_Sought(file), size_bytes, address)
    file.seek(0)


class _Sought:
    """A file that seeks to what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self._seek = file.read, file.seek

    def skip(self, size: int, /) -> None:
        self._seek(size, os.SEEK_CUR)


def refuse_more_than_there_is(source: Source, size_bytes: int, address: str) -> None:
    """Read the boxes of what may be an MP4, up to its end or to the first thing that is no box.

    Raises:
        UnreadableRecordingError: it counts more samples than it has bytes, or hides how many in a packed header.
    """
    track = _Track()
    finished = 0
    for kind, content in _boxes(source, size_bytes):
        if kind in {b"cmov", _ENDLESS}:
            raise _refused("its header is packed, or larger than any camera's", address)
        if kind in {b"trak", b"traf"}:
            finished, track = finished + track.entries, _Track()
        elif kind == b"elst":
            track.edits += _number(content, 4)
        elif kind in _COUNTERS:
            track.samples += _number(content, _COUNTERS[kind])
        if finished + track.entries > size_bytes:
            raise _refused(f"it counts more pictures and sounds than the {size_bytes} bytes that it has", address)


def _boxes(source: Source, size_bytes: int, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """The kind of every box, and how its content begins."""
    at, ends = 0, [size_bytes]
    while at < size_bytes:
        while at >= ends[-1]:
            ends.pop()
        head = source.read(min(8, ends[-1] - at))
        at += len(head)
        if len(head) < 8:
            if not head:
                return  # the file is shorter than it was
            continue
        start, size, kind = at - 8, _number(head, 0), head[4:]
        if size == 1:
            size, at = int.from_bytes(source.read(8), "big"), at + 8
        end = min(start + size, ends[-1]) if size else ends[-1]
        if end < at:  # no box: what holds it goes no further
            end = ends[-1]
        elif kind in _FOLDERS:
            ends.append(end)
            yield kind, b""
            continue
        else:
            content = source.read(min(end - at, _wanted(kind)))
            at += len(content)
            yield kind, content
            yield from _behind_fields(kind, content, depth)
        source.skip(end - at)
        at = end


def _wanted(kind: bytes) -> int:
    return _MOST_WHOLE_BYTES + 1 if kind in _READ_WHOLE else _HEAD_BYTES if kind in _COUNTERS else 0


def _behind_fields(kind: bytes, content: bytes, depth: int) -> Iterator[tuple[bytes, bytes]]:
    """What FFmpeg finds in a description of samples, whose fields vary, and after the handler of metadata."""
    if kind not in _READ_WHOLE:
        return
    if depth == _MOST_DEPTH or len(content) > _MOST_WHOLE_BYTES:
        yield _ENDLESS, b""
    elif kind == b"stsd":
        for found in re.finditer(rb"stsz|stz2", content):
            yield found[0], content[found.end() : found.end() + _HEAD_BYTES]
    else:
        handler = next((n for n in range(4, len(content), 4) if content[n : n + 4] == b"hdlr"), len(content))
        yield from _boxes(_InMemory(content[handler - 4 :]), len(content) - handler + 4, depth + 1)


_ENDLESS = b"...."
"""Stands for a box that is larger, or deeper, than any camera's."""


class _InMemory:
    """Bytes in memory as a source."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def read(self, size: int, /) -> bytes:
        found = self._content[self._at : self._at + size]
        self._at += len(found)
        return found

    def skip(self, size: int, /) -> None:
        self._at += size


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "big")


def _refused(what: str, address: str) -> UnreadableRecordingError:
    return UnreadableRecordingError(
        f"not a recording: {what}",
        remedy="Check where the file comes from, and get it again as the camera wrote it.",
        where=place(address),
    )
