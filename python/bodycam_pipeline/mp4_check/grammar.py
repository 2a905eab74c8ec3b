"""What a released MP4 may hold, byte by byte: the reader's own list, written apart from the writer's (decision 0011).

Section numbers are of ISO/IEC 14496-12 unless another standard is named. A dot is a byte that a number fills; every
such number is checked against another one, or against what a decoder sees.
"""

import re

from bodycam_pipeline.read.display_matrix import display_matrix
from bodycam_pipeline.values.geometry import Orientation

FOLDERS: dict[bytes, bytes] = {
    b"": rb"ftyp moov mdat",
    b"moov": rb"mvhd trak( trak)*",
    b"trak": rb"tkhd mdia",
    b"mdia": rb"mdhd hdlr minf",
    b"minf": rb"(vmhd|smhd) dinf stbl",
    b"dinf": rb"dref",
    b"stbl": rb"stsd stts( ctts)?( stss)? stsc stsz (stco|co64)",
    b"avc1": rb"avcC colr( pasp)?( fiel)?",
    b"mp4a": rb"esds",
}
"""The boxes in each box, in order: each is there once, and no other."""

_UPRIGHT = re.escape(display_matrix(Orientation.UPRIGHT, 0, 0))
_TIMES_32, _TIMES_64 = rb"\0{8}(?P<clock>.{4})(?P<ticks>.{4})", rb"\0{16}(?P<clock>.{4})(?P<ticks>.{8})"
_PICTURE_HEAD = rb"\0{6}\0\x01\0{16}(?P<width>..)(?P<height>..)\0\x48\0\0\0\x48\0\0\0{4}\0\x01\0{32}\0\x18\xff\xff"
_SOUND_HEAD = rb"\0{6}\0\x01\0{8}\0(?P<channels>[\x01\x02])\0\x10\0{4}(?P<rate>..)\0\0"
_CONFIG = rb"(?P<config>..)(?:\x56\xe5\0)?"  # FFmpeg says after it that there is no spectral band replication
_DECODER = rb"\x40\x15\0{3}\0{4}\0{4}\x05(?P<inner>.)" + _CONFIG
_STREAM = rb"\0{4}\x03(?P<outer>.)\0\0\0\x04(?P<middle>.)" + _DECODER + rb"\x06\x01\x02"


def _version(number: int, flags: int = 0) -> bytes:
    return re.escape(bytes([number, 0, 0, flags]))


LEAVES: dict[bytes, tuple[bytes, ...]] = {
    b"ftyp": (rb"isom\0\0\x02\0isomiso2avc1mp41",),
    # 8.2.2, 8.4.2, 8.3.2: no time of creation; a track is enabled, in the movie and nothing more
    b"mvhd": tuple(
        _version(version) + times + rb"\0\x01\0\0\x01\0\0{10}" + _UPRIGHT + rb"\0{24}(?P<next>.{4})"
        for version, times in ((0, _TIMES_32), (1, _TIMES_64))
    ),
    b"mdhd": tuple(_version(version) + times + rb"\x55\xc4\0\0" for version, times in ((0, _TIMES_32), (1, _TIMES_64))),
    b"tkhd": tuple(
        _version(version, 3)
        + times
        + rb"\0{8}\0{4}(?P<volume>\0\0|\x01\0)\0\0(?P<matrix>.{36})(?P<width>.{4})(?P<height>.{4})"
        for version, times in (
            (0, rb"\0{8}(?P<number>.{4})\0{4}(?P<ticks>.{4})"),
            (1, rb"\0{16}(?P<number>.{4})\0{4}(?P<ticks>.{8})"),
        )
    ),
    b"hdlr": (rb"\0{8}(?P<kind>vide|soun)\0{13}",),
    b"vmhd": (_version(0, 1) + rb"\0{8}",),
    b"smhd": (rb"\0{8}",),
    b"dref": (rb"\0{4}\0\0\0\x01\0\0\0\x0curl \0\0\0\x01",),
    b"stts": (rb"\0{4}(?P<count>.{4})(?P<rows>.*)",),
    b"ctts": (rb"[\0\x01]\0{3}(?P<count>.{4})(?P<rows>.*)",),
    b"stss": (rb"\0{4}(?P<count>.{4})(?P<rows>.*)",),
    b"stsc": (rb"\0{4}(?P<count>.{4})(?P<rows>.*)",),
    b"stsz": (rb"\0{8}(?P<count>.{4})(?P<rows>.*)",),
    b"stco": (rb"\0{4}(?P<count>.{4})(?P<rows>.*)",),
    b"co64": (rb"\0{4}(?P<count>.{4})(?P<rows>.*)",),
    b"stsd": (rb"\0{4}\0\0\0\x01(?P<entry>.*)",),
    b"avcC": (rb"(?P<record>.*)",),
    b"colr": (rb"nclx\0.\0.\0.[\0\x80]",),
    b"pasp": (rb"(?P<ratio>.{8})",),
    b"fiel": (rb"\x02[\x01\x06]",),
    b"esds": (_STREAM,),
}
"""The payloads that each box may have."""

ENTRY_HEADS: dict[bytes, bytes] = {b"avc1": _PICTURE_HEAD, b"mp4a": _SOUND_HEAD}
"""What stands in a sample entry before its boxes (12.1.3, 12.2.3)."""

ROW_BYTES: dict[bytes, int] = {b"stts": 8, b"ctts": 8, b"stss": 4, b"stsc": 12, b"stsz": 4, b"stco": 4, b"co64": 8}


def match_leaf(kind: bytes, payload: bytes) -> dict[str, bytes] | None:
    """The numbers in a box of this kind; None where it is not as it may be."""
    for pattern in LEAVES[kind]:
        match = re.fullmatch(pattern, payload, re.DOTALL)
        if match:
            return match.groupdict()
    return None


def number(field: bytes) -> int:
    """A number as boxes write it."""
    return int.from_bytes(field, "big")
