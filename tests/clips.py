"""Recordings made for tests: every parameter explained, every frame readable.

    clip(tmp_path / "a.mp4")                                  30 ordinary frames, H.264, 25 per second
    clip(tmp_path / "a.mkv", codec="libx265", frames=9)       another codec and container
    clip(tmp_path / "a.mp4", pts=[0, 40, 41, 300])            variable frame rate, time base 1/1000
    clip(tmp_path / "a.mp4", tone_hz=440)                     with sound
    clip(tmp_path / "a.mp4", pictures=mine, lossless=True)    exactly these planes

The picture moves and carries its own number: `number_of` reads it back from any decoded frame.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

BIT_PX = 16
"""Side of the square that shows one bit of the frame's number: one macroblock, so that coding does not smear it."""

BITS = 12
"""Frames that can be told apart: 4096."""

DARK, LIGHT = 40, 210


@dataclass(frozen=True)
class Picture:
    """One frame's planes, 8-bit 4:2:0, unpadded."""

    luma: Plane
    blue: Plane
    red: Plane

    @property
    def size(self) -> tuple[int, int]:
        return self.luma.shape[1], self.luma.shape[0]

    def copy(self) -> "Picture":
        return Picture(self.luma.copy(), self.blue.copy(), self.red.copy())


@dataclass(frozen=True)
class Turn:
    """A display matrix: ``degrees`` counter-clockwise, then mirrored; what a phone held on its side writes."""

    degrees: int = 0
    mirrored: bool = False


@dataclass(frozen=True)
class Header:
    """What the header says about colours and samples.

    Attributes:
        full_range: Samples use 0..255 (``yuvj420p``).
        primaries, transfer, matrix: ISO/IEC 23091-2 code points; 2 = unknown.
        aspect: Width over height of one sample.
        interlaced: Coded as fields: ``tff`` or ``bff``.
    """

    full_range: bool = False
    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    aspect: Fraction = Fraction(1)
    interlaced: str = ""


