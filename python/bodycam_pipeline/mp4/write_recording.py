"""Write frames and a sound as a camera would: for recordings that are made up, never for a release."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bodycam_pipeline.durable import disk_errors
from bodycam_pipeline.mp4.made_up import KEYFRAME_SECONDS, Codec

_ENCODERS: dict[Codec, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {"preset": "veryfast", "crf": "20", "bf": "0"}),
    "hevc": ("libx265", {"preset": "ultrafast", "crf": "22", "x265-params": "log-level=error:pools=1:open-gop=0"}),
}

_BT709 = 1
"""ISO/IEC 23091-2: primaries, transfer and matrix of HD television."""

_SOUND_BLOCK = 1024
"""Samples of one AAC frame."""


def write_recording(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    frame_rate: Fraction,
    sound: NDArray[np.float32],
    sound_hz: int,
    codec: Codec = "h264",
) -> None:
    """Write video (BT.709, limited range) and mono AAC into an MP4 that appears under its name whole, or not at all.

    The pts of frame n is n times the frame rate's denominator, in a time base of one over its numerator.

    Args:
        path: The recording.
        pictures: At least one, RGB (height, width, 3), all of one even size. Taken one by one.
        frame_rate: Frames per second.
        sound: Samples -1..1.
        sound_hz: Samples per second.
        codec: What cameras write; the newer ones HEVC.

    Raises:
        StorageError: the disk refused.
        ValueError: no picture.
    """
    part = path.with_name(f".{path.name}.part")
    with disk_errors(path):
        try:
            options = {"video_track_timescale": str(frame_rate.numerator)}
            with av.open(str(part), "w", format="mp4", options=options) as container:
                _write(container, pictures, frame_rate, (sound, sound_hz), codec)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _write(
    container: OutputContainer,
    pictures: Iterable[NDArray[np.uint8]],
    frame_rate: Fraction,
    sound: tuple[NDArray[np.float32], int],
    codec: Codec,
) -> None:
    remaining = iter(pictures)
    first = next(remaining, None)
    if first is None:
        raise ValueError("a recording needs at least one picture")
    video = _video_stream(container, (first.shape[1], first.shape[0]), frame_rate, codec)
    audio = container.add_stream("aac", rate=sound[1], layout="mono")
    for number, picture in enumerate(chain([first], remaining)):
        _write_picture(container, video, picture, number * frame_rate.denominator)
    container.mux(video.encode(None))
    _write_sound(container, audio, *sound)


def _video_stream(container: OutputContainer, size: tuple[int, int], frame_rate: Fraction, codec: Codec) -> VideoStream:
    name, options = _ENCODERS[codec]
    stream: VideoStream = container.add_stream(name, rate=frame_rate)  # type: ignore[assignment]
    (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
    encoder = stream.codec_context
    encoder.time_base = Fraction(1, frame_rate.numerator)
    encoder.gop_size = round(KEYFRAME_SECONDS * frame_rate)
    encoder.color_range, encoder.thread_count = ColorRange.MPEG, 1
    encoder.color_primaries = encoder.color_trc = encoder.colorspace = _BT709
    encoder.options = options
    return stream


def _write_picture(container: OutputContainer, stream: VideoStream, picture: NDArray[np.uint8], pts: int) -> None:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    frame.pts, frame.time_base = pts, stream.codec_context.time_base
    container.mux(stream.encode(frame))


def _write_sound(container: OutputContainer, stream: AudioStream, samples: NDArray[np.float32], sound_hz: int) -> None:
    for start in range(0, len(samples), _SOUND_BLOCK):
        block = np.ascontiguousarray(samples[None, start : start + _SOUND_BLOCK])
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sound_hz, start, Fraction(1, sound_hz)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
