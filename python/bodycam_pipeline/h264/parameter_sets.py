"""The record of H.264 parameter sets in a finished file: what a release carries must be syntax, all of it."""

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import and_

from bodycam_pipeline.h264.parameters import read_pps, read_sps

_WITH_CHROMA_IN_RECORD = frozenset({100, 110, 122, 144, 244})
"""Profiles whose avcC ends with chroma format and bit depths (ISO/IEC 14496-15, 5.3.3.1.2)."""


def leaks_in_record(avcc: bytes) -> Iterator[str]:
    """What in an ``AVCDecoderConfigurationRecord`` is no syntax that a decoder needs (ISO/IEC 14496-15, 5.3.3.1.2)."""
    sets = sets_of_record(avcc)
    if sets is None:
        yield "an avcC that ends early"
        return
    sequences, pictures, rest = sets
    if not sequences or avcc[:5] != bytes([1, *_claimed(sequences), 0xFF]) or avcc[5] & 0xE0 != 0xE0:
        yield "an avcC whose head is not that of its parameter sets"
    yield from (f"a sequence parameter set with odd bits: {s.hex()}" for s in sequences if not read_sps(s).whole)
    yield from (f"a picture parameter set with odd bits: {p.hex()}" for p in pictures if not read_pps(p).whole)
    extended = bool(sequences) and _claimed(sequences)[0] in _WITH_CHROMA_IN_RECORD
    if rest != (bytes([0xFC | 1, 0xF8, 0xF8, 0]) if extended else b""):
        yield f"{len(rest)} bytes after the parameter sets of avcC"


def _claimed(sequences: Sequence[bytes]) -> tuple[int, int, int]:
    """Return what decodes every sequence: the highest profile, the constraints that all keep, the highest level."""
    profiles, constraints, levels = zip(*(unit[1:4] for unit in sequences), strict=True)
    return max(profiles), reduce(and_, constraints), max(levels)


def sets_of_record(avcc: bytes) -> tuple[list[bytes], list[bytes], bytes] | None:
    """The sequence sets, the picture sets and what follows them; None where the record ends before its sets do."""
    position, found = 5, []
    for mask in (0x1F, 0xFF):
        sets: list[bytes] = []
        if position >= len(avcc):
            return None
        count, position = avcc[position] & mask, position + 1
        for _ in range(count):
            size = int.from_bytes(avcc[position : position + 2], "big")
            sets.append(avcc[position + 2 : position + 2 + size])
            position += 2 + size
            if position > len(avcc) or size < 4:
                return None
        found.append(sets)
    return found[0], found[1], avcc[position:]
