"""The boxes a released MP4 may hold, and how each is written. There is no way to write any other.

Section numbers are of ISO/IEC 14496-12 unless another standard is named.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.read.display_matrix import display_matrix
from bodycam_pipeline.values.encoded import EncodedAudio
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.recording import VideoFacts

ENABLED_IN_MOVIE = 3
"""Track header flags, 8.3.2."""

_SELF_CONTAINED = 1
"""Data reference flag: the media lies in this file, 8.7.2."""

UNITY = display_matrix(Orientation.UPRIGHT, 0, 0)
"""The matrix that leaves everything where it is."""
_UNDETERMINED = 0x55C4
"""Language ``und``, packed as three letters of five bits, 8.4.2."""

_LARGEST_UINT32 = (1 << 32) - 1


def box(kind: bytes, *parts: bytes) -> bytes:
    """Encode a box (ISO/IEC 14496-12, 4.2): its length, its kind, its content."""
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box with version and flags, 4.2."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def file_type() -> bytes:
    """Box ftyp, 4.3: ISO base media with AVC."""
    return box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isom", b"iso2", b"avc1", b"mp41")


def movie_header(timescale: int, duration: int, tracks: int) -> bytes:
    """Box mvhd, 8.2.2: times of creation are 0, since they would say when a person was recorded or redacted."""
    times, version = _times(timescale, duration)
    rest = struct.pack(">IH10x", 0x00010000, 0x0100) + UNITY + bytes(24) + struct.pack(">I", tracks + 1)
    return full_box(b"mvhd", times, rest, version=version)


def track_header(number: int, duration: int, matrix: bytes, size: tuple[Fraction, int] | None) -> bytes:
    """Box tkhd, 8.3.2: ``size`` as displayed before turning, None for sound (which has a volume instead)."""
    version = int(duration > _LARGEST_UINT32)
    times = struct.pack(">QQIIQ" if version else ">IIIII", 0, 0, number, 0, duration)
    width, height = (round(size[0] * 65536), size[1] << 16) if size else (0, 0)
    rest = struct.pack(">8xHHHH", 0, 0, 0 if size else 0x0100, 0) + matrix + struct.pack(">II", width, height)
    return full_box(b"tkhd", times, rest, version=version, flags=ENABLED_IN_MOVIE)


def media_header(timescale: int, duration: int) -> bytes:
    """Box mdhd, 8.4.2."""
    times, version = _times(timescale, duration)
    return full_box(b"mdhd", times, struct.pack(">HH", _UNDETERMINED, 0), version=version)


def _times(timescale: int, duration: int) -> tuple[bytes, int]:
    version = int(duration > _LARGEST_UINT32)
    return struct.pack(">QQIQ" if version else ">IIII", 0, 0, timescale, duration), version


def handler(kind: bytes) -> bytes:
    """Box hdlr, 8.4.3, without a name: names tell which software wrote the file."""
    return full_box(b"hdlr", struct.pack(">I4s12xx", 0, kind))


def media_information(header: bytes, sample_table: bytes) -> bytes:
    """Box minf, 8.4.4, with the one data reference that says: in this file."""
    reference = full_box(b"dref", struct.pack(">I", 1), full_box(b"url ", flags=_SELF_CONTAINED))
    return box(b"minf", header, box(b"dinf", reference), sample_table)


def video_header() -> bytes:
    """Box vmhd, 12.1.2."""
    return full_box(b"vmhd", bytes(8), flags=1)


def sound_header() -> bytes:
    """Box smhd, 12.2.2."""
    return full_box(b"smhd", bytes(4))


def picture_entry(video: VideoFacts, avcc: bytes) -> bytes:
    """Box stsd with one avc1 entry, 12.1.3 and ISO/IEC 14496-15: avcC, colr, pasp, fiel and nothing else."""
    head = struct.pack(">6xH16xHHIII", 1, video.width, video.height, 72 << 16, 72 << 16, 0)
    fixed = head + struct.pack(">H32xHh", 1, 24, -1)
    entry = box(b"avc1", fixed, box(b"avcC", avcc), _colour(video), _aspect(video), _fields(video))
    return full_box(b"stsd", struct.pack(">I", 1), entry)


def _colour(video: VideoFacts) -> bytes:
    """Box colr, 12.1.5; ISO/IEC 23091-2 code points as the recording has them."""
    points = (video.colour_primaries, video.colour_transfer, video.colour_matrix)
    return box(b"colr", b"nclx", struct.pack(">HHHB", *points, video.full_range << 7))


def _aspect(video: VideoFacts) -> bytes:
    """Box pasp, 12.1.4: always, because GOPs that are stream-copied may say nothing and encoded ones say 1."""
    ratio = video.sample_aspect_ratio
    return box(b"pasp", struct.pack(">II", ratio.numerator, ratio.denominator))


def _fields(video: VideoFacts) -> bytes:
    """Box fiel, QuickTime File Format: two fields; 1 = top field shown and stored first, 6 = bottom field."""
    detail = {"top": 1, "bottom": 6}.get(video.field_order)
    return box(b"fiel", bytes([2, detail])) if detail else b""


def sound_entry(sound: EncodedAudio) -> bytes:
    """Box stsd with one mp4a entry, 12.2.3 and ISO/IEC 14496-14, 5.6."""
    rate = sound.sample_rate_hz << 16 if sound.sample_rate_hz < 1 << 16 else 0
    fixed = struct.pack(">6xH8xHHHHI", 1, sound.channels, 16, 0, 0, rate)
    return full_box(b"stsd", struct.pack(">I", 1), box(b"mp4a", fixed, _elementary_stream(sound.config)))


def _elementary_stream(config: bytes) -> bytes:
    """Box esds, ISO/IEC 14496-1, 7.2.6: audio (object type 0x40, stream type 5) and its configuration; no bit rates."""
    specific = _descriptor(5, config)
    decoder = _descriptor(4, struct.pack(">BB3xII", 0x40, 5 << 2 | 1, 0, 0), specific)
    return full_box(b"esds", _descriptor(3, struct.pack(">HB", 0, 0), decoder, _descriptor(6, b"\2")))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag, len(body)]) + body


def decode_times(dts: NDArray[np.int64], last_duration: int) -> bytes:
    """Box stts, 8.6.1.2: how long each sample lasts until the next one is decoded."""
    durations = np.append(np.diff(dts), last_duration)
    return full_box(b"stts", _runs(durations, ">u4"))


def composition_offsets(offsets: NDArray[np.int64]) -> bytes:
    """Box ctts, 8.6.1.3: presentation minus decode time; left out where all are 0, version 1 where one is negative."""
    if not offsets.any():
        return b""
    signed = bool((offsets < 0).any())
    return full_box(b"ctts", _runs(offsets, ">i4" if signed else ">u4"), version=int(signed))


def _runs(values: NDArray[np.int64], kind: str) -> bytes:
    """A count, then (how many, value) for every run of equal values."""
    firsts = np.flatnonzero(np.append(True, np.diff(values) != 0))
    lengths = np.diff(np.append(firsts, len(values)))
    rows = np.stack([lengths.astype(">u4").view(np.uint32), values[firsts].astype(kind).view(np.uint32)], axis=1)
    return struct.pack(">I", len(firsts)) + rows.tobytes()


def sync_samples(keyframe: NDArray[np.bool_]) -> bytes:
    """Box stss, 8.6.2: numbers from 1."""
    return full_box(b"stss", _table(np.flatnonzero(keyframe) + 1))


def sample_sizes(size_bytes: NDArray[np.int64]) -> bytes:
    """Box stsz, 8.7.3.2, one size per sample."""
    return full_box(b"stsz", struct.pack(">I", 0), _table(size_bytes))


def sample_chunks(samples_per_chunk: Sequence[int]) -> bytes:
    """Box stsc, 8.7.4: a row wherever the number of samples in a chunk changes."""
    counts = np.array(samples_per_chunk, dtype=np.int64)
    firsts = np.flatnonzero(np.append(True, np.diff(counts) != 0))
    rows = np.stack([firsts + 1, counts[firsts], np.ones_like(firsts)], axis=1)
    return full_box(b"stsc", struct.pack(">I", len(firsts)), rows.astype(">u4").tobytes())


def chunk_offsets(offsets: NDArray[np.int64], *, wide: bool) -> bytes:
    """Box stco or co64, 8.7.5: where each chunk begins in the file."""
    return full_box(b"co64" if wide else b"stco", _table(offsets, ">u8" if wide else ">u4"))


def _table(values: NDArray[np.int64], kind: str = ">u4") -> bytes:
    return struct.pack(">I", len(values)) + values.astype(kind).tobytes()


def media_data_header(size_bytes: int) -> bytes:
    """The head of mdat, 8.1.1, with a 64-bit size where 32 bits do not hold it."""
    if size_bytes + 8 > _LARGEST_UINT32:
        return struct.pack(">I4sQ", 1, b"mdat", size_bytes + 16)
    return struct.pack(">I4s", size_bytes + 8, b"mdat")
