"""Join coded spans into the one MP4 a release is: built from an allow-list, box by box, byte for byte repeatable.

What is not written cannot leak: no edit list hides anything, no user data, no metadata, no free space, no time of
creation, and every byte of the media data belongs to exactly one sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.h264.avc import configuration
from bodycam_pipeline.mp4 import boxes
from bodycam_pipeline.mp4.joined import JoinedFiles
from bodycam_pipeline.mp4.staged import stage_file
from bodycam_pipeline.read.display_matrix import display_matrix
from bodycam_pipeline.values.encoded import EncodedAudio, EncodedSegment
from bodycam_pipeline.values.errors import VerificationError
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import ReleaseClock

LARGEST_OFFSET = (1 << 31) - 1
"""Largest first pts: players read composition offsets as signed 32-bit numbers whatever the version says."""

MOVIE_TIMESCALE = 1000
"""Ticks per second of the movie header, which only tells players roughly how long the file is."""

_PICTURE, _FIRST_SOUND = 1, 2

_WIDE_ABOVE_BYTES = 3 << 30
"""Media size from which chunk offsets take 64 bits: leaves a GiB for the tables before it."""


def pts_shift(recording: Recording) -> int:
    """What is subtracted from every pts of the recording in its release; 0 unless MP4 could not hold them.

    MP4 without an edit list knows no time before 0, and offsets only up to `LARGEST_OFFSET`. In both cases the release
    begins at 0; distances between frames never change.
    """
    first = recording.span.start_pts
    return 0 if 0 <= first * recording.video.time_base.numerator <= LARGEST_OFFSET else first


@dataclass(frozen=True)
class _Track:
    """A track's samples in decode order: sizes, the second each belongs to, and the staged files that hold them."""

    size_bytes: NDArray[np.int64]
    second: NDArray[np.int64]
    files: JoinedFiles


@dataclass(frozen=True)
class _Chunk:
    track: int
    first: int
    end: int
    size_bytes: int


@dataclass(frozen=True)
class _Layout:
    """Where everything goes: chunks in file order, and where each begins, counted from the first media byte."""

    chunks: list[_Chunk]
    starts: NDArray[np.int64]
    media_bytes: int

    def of(self, track: int) -> tuple[list[int], NDArray[np.int64]]:
        """Samples per chunk and chunk starts of one track."""
        mine = [number for number, chunk in enumerate(self.chunks) if chunk.track == track]
        return [self.chunks[n].end - self.chunks[n].first for n in mine], self.starts[mine]


def write_mp4(
    path: str | Path, recording: Recording, segments: Sequence[EncodedSegment], sounds: Sequence[EncodedAudio] = ()
) -> None:
    """Write the finished file: durable, whole or not at all, the same bytes for the same input.

    Every pts equals the recording's as a rational time, less `pts_shift`; the last frame lasts the recording's usual
    frame duration. Sample bytes are copied streaming and checked against their digests.

    Raises:
        VerificationError: spans whose parameter sets differ, that overlap in time, or whose files have changed.
        StorageError: the disk refused.
    """
    pictures = _PictureTrack.joined(recording, segments)
    tracks = {_PICTURE: pictures.track()}
    sounds = [sound for sound in sounds if len(sound)]
    tracks |= {number: _sound_track(sound) for number, sound in enumerate(sounds, _FIRST_SOUND)}
    layout = _layout(tracks)
    with stage_file(path) as file:
        file.write(_head(pictures, sounds, layout))
        for chunk in layout.chunks:
            tracks[chunk.track].files.copy(chunk.size_bytes, file)
        for track in tracks.values():
            track.files.check_end()


