"""Recordings and plans small enough to read."""

from fractions import Fraction

import numpy as np

from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box, Orientation, Region
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import PacketIndex, Recording, VideoFacts

TIME_BASE = Fraction(1, 1000)
"""One pts is one millisecond."""


def index(pts, random_access=(0,), hidden=(), odd=()):
    """Packets in decode order: those that start a group, are not shown, or hold what cannot be carried over."""
    n = len(pts)
    return PacketIndex(
        pts=np.array(pts, dtype=np.int64),
        dts=np.arange(n, dtype=np.int64),
        size_bytes=np.full(n, 100, dtype=np.int64),
        random_access=np.isin(np.arange(n), list(random_access)),
        shown=~np.isin(np.arange(n), list(hidden)),
        copyable=~np.isin(np.arange(n), list(odd)),
        sha256=np.zeros((n, 32), dtype=np.uint8),
    )


def recording(packets=None, *, width=320, height=192, orientation=Orientation.UPRIGHT, frame_duration=40, **facts):
    video = VideoFacts(
        stream_index=0,
        codec="h264",
        profile="High",
        pixel_format="yuv420p",
        width=width,
        height=height,
        time_base=TIME_BASE,
        orientation=orientation,
        sample_aspect_ratio=Fraction(1),
        full_range=False,
        colour_primaries=2,
        colour_transfer=2,
        colour_matrix=2,
        field_order="progressive",
        frame_rate_from_header=None,
    )
    return Recording(
        address="made.mp4",
        sha256="ab" * 32,
        size_bytes=1000,
        container="mov",
        video=video,
        audio=None,
        packets=index(range(0, 400, frame_duration)) if packets is None else packets,
        streams=(),
        frame_duration_pts=frame_duration,
        **facts,
    )


def row(pts=0, box=(0, 0, 16, 16), *, track=1, kind="face", origin="detected", score=0.5, reason="privacy"):
    return PlannedRegion(pts, Region(*box), kind, track, origin, score, reason)


def plan(rows=(), of=None, policy=None, **decisions):
    of = of or recording()
    return Plan(
        recording_sha256=of.sha256,
        policy_sha256=(policy or Policy()).sha256,
        models={"made": "cd" * 32},
        time_base=of.video.time_base,
        frames=int(of.packets.shown.sum()),
        regions=region_table(rows),
        **decisions,
    )


def detection(pts, box, *, kind="face", score=0.9, confident=True):
    return Detection(pts, kind, Box(*box), score, confident, "made")


def look(pts, *boxes, cut=False, shift=None, **about):
    return Look(pts, cut, tuple(detection(pts, box, **about) for box in boxes), shift)
