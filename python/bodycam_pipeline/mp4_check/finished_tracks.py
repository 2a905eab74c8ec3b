"""The tables of one track of a finished file: each number against the others.

Section numbers are of ISO/IEC 14496-12.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.mp4_check.boxtree import BoxNode
from bodycam_pipeline.mp4_check.grammar import ROW_BYTES, number
from bodycam_pipeline.read.display_matrix import display_matrix
from bodycam_pipeline.values.geometry import Orientation

MOVIE_CLOCK_HZ = 1000
_AAC_LC = 2
_LONGEST_SIDE = (1 << 15) - 1
"""Largest side of a frame whose corner a display matrix can still name, in 16.16 fixed point."""

_HIGHEST_RATE_INDEX = 12
"""ISO/IEC 14496-3, 1.6.3.3: beyond it rates are written out, which no release does."""


@dataclass(frozen=True)
class TrackSamples:
    """Where the samples of one track lie.

    Attributes:
        kind: ``vide`` or ``soun``.
        entry: Its one sample entry.
        offsets, sizes: int64 (n,), in the file.
        keyframe: bool (n,).
        movie_ticks: How long it lasts in the movie's clock.
    """

    kind: str
    entry: BoxNode
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    keyframe: NDArray[np.bool_]
    movie_ticks: int


def check_movie(movie: BoxNode, tracks: Sequence[TrackSamples], leaks: list[str]) -> None:
    """Check what the movie header says of all tracks."""
    head = movie.part(b"mvhd").fields
    if [track.kind for track in tracks] != ["vide", *["soun"] * (len(tracks) - 1)]:
        leaks.append(f"tracks that no release has: {[track.kind for track in tracks]}")
    if number(head["clock"]) != MOVIE_CLOCK_HZ or number(head["next"]) != len(tracks) + 1:
        leaks.append("mvhd has another clock or counts other tracks")
    if number(head["ticks"]) != max((track.movie_ticks for track in tracks), default=-1):
        leaks.append("mvhd says another duration than the tracks have")
    numbers = [number(part.part(b"tkhd").fields["number"]) for part in movie.parts if part.kind == b"trak"]
    if numbers != list(range(1, len(tracks) + 1)):
        leaks.append(f"tracks are numbered {numbers}")


def track_samples(track: BoxNode, leaks: list[str]) -> TrackSamples:
    """Read a track whose boxes are all as the grammar has them; what does not fit together is added to ``leaks``."""
    media, kind = track.part(b"mdia"), track.part(b"mdia", b"hdlr").fields["kind"].decode()
    table = media.part(b"minf", b"stbl")
    sizes = _rows(table, b"stsz", leaks).ravel()
    offsets = _offsets(table, sizes, leaks)
    durations = _runs(table, b"stts", len(sizes), leaks)
    if table.maybe(b"ctts"):
        _runs(table, b"ctts", len(sizes), leaks)
    clock = media.part(b"mdhd").fields
    ticks, hertz = int(durations.sum()), max(number(clock["clock"]), 1)
    movie_ticks = -(-ticks * MOVIE_CLOCK_HZ // hertz)
    if number(clock["ticks"]) != ticks or number(track.part(b"tkhd").fields["ticks"]) != movie_ticks:
        leaks.append(f"the {kind} track says another duration than its samples have")
    entry = table.part(b"stsd").parts[0]
    if kind == "vide":
        _check_picture(track, entry, leaks)
    else:
        _check_sound(track, entry, hertz, leaks)
    return TrackSamples(kind, entry, offsets, sizes, _keyframes(table, kind, len(sizes), leaks), movie_ticks)


def _check_picture(track: BoxNode, entry: BoxNode, leaks: list[str]) -> None:
    head = track.part(b"tkhd").fields
    if entry.kind != b"avc1" or not track.part(b"mdia", b"minf").maybe(b"vmhd") or head["volume"] != b"\0\0":
        leaks.append("a video track with a sound's description")
        return
    width, height = number(entry.fields["width"]), number(entry.fields["height"])
    if max(width, height) > _LONGEST_SIDE:
        leaks.append(f"frames of {width}x{height}")
        return
    if head["matrix"] not in [display_matrix(turn, width, height) for turn in Orientation]:
        leaks.append("a display matrix that is none of the eight turns")
    aspect = entry.maybe(b"pasp")
    ratio = aspect.fields["ratio"] if aspect else b"\0\0\0\1" * 2
    across, down = number(ratio[:4]), number(ratio[4:])
    shown = round(width * across * 65536 / max(down, 1)), height << 16
    if (number(head["width"]), number(head["height"])) != shown:
        leaks.append("a display size that is not the frames'")


def _check_sound(track: BoxNode, entry: BoxNode, hertz: int, leaks: list[str]) -> None:
    head = track.part(b"tkhd").fields
    turned = head["matrix"] != display_matrix(Orientation.UPRIGHT, 0, 0) or number(head["width"] + head["height"])
    if entry.kind != b"mp4a" or not track.part(b"mdia", b"minf").maybe(b"smhd") or head["volume"] == b"\0\0" or turned:
        leaks.append("a sound track with a picture's description")
        return
    stream = entry.part(b"esds").fields
    inner = len(stream["config"]) + (entry.part(b"esds").end - entry.part(b"esds").start > _BARE_STREAM_BYTES) * 3
    lengths = [stream[name][0] for name in ("inner", "middle", "outer")]
    config = number(stream["config"])
    plain = config >> 11 == _AAC_LC and config >> 7 & 15 <= _HIGHEST_RATE_INDEX and not config & 7
    rate = number(entry.fields["rate"])
    if lengths != [inner, inner + 15, inner + 23] or not plain or rate != (hertz if hertz < 1 << 16 else 0):
        leaks.append("a sound description whose numbers do not fit together")
    if config >> 3 & 15 != entry.fields["channels"][0]:
        leaks.append("a sound description with two numbers of channels")


_BARE_STREAM_BYTES = 4 + 2 + 3 + 2 + 13 + 2 + 2 + 3
"""Size of esds with a configuration of two bytes: version, descriptors 3, 4, 5 with their lengths, and 6."""


def _rows(table: BoxNode, kind: bytes, leaks: list[str]) -> NDArray[np.int64]:
    """The rows (n, columns) of a table that is exactly as long as it says."""
    fields = table.part(kind).fields
    rows, size = fields["rows"], 8 if kind == b"co64" else 4
    if len(rows) != number(fields["count"]) * ROW_BYTES[kind]:
        leaks.append(f"{kind.decode()} is longer or shorter than its count")
        return np.zeros((0, ROW_BYTES[kind] // size), np.int64)
    return np.frombuffer(rows, f">u{size}").astype(np.int64).reshape(-1, ROW_BYTES[kind] // size)


def _runs(table: BoxNode, kind: bytes, samples: int, leaks: list[str]) -> NDArray[np.int64]:
    """One value per sample, from runs of equal values (8.6.1)."""
    rows = _rows(table, kind, leaks)
    if int(rows[:, 0].sum()) != samples or (rows[:, 0] == 0).any() or (np.diff(rows[:, 1]) == 0).any():
        leaks.append(f"{kind.decode()} has rows for samples that are not there, or more rows than it needs")
        return np.zeros(samples, np.int64)
    values: NDArray[np.int64] = np.repeat(rows[:, 1], rows[:, 0])
    return values


def _offsets(table: BoxNode, sizes: NDArray[np.int64], leaks: list[str]) -> NDArray[np.int64]:
    """Where each sample begins (8.7.4, 8.7.5)."""
    kind = b"stco" if table.maybe(b"stco") else b"co64"
    chunks, runs = _rows(table, kind, leaks).ravel(), _rows(table, b"stsc", leaks)
    firsts, counts, descriptions = runs.T
    ascending = len(firsts) > 0 and firsts[0] == 1 and (np.diff(firsts) > 0).all() and firsts[-1] <= len(chunks)
    if not ascending or (descriptions != 1).any() or (counts < 1).any() or (np.diff(counts) == 0).any():
        leaks.append("stsc is not the shortest list of chunks of the one sample description")
        return np.zeros_like(sizes)
    per_chunk = np.repeat(counts, np.diff(np.append(firsts, len(chunks) + 1)))
    if int(per_chunk.sum()) != len(sizes) or (sizes < 1).any():
        leaks.append("chunks hold other samples than stsz counts")
        return np.zeros_like(sizes)
    before = np.cumsum(sizes) - sizes
    first_of_chunk = np.cumsum(per_chunk) - per_chunk
    starts: NDArray[np.int64] = np.repeat(chunks - before[first_of_chunk], per_chunk) + before
    return starts


def _keyframes(table: BoxNode, kind: str, samples: int, leaks: list[str]) -> NDArray[np.bool_]:
    marked = np.zeros(samples, np.bool_)
    if bool(table.maybe(b"stss")) != (kind == "vide"):
        leaks.append(f"a {kind} track with or without a list of key frames")
        return marked
    if kind == "vide":
        numbers = _rows(table, b"stss", leaks).ravel()
        if not len(numbers) or numbers[0] != 1 or (np.diff(numbers) <= 0).any() or numbers[-1] > samples:
            leaks.append("a list of key frames that does not begin with the first sample and ascend")
            return marked
        marked[numbers - 1] = True
    return marked
