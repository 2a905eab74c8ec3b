"""Encode a span with x264 so that the same frames give the same bytes on every machine, and spans join."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
from av.codec.context import Flags
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import PictureType

from bodycam_pipeline.h264.avc import encoder_sets, sample
from bodycam_pipeline.h264.copying import Joining
from bodycam_pipeline.h264.nal import units
from bodycam_pipeline.mp4.samples import CodedSpan, Sample
from bodycam_pipeline.read.blank import working_format
from bodycam_pipeline.values.encoded import ENCODER
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import VideoFacts

_X264 = {
    "keyint": "infinite",  # GOPs are as long as the policy says in time, not in frames: the rate may vary
    "bframes": "0",  # decode order is presentation order, so that any spans can be joined
    "open-gop": "0",
    "threads": "1",  # the bytes depend on the number of threads
    "lookahead-threads": "1",
    "stitchable": "1",  # the same parameter sets for every segment
    "cpu-independent": "1",  # and for every instruction set
    "aud": "0",
    "nal-hrd": "none",
}

_FIELD_MARKS = {"top": "tff", "bottom": "bff"}

_LIKELY_RATE = Fraction(30)
_FASTEST_RATE = Fraction(120)
"""Frames per second only choose the H.264 level; a header that claims 10,000 must not ask for an impossible one."""

_FULL_RANGE, _LIMITED_RANGE = 2, 1
"""AVCOL_RANGE_JPEG, AVCOL_RANGE_MPEG."""


def encode(
    frames: Iterable[av.VideoFrame], video: VideoFacts, rule: EncodingRule, beside: Joining | None = None
) -> CodedSpan:
    """Encode frames in order of time.

    The span begins with an IDR frame and refers to nothing outside. Memory: the encoder's look-ahead.

    Args:
        frames: 8-bit 4:2:0, of the recording's size, ascending pts in its time base. Taken while samples are.
        video: What to keep: size, colour, aspect, fields, clock.
        rule: Quality, speed, distance of key frames.
        beside: What to keep to because spans of the recording stand in the same track.

    Raises:
        ValueError: while samples are taken: a frame of another size or format.
    """
    encoder = _encoder(video, rule, beside)
    encoder.open()
    return CodedSpan(encoder_sets(encoder.extradata or b""), _encoded(encoder, frames, video, rule))


def _encoded(
    encoder: VideoCodecContext, frames: Iterable[av.VideoFrame], video: VideoFacts, rule: EncodingRule
) -> Iterator[Sample]:
    next_key_pts: Fraction | None = None
    for frame in _with_fields(frames, video):
        pts = _checked_pts(frame, video)
        keyed = next_key_pts is None or pts >= next_key_pts
        if keyed:
            next_key_pts = pts + Fraction(rule.keyframe_interval_ms, 1000) / video.time_base
        _mark(frame, video, keyed=keyed)
        yield from _samples(encoder.encode(frame))
    if next_key_pts is not None:
        yield from _samples(encoder.encode(None))


def _samples(packets: "list[av.Packet[av.VideoStream]]") -> Iterator[Sample]:
    for packet in packets:
        if packet.pts is None:
            raise ValueError("the encoder gave a picture without a time")
        yield Sample(packet.pts, sample(units(bytes(packet), 0)))


def _with_fields(frames: Iterable[av.VideoFrame], video: VideoFacts) -> Iterator[av.VideoFrame]:
    """The same frames, all of them marked with the recording's field order.

    The first frame's mark decides the order of the whole segment, and a withheld frame, made here, has none.
    """
    if video.field_order == "progressive":
        yield from frames
        return
    graph = Graph()
    shape = VideoFormat(working_format(video), video.width, video.height)
    source = graph.add_buffer(width=video.width, height=video.height, format=shape, time_base=video.time_base)
    marker = graph.add("setfield", _FIELD_MARKS[video.field_order])
    graph.link_nodes(source, marker, graph.add("buffersink")).configure()
    for frame in frames:
        _checked_pts(frame, video)
        graph.vpush(frame)
        yield graph.vpull()


def _checked_pts(frame: av.VideoFrame, video: VideoFacts) -> int:
    """PyAV would scale and convert what does not fit, without a word."""
    found = (frame.width, frame.height, frame.format.name)
    expected = (video.width, video.height, working_format(video))
    if found != expected or frame.pts is None:
        raise ValueError(f"a frame of {found} at {frame.pts} among frames of {expected}")
    return frame.pts


def _mark(frame: av.VideoFrame, video: VideoFacts, *, keyed: bool) -> None:
    """Decide the frame's type: it still carries the one it had in the recording, which x264 would obey."""
    frame.pict_type = PictureType.I if keyed else PictureType.NONE
    frame.time_base = video.time_base


def _encoder(video: VideoFacts, rule: EncodingRule, beside: Joining | None) -> VideoCodecContext:
    encoder = av.CodecContext.create(ENCODER, "w")
    encoder.width, encoder.height, encoder.pix_fmt = video.width, video.height, working_format(video)
    encoder.time_base = video.time_base
    encoder.framerate = min(video.frame_rate_from_header or _LIKELY_RATE, _FASTEST_RATE)
    encoder.sample_aspect_ratio = video.sample_aspect_ratio
    encoder.color_range = _FULL_RANGE if video.full_range else _LIMITED_RANGE
    encoder.color_primaries = video.colour_primaries
    encoder.color_trc = video.colour_transfer
    encoder.colorspace = video.colour_matrix
    encoder.thread_count = 1
    encoder.flags |= Flags.global_header | Flags.closed_gop | Flags.bitexact
    special = {_FIELD_MARKS[video.field_order]: "1"} if video.field_order in _FIELD_MARKS else {}
    if special:
        encoder.flags |= Flags.interlaced_dct
    if beside is not None:
        special |= {"sps-id": str(beside.own_number), "level": str(beside.level)}
    encoder.options = {
        "preset": rule.preset,
        "crf": str(rule.crf),
        "forced-idr": "1",
        "a53cc": "0",  # closed captions of the recording would be written into the frames
        "x264-params": ":".join(f"{name}={value}" for name, value in (_X264 | special).items()),
    } | ({"profile": beside.profile} if beside is not None else {})
    return encoder