@dataclass(frozen=True)
class _PictureTrack:
    """The joined picture samples on the release's clock."""

    recording: Recording
    parameter_sets: frozenset[bytes]
    dts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    size_bytes: NDArray[np.int64]
    keyframe: NDArray[np.bool_]
    files: JoinedFiles

    @classmethod
    def joined(cls, recording: Recording, segments: Sequence[EncodedSegment]) -> "_PictureTrack":
        """Decode times are the presentation times sorted, but the first, which is 0; offsets make up the difference.

        Counted from 0, a late start would decode every key frame long before it is shown. Players that
        seek by decode times (FFmpeg, Chromium) would then take it for an earlier frame.
        """
        if not segments:
            raise VerificationError("there is no coded span to join", remedy=_START_AGAIN)
        clock = ReleaseClock(pts_shift(recording), recording.video.time_base.numerator)
        pts = (np.concatenate([s.pts for s in segments]) - clock.shift_pts) * clock.numerator
        ascending = np.sort(pts)
        if (np.diff(ascending) <= 0).any():
            raise VerificationError("two coded frames share one time", remedy=_START_AGAIN)
        dts = np.append(0, ascending[1:])
        return cls(
            recording,
            frozenset(unit for segment in segments for unit in segment.parameter_sets),
            dts,
            pts - dts,
            np.concatenate([s.size_bytes for s in segments]),
            np.concatenate([s.keyframe for s in segments]),
            JoinedFiles([(s.path, s.sha256) for s in segments]),
        )

    @property
    def timescale(self) -> int:
        """Ticks per second."""
        return self.recording.video.time_base.denominator

    @property
    def last_duration(self) -> int:
        """Ticks for which the last frame is shown."""
        return self.recording.frame_duration_pts * self.recording.video.time_base.numerator

    @property
    def duration(self) -> int:
        """Ticks from 0 to the end of the last frame."""
        return int(self.dts[-1]) + self.last_duration

    def track(self) -> _Track:
        """The samples, as the layout needs them."""
        return _Track(self.size_bytes, self.dts // self.timescale, self.files)

    def boxes(self, chunks: tuple[list[int], NDArray[np.int64]], *, wide: bool) -> bytes:
        """Box trak."""
        video = self.recording.video
        matrix = display_matrix(video.orientation, video.width, video.height)
        table = boxes.box(
            b"stbl",
            boxes.picture_entry(video, configuration(self.parameter_sets)),
            boxes.decode_times(self.dts, self.last_duration),
            boxes.composition_offsets(self.offsets),
            boxes.sync_samples(self.keyframe),
            _places(self.size_bytes, chunks, wide=wide),
        )
        size = (video.width * video.sample_aspect_ratio, video.height)
        header = boxes.track_header(_PICTURE, _movie_ticks(self.duration, self.timescale), matrix, size)
        clock = boxes.media_header(self.timescale, self.duration)
        information = boxes.media_information(boxes.video_header(), table)
        return boxes.box(b"trak", header, boxes.box(b"mdia", clock, boxes.handler(b"vide"), information))


_START_AGAIN = "Delete the staging folder and run the same command again."


def _sound_track(sound: EncodedAudio) -> _Track:
    second = np.arange(len(sound), dtype=np.int64) * sound.samples_per_unit // sound.sample_rate_hz
    return _Track(sound.size_bytes, second, JoinedFiles([(sound.path, sound.sha256)]))


def _sound_boxes(number: int, sound: EncodedAudio, chunks: tuple[list[int], NDArray[np.int64]], *, wide: bool) -> bytes:
    duration = len(sound) * sound.samples_per_unit
    times = np.arange(len(sound), dtype=np.int64) * sound.samples_per_unit
    table = boxes.box(
        b"stbl",
        boxes.sound_entry(sound),
        boxes.decode_times(times, sound.samples_per_unit),
        _places(sound.size_bytes, chunks, wide=wide),
    )
    header = boxes.track_header(number, _movie_ticks(duration, sound.sample_rate_hz), boxes.UNITY, None)
    clock = boxes.media_header(sound.sample_rate_hz, duration)
    information = boxes.media_information(boxes.sound_header(), table)
    return boxes.box(b"trak", header, boxes.box(b"mdia", clock, boxes.handler(b"soun"), information))


def _places(size_bytes: NDArray[np.int64], chunks: tuple[list[int], NDArray[np.int64]], *, wide: bool) -> bytes:
    counts, starts = chunks
    return boxes.sample_chunks(counts) + boxes.sample_sizes(size_bytes) + boxes.chunk_offsets(starts, wide=wide)


def _movie_ticks(duration: int, timescale: int) -> int:
    return -(-duration * MOVIE_TIMESCALE // timescale)


def _layout(tracks: dict[int, _Track]) -> _Layout:
    """One chunk per track and second, so that a player reading from a disk or a network need not jump."""
    ordered = sorted(
        ((second, number, first, end) for number, track in tracks.items() for second, first, end in _seconds(track))
    )
    sums = {number: np.concatenate([[0], np.cumsum(track.size_bytes)]) for number, track in tracks.items()}
    chunks = [
        _Chunk(number, first, end, int(sums[number][end] - sums[number][first])) for _, number, first, end in ordered
    ]
    sizes = np.array([chunk.size_bytes for chunk in chunks], dtype=np.int64)
    ends = np.cumsum(sizes)
    return _Layout(chunks, ends - sizes, int(ends[-1]))


def _seconds(track: _Track) -> Iterator[tuple[int, int, int]]:
    """(second, first sample, end) of every run of samples within one second."""
    edges = np.flatnonzero(np.append(True, np.diff(track.second) != 0))
    for first, end in zip(edges, np.append(edges[1:], len(track.second)), strict=True):
        yield int(track.second[first]), int(first), int(end)


def _head(pictures: _PictureTrack, sounds: Sequence[EncodedAudio], layout: _Layout) -> bytes:
    """Everything before the first media byte. Where chunks begin depends on its length, so it is measured first."""
    wide = layout.media_bytes > _WIDE_ABOVE_BYTES
    media = boxes.media_data_header(layout.media_bytes)
    length = len(boxes.file_type()) + len(_movie(pictures, sounds, layout, 0, wide=wide)) + len(media)
    return boxes.file_type() + _movie(pictures, sounds, layout, length, wide=wide) + media


def _movie(
    pictures: _PictureTrack, sounds: Sequence[EncodedAudio], layout: _Layout, first_byte: int, *, wide: bool
) -> bytes:
    counts, starts = layout.of(_PICTURE)
    tracks = [pictures.boxes((counts, starts + first_byte), wide=wide)]
    durations = [_movie_ticks(pictures.duration, pictures.timescale)]
    for number, sound in enumerate(sounds, _FIRST_SOUND):
        counts, starts = layout.of(number)
        tracks.append(_sound_boxes(number, sound, (counts, starts + first_byte), wide=wide))
        durations.append(_movie_ticks(len(sound) * sound.samples_per_unit, sound.sample_rate_hz))
    return boxes.box(b"moov", boxes.movie_header(MOVIE_TIMESCALE, max(durations), len(tracks)), *tracks)
