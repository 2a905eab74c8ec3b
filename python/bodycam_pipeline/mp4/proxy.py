"""A light H.264 copy for a browser to play: fragmented MP4 made piece by piece, in memory, with every frame's own time.

A piece holds the frames of about a second and decodes alone. Pieces share one initialisation segment, so that they can
be made and appended in any order. No frame is dropped, doubled or moved: one frame in, one sample out.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from bodycam_pipeline.h264.avc import configuration, encoder_sets, is_keyframe, sample
from bodycam_pipeline.h264.nal import units
from bodycam_pipeline.mp4 import boxes
from bodycam_pipeline.read.blank import working_format
from bodycam_pipeline.read.planes import VideoFrame
from bodycam_pipeline.read.upright import turn
from bodycam_pipeline.values.encoded import EncodedAudio
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.recording import VideoFacts

LONGEST_SIDE_PX = 960
"""Quality of the playing copy; what is decided is decided on exact stills of full size."""

KEYFRAME_SECONDS = Fraction(1, 2)

_OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "22",
    "forced-idr": "1",
    "a53cc": "0",
    "x264-params": "keyint=infinite:bframes=0:threads=1:stitchable=1:aud=0",
}
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000
"""Sample flags of a fragment, ISO/IEC 14496-12, 8.8.3.1: depends on no other; depends, and is no sync sample."""

_BASE_IS_MOOF, _RUN_FLAGS = 0x020000, 0x000701
"""Flags of tfhd and trun, 8.8.7 and 8.8.8: offsets count from the moof; duration, size and flags of each sample."""


@dataclass(frozen=True)
class ProxyEncoder:
    """How a recording is played: a copy of its video track, upright, on a clock that begins with its first frame.

    Attributes:
        video: The recording's video track.
        first_pts: Of its first frame, which is time 0 of the copy.
    """

    video: VideoFacts
    first_pts: int

    @property
    def timescale(self) -> int:
        """Ticks per second of the copy: the recording's own clock, unrounded."""
        return self.video.time_base.denominator

    def ticks(self, pts: int) -> int:
        """Convert a pts of the recording to ticks of the copy."""
        return (pts - self.first_pts) * self.video.time_base.numerator

    @property
    def coded_size(self) -> tuple[int, int]:
        """Width and height of the scaled frame before it is turned; both even."""
        width, height = self.video.width, self.video.height
        scale = min(1.0, LONGEST_SIDE_PX / max(width, height))
        return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)

    @property
    def facts(self) -> VideoFacts:
        """Describe the copy's own video track."""
        width, height = self.video.orientation.upright_size(*self.coded_size)
        ratio = self.video.sample_aspect_ratio
        aspect = 1 / ratio if self.video.orientation.swaps_sides and ratio else ratio
        upright = Orientation.UPRIGHT
        return replace(
            self.video,
            width=width,
            height=height,
            orientation=upright,
            sample_aspect_ratio=aspect,
            field_order="progressive",
        )

    def codec(self) -> str:
        """Name the codec as a browser asks for it, RFC 6381."""
        sequence, _ = self._sets()
        return "avc1." + sequence[1:4].hex()

    def initialisation(self) -> bytes:
        """Make the segment that every piece is appended behind."""
        facts = self.facts
        entry = boxes.picture_entry(facts, configuration(self._sets()))
        information = boxes.media_information(boxes.video_header(), _no_samples(entry))
        size = facts.width * facts.sample_aspect_ratio, facts.height
        return _movie(self.timescale, boxes.handler(b"vide"), information, size)

    def piece(self, number: int, frames: Iterable[VideoFrame], end_pts: int) -> bytes:
        """Encode one piece.

        Args:
            number: Of the piece, from 0.
            frames: In the working format, of the recording's size, ascending pts; at least one.
            end_pts: When the last of them ends.

        Raises:
            ValueError: no frame.
        """
        coded = list(self._coded(frames))
        if not coded:
            raise ValueError("a piece without a frame")
        starts = [self.ticks(pts) for pts, _ in coded]
        contents = [content for _, content in coded]
        marks = [_SYNC if is_keyframe(content) else _NOT_SYNC for content in contents]
        return _fragment(number + 1, [*starts, self.ticks(end_pts)], contents, marks)

    def _coded(self, frames: Iterable[VideoFrame]) -> Iterator[tuple[int, bytes]]:
        encoder, key_pts = self._encoder(), None
        for frame in frames:
            pts = frame.pts or 0
            keyed = key_pts is None or (pts - key_pts) * self.video.time_base >= KEYFRAME_SECONDS
            key_pts = pts if keyed or key_pts is None else key_pts
            picture = self._picture(frame)
            picture.pts, picture.time_base = pts, self.video.time_base
            picture.pict_type = PictureType.I if keyed else PictureType.NONE
            yield from _packets(encoder.encode(picture))
        yield from _packets(encoder.encode(None))

    def _picture(self, frame: VideoFrame) -> VideoFrame:
        """Scale a frame and turn it upright; a new frame."""
        width, height = self.coded_size
        layout = working_format(self.video)
        small = frame.reformat(width=width, height=height, format=layout, interpolation="FAST_BILINEAR", threads=1)
        if self.video.orientation == Orientation.UPRIGHT:
            return small if small is not frame else _copy(frame)
        packed = np.asarray(small.to_ndarray(), np.uint8)
        planes = [packed[:height], *packed[height:].reshape(2, height // 2, width // 2)]
        turned = [turn(plane, self.video.orientation) for plane in planes]
        flat = np.concatenate([plane.ravel() for plane in turned]).reshape(-1, turned[0].shape[1])
        return av.VideoFrame.from_ndarray(flat, format=layout)

    def _sets(self) -> tuple[bytes, bytes]:
        return encoder_sets(self._encoder().extradata or b"")

    def _encoder(self) -> VideoCodecContext:
        facts = self.facts
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = facts.width, facts.height, working_format(self.video)
        encoder.time_base, encoder.framerate = facts.time_base, Fraction(30)
        encoder.sample_aspect_ratio = facts.sample_aspect_ratio
        encoder.color_range = 2 if facts.full_range else 1
        encoder.color_primaries, encoder.color_trc = facts.colour_primaries, facts.colour_transfer
        encoder.colorspace = facts.colour_matrix
        encoder.thread_count = 1
        encoder.flags |= Flags.global_header | Flags.closed_gop
        encoder.options = dict(_OPTIONS)
        encoder.open()
        return encoder


def _copy(frame: VideoFrame) -> VideoFrame:
    """Copy a frame, so that its marks can be changed."""
    return av.VideoFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name)


def _packets(packets: "list[av.Packet[av.VideoStream]]") -> Iterator[tuple[int, bytes]]:
    for packet in packets:
        yield int(packet.pts or 0), sample(units(bytes(packet), 0))


def sound_initialisation(sound: EncodedAudio) -> bytes:
    """Make the segment that every piece of sound is appended behind."""
    information = boxes.media_information(boxes.sound_header(), _no_samples(boxes.sound_entry(sound)))
    return _movie(sound.sample_rate_hz, boxes.handler(b"soun"), information, None)


def sound_piece(sound: EncodedAudio, first_unit: int, units: Sequence[bytes]) -> bytes:
    """Put units of sound into one piece; the n-th unit begins at n times its length."""
    times = [(first_unit + n) * sound.samples_per_unit for n in range(len(units) + 1)]
    return _fragment(first_unit + 1, times, units, [_SYNC] * len(units))


def _no_samples(entry: bytes) -> bytes:
    return boxes.box(
        b"stbl",
        entry,
        boxes.full_box(b"stts", bytes(4)),
        boxes.full_box(b"stsc", bytes(4)),
        boxes.sample_sizes(np.empty(0, np.int64)),
        boxes.chunk_offsets(np.empty(0, np.int64), wide=False),
    )


def _movie(timescale: int, handler: bytes, information: bytes, size: tuple[Fraction, int] | None) -> bytes:
    """Boxes ftyp and moov of one track without samples of its own."""
    media = boxes.box(b"mdia", boxes.media_header(timescale, 0), handler, information)
    track = boxes.box(b"trak", boxes.track_header(1, 0, boxes.UNITY, size), media)
    defaults = boxes.full_box(b"trex", struct.pack(">IIIII", 1, 1, 0, 0, 0))
    movie = boxes.box(b"moov", boxes.movie_header(1000, 0, 1), track, boxes.box(b"mvex", defaults))
    return boxes.file_type() + movie


def _fragment(sequence: int, times: Sequence[int], contents: Sequence[bytes], marks: Sequence[int]) -> bytes:
    """Boxes moof and mdat of one run of samples, 8.8.4: their times and the end of the last, what they hold, flags."""
    rows = b"".join(
        struct.pack(">III", end - start, len(content), mark)
        for (start, end), content, mark in zip(pairwise(times), contents, marks, strict=True)
    )

    def moof(data_offset: int) -> bytes:
        run = boxes.full_box(b"trun", struct.pack(">Ii", len(contents), data_offset), rows, flags=_RUN_FLAGS)
        head = boxes.full_box(b"tfhd", struct.pack(">I", 1), flags=_BASE_IS_MOOF)
        time = boxes.full_box(b"tfdt", struct.pack(">Q", times[0]), version=1)
        number = boxes.full_box(b"mfhd", struct.pack(">I", sequence))
        return boxes.box(b"moof", number, boxes.box(b"traf", head, time, run))

    return moof(len(moof(0)) + 8) + boxes.box(b"mdat", *contents)