def picture(number: int, size: tuple[int, int] = (320, 192)) -> Picture:
    """A slanted stripe pattern that moves by 3 pixels per frame, with the frame's number in its top row of blocks."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    luma = (60 + (x + 2 * y + 3 * number) % 128).astype(np.uint8)
    for bit in range(min(BITS, width // BIT_PX)):
        luma[:BIT_PX, bit * BIT_PX : (bit + 1) * BIT_PX] = LIGHT if number >> bit & 1 else DARK
    chroma_x, chroma_y = np.meshgrid(np.arange(-(-width // 2)), np.arange(-(-height // 2)))
    blue = (96 + (chroma_x + number) % 64).astype(np.uint8)
    red = (96 + (chroma_y + 2 * number) % 64).astype(np.uint8)
    return Picture(luma, blue, red)


def pictures(frames: int, size: tuple[int, int] = (320, 192)) -> Iterator[Picture]:
    """The first frames of the moving pattern."""
    return (picture(number, size) for number in range(frames))


def number_of(frame: av.VideoFrame) -> int:
    """The number that a decoded frame of the pattern shows."""
    luma = planes_of(frame).luma
    centres = [
        luma[BIT_PX // 4 : -(-BIT_PX * 3 // 4), bit * BIT_PX + 4 : (bit + 1) * BIT_PX - 4] for bit in range(BITS)
    ]
    bits = [int(block.mean() > (DARK + LIGHT) / 2) for block in centres if block.size]
    return sum(bit << place for place, bit in enumerate(bits))


def planes_of(frame: av.VideoFrame) -> Picture:
    """A copy of a decoded 8-bit 4:2:0 frame's planes."""
    widths = (frame.width, -(-frame.width // 2), -(-frame.width // 2))
    rows = [
        np.asarray(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:, :width].copy()
        for plane, width in zip(frame.planes, widths, strict=True)
    ]
    return Picture(rows[0][: frame.height], rows[1][: -(-frame.height // 2)], rows[2][: -(-frame.height // 2)])


def video_frame(source: Picture, *, full_range: bool = False) -> av.VideoFrame:
    """A frame with exactly these planes."""
    frame = av.VideoFrame(*source.size, "yuvj420p" if full_range else "yuv420p")
    for plane, values in zip(frame.planes, (source.luma, source.blue, source.red), strict=True):
        padded = np.zeros((plane.buffer_size // plane.line_size, plane.line_size), np.uint8)
        padded[: values.shape[0], : values.shape[1]] = values
        plane.update(padded.tobytes().ljust(plane.buffer_size, b"\0"))
    return frame


@dataclass(frozen=True)
class Timing:
    """When frames are shown: ``pts[n] * time_base`` seconds."""

    pts: Sequence[int]
    time_base: Fraction


def clip(
    path: Path,
    *,
    frames: int = 30,
    size: tuple[int, int] = (320, 192),
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    rate: int = 25,
    pixel_format: str | None = None,
    pictures: Iterable[Picture] | None = None,
    lossless: bool = False,
    turn: Turn | None = None,
    look: Header | None = None,
    tone_hz: float | None = None,
    tone_from: Fraction = Fraction(0),
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a recording; its container follows from the suffix.

    Args:
        path: Where to; returned.
        frames: How many; as many as ``pts`` where that is given.
        size: Width and height; both even unless the codec can do otherwise.
        codec: FFmpeg's encoder: libx264, libx265, libvpx-vp9, mpeg4, mjpeg, mpeg2video ...
        options: Of the encoder. Defaults make groups of ten frames with B-frames where the codec has them.
        pts: One per frame, in ``time_base`` (1/1000 if only ``pts`` is given); None is a constant ``rate``.
        time_base: Seconds per pts.
        rate: Frames per second that the header claims.
        pixel_format: Of the coded picture; None is 8-bit 4:2:0.
        pictures: The planes; None is the moving pattern.
        lossless: x264 with qp 0: decoding gives back exactly the planes.
        turn: Display matrix.
        look: Colour, range, aspect, fields.
        tone_hz: Adds a sine of this frequency, as long as the picture, as 48 kHz mono AAC (PCM in AVI).
        tone_from: Second at which the sound begins.
        container_options: Of the muxer, for instance ``{"movflags": "frag_keyframe+empty_moov"}``.
    """
    look = look or Header()
    counted = path.suffix == ".avi" or codec.startswith("mpeg")  # these count frames, not ticks
    timing = _timing(frames, rate, pts, time_base or (Fraction(1, rate) if counted else None))
    with av.open(str(path), "w", options=container_options or {}) as container:
        chosen = _options(codec, options, lossless=lossless, look=look)
        stream = cast("av.VideoStream", container.add_stream(codec, rate=rate, options=chosen))
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format or ("yuvj420p" if look.full_range else "yuv420p")
        stream.time_base = stream.codec_context.time_base = timing.time_base
        stream.codec_context.color_range = 2 if look.full_range else 1
        stream.codec_context.color_primaries = look.primaries
        stream.codec_context.color_trc = look.transfer
        stream.codec_context.colorspace = look.matrix
        stream.codec_context.sample_aspect_ratio = look.aspect
        if turn is not None:
            stream.set_display_rotation(turn.degrees, hflip=turn.mirrored)
        sound = _add_tone(container, path) if tone_hz is not None else None
        sources = pictures if pictures is not None else (picture(number, size) for number in range(len(timing.pts)))
        for source, when in zip(islice(sources, len(timing.pts)), timing.pts, strict=True):
            frame = video_frame(source, full_range=look.full_range)
            frame.pts, frame.time_base = when, timing.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and tone_hz is not None:
            end = (timing.pts[-1] + timing.pts[-1] // max(1, len(timing.pts) - 1)) * timing.time_base
            _write_tone(container, sound, tone_hz, (tone_from, end))
    return path


def _timing(frames: int, rate: int, pts: Sequence[int] | None, time_base: Fraction | None) -> Timing:
    if pts is not None:
        return Timing(pts, time_base or Fraction(1, 1000))
    step = Fraction(1, rate) / (time_base or Fraction(1, 512 * rate))
    return Timing([int(number * step) for number in range(frames)], time_base or Fraction(1, 512 * rate))


def _options(codec: str, options: dict[str, str] | None, *, lossless: bool, look: Header) -> dict[str, str]:
    defaults: dict[str, dict[str, str]] = {
        "libx264": {"preset": "ultrafast", "g": "10", "bf": "2", "crf": "18", "sc_threshold": "0"},
        "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:keyint=10:open-gop=0:bframes=2"},
        "mpeg4": {"g": "10", "q:v": "3"},
        "mpeg2video": {"g": "10", "q:v": "3"},
    }
    chosen = options if options is not None else defaults.get(codec, {})
    if lossless:
        chosen = {"preset": "ultrafast", "g": "10", "bf": "0", **(options or {}), "qp": "0"}
    return chosen | ({"x264-params": f"{look.interlaced}=1"} if look.interlaced else {})


RATE_HZ = 48000


def tone(hz: float, start: int, samples: int) -> NDArray[np.float32]:
    """A sine of half the full scale, (1, samples), whose phase follows from the sample's number."""
    time = (start + np.arange(samples)) / RATE_HZ
    return (0.5 * np.sin(2 * np.pi * hz * time)).astype(np.float32)[None]


def _add_tone(container: av.container.OutputContainer, path: Path) -> av.AudioStream:
    codec, layout = ("pcm_s16le" if path.suffix == ".avi" else "aac"), "mono"
    sound = cast("av.AudioStream", container.add_stream(codec, rate=RATE_HZ, layout=layout))
    sound.time_base = Fraction(1, RATE_HZ)
    return sound


def _write_tone(
    container: av.container.OutputContainer, sound: av.AudioStream, hz: float, between: tuple[Fraction, Fraction]
) -> None:
    first, end = (round(second * RATE_HZ) for second in between)
    for start in range(first, end, 1024):
        values = tone(hz, start, min(1024, end - start))
        if sound.codec_context.name.startswith("pcm"):
            frame = av.AudioFrame.from_ndarray((values * 32767).astype(np.int16), format="s16", layout="mono")
        else:
            frame = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))


@dataclass
class Boxes:
    """The boxes of an MP4, found by path: ``Boxes(data).find("moov/trak/mdia/mdhd")``."""

    data: bytes
    folders: tuple[str, ...] = ("moov", "trak", "mdia", "minf", "dinf", "stbl", "edts", "udta", "moof", "traf")

    def walk(self, start: int = 0, end: int | None = None, above: str = "") -> Iterator[tuple[str, int, int]]:
        """(path, offset of the payload, end) of every box, depth first."""
        end = len(self.data) if end is None else end
        while start + 8 <= end:
            size, kind = struct.unpack(">I4s", self.data[start : start + 8])
            header = 8
            if size == 1:
                size, header = struct.unpack(">Q", self.data[start + 8 : start + 16])[0], 16
            path = f"{above}{kind.decode('latin-1')}"
            yield path, start + header, start + size
            if kind.decode("latin-1") in self.folders:
                yield from self.walk(start + header, start + size, f"{path}/")
            start += max(size, 8)

    def find(self, path: str) -> bytes:
        """The payload of the first box at a path."""
        begin, end = next((begin, end) for found, begin, end in self.walk() if found == path)
        return self.data[begin:end]

    def paths(self) -> list[str]:
        """The path of every box."""
        return [path for path, _, _ in self.walk()]
