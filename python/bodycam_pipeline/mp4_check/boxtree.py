"""The boxes of a finished file as a tree, with everything named that the grammar does not allow."""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bodycam_pipeline.mp4_check.grammar import ENTRY_HEADS, FOLDERS, LEAVES, match_leaf

Read = Callable[[int, int], bytes]
"""Bytes from an offset to an end, fewer where there are none."""

LARGEST_MOVIE_BYTES = 1 << 30
"""Size limit of a day's tables; what claims more is refused before it is read."""

MOST_BOXES, MOST_DEPTH = 256, 16
"""A release holds about forty boxes, nine deep; a file with more is none, and is read no further."""

_MOST_NAMED = 8
"""Boxes named one by one in a refusal."""


@dataclass
class BoxNode:
    """One box.

    Attributes:
        kind: Four characters; empty for the file itself.
        start, end: Of its payload in the file.
        fields: Its numbers, by their names in the grammar; empty where it is not as the grammar has it.
        parts: The boxes in it.
    """

    kind: bytes
    start: int
    end: int
    fields: dict[str, bytes] = field(default_factory=dict)
    parts: "list[BoxNode]" = field(default_factory=list)

    def part(self, *path: bytes) -> "BoxNode":
        """A box below this one.

        Raises:
            KeyError: it is not there.
        """
        found = self
        for kind in path:
            found = next((part for part in found.parts if part.kind == kind), None) or _missing(kind)
        return found

    def maybe(self, kind: bytes) -> "BoxNode | None":
        """A box in this one, if it is there."""
        return next((part for part in self.parts if part.kind == kind), None)


def _missing(kind: bytes) -> BoxNode:
    raise KeyError(kind)


def read_tree(path: Path, leaks: list[str]) -> BoxNode:
    """Read every box; whatever no rule allows is added to ``leaks`` in words.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:

        def read(start: int, end: int) -> bytes:
            file.seek(start)
            return file.read(end - start)

        root = BoxNode(b"", 0, path.stat().st_size)
        _Reading(read, leaks).fill(root, MOST_DEPTH)
        return root


@dataclass
class _Reading:
    """One reading of one file, which ends after so many boxes whatever the file says."""

    read: Read
    leaks: list[str]
    left: int = MOST_BOXES

    def fill(self, box: BoxNode, depth: int) -> None:
        """Read the parts of a box that has parts, and check their order."""
        begin = box.start + _entry_head(box, self.read, self.leaks)
        for part in self._within(begin, box.end):
            box.parts.append(part)
            if part.kind in FOLDERS:
                self._deeper(part, depth)
            elif part.kind in LEAVES:
                _read_leaf(part, self.read, self.leaks)
            if part.kind == b"stsd" and part.fields:
                self._read_entry(part, depth)
        _check_order(box, self.leaks)

    def _within(self, start: int, end: int) -> Iterator[BoxNode]:
        for part in _boxes(self.read, start, end, self.leaks):
            if not self.left:
                self.leaks.append(f"more than {MOST_BOXES} boxes")
                return
            self.left -= 1
            yield part

    def _deeper(self, part: BoxNode, depth: int) -> None:
        if depth:
            self.fill(part, depth - 1)
        else:
            self.leaks.append(f"boxes in boxes, {MOST_DEPTH} deep")

    def _read_entry(self, table: BoxNode, depth: int) -> None:
        table.parts = list(self._within(table.start + 8, table.end))
        if len(table.parts) != 1 or table.parts[0].kind not in ENTRY_HEADS:
            self.leaks.append(f"{len(table.parts)} sample descriptions, or one of a kind that no release has")
            return
        self._deeper(table.parts[0], depth)


def _check_order(box: BoxNode, leaks: list[str]) -> None:
    kinds = b" ".join(part.kind for part in box.parts)
    if not re.fullmatch(FOLDERS[box.kind], kinds):
        named = [f"{p.kind.decode('latin-1')}, {p.end - p.start} bytes at {p.start}" for p in _strangers(box)]
        said = "; ".join(named[:_MOST_NAMED]) or kinds[: 5 * _MOST_NAMED].decode("latin-1")
        leaks.append(f"{box.kind.decode('latin-1') or 'the file'} holds what no release holds: {said}")


def _strangers(box: BoxNode) -> Iterator[BoxNode]:
    allowed, seen = FOLDERS[box.kind], set()
    for part in box.parts:
        if part.kind not in allowed or (part.kind in seen and part.kind != b"trak"):
            yield part
        seen.add(part.kind)


def _entry_head(box: BoxNode, read: Read, leaks: list[str]) -> int:
    """The length of what stands before the boxes of a sample entry; 0 for other boxes."""
    if box.kind not in ENTRY_HEADS:
        return 0
    length = {b"avc1": 78, b"mp4a": 28}[box.kind]
    match = re.fullmatch(ENTRY_HEADS[box.kind], read(box.start, min(box.start + length, box.end)), re.DOTALL)
    box.fields = match.groupdict() if match else {}
    if match is None:
        leaks.append(f"the head of {box.kind.decode()} is not as a release has it")
    return length


def _read_leaf(box: BoxNode, read: Read, leaks: list[str]) -> None:
    if box.end - box.start > LARGEST_MOVIE_BYTES:
        leaks.append(f"{box.kind.decode()} of {box.end - box.start} bytes")
        return
    fields = match_leaf(box.kind, read(box.start, box.end))
    if fields is None:
        leaks.append(f"{box.kind.decode()} at {box.start} says what no release says")
        return
    box.fields = fields


def _boxes(read: Read, start: int, end: int, leaks: list[str]) -> Iterator[BoxNode]:
    """The boxes between two offsets (4.2); what is left over is a leak."""
    while start < end:
        head = read(start, min(start + 16, end))
        size, kind = struct.unpack(">I4s", head[:8]) if len(head) >= 8 else (0, b"")
        header = 8
        if size == 1 and kind == b"mdat" and len(head) == 16:
            header, size = 16, struct.unpack(">Q", head[8:])[0]
        if size < header or start + size > end:
            leaks.append(f"{end - start} bytes at {start} that are no box")
            return
        yield BoxNode(kind, start + header, start + size)
        start += size
