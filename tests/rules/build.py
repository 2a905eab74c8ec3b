"""Recordings and plans small enough to read."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bodycam_pipeline.rules.anchoring import anchor_tracks
from bodycam_pipeline.values.candidates import CANDIDATE, FOUND, FRAME, POINT, Candidates, SegmentCandidates
from bodycam_pipeline.values.edits import Keep
from bodycam_pipeline.values.geometry import Orientation, Region
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import PacketIndex, Recording, VideoFacts
from bodycam_pipeline.values.track import ORIGINS, Track

TIME_BASE = Fraction(1, 1000)
"""One pts is one millisecond."""


def index(pts, random_access=(0,), hidden=(), odd=()):
    """Packets in decode order: those that start a group, are not shown, or hold what cannot be stream-copied."""
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
        sounds=(),
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


@dataclass(frozen=True)
class Thing:
    """What was found of one thing in a segment.

    Attributes:
        boxes: By pts.
        kind: What it may be.
        scores: What each network said where it was detected; by pts where that differs.
        followed, guessed: Where it was not detected.
        unlooked: Where no network looked.
        onward: Its box in the first frame behind the segment, if it was followed there.
    """

    boxes: dict
    kind: str = "face"
    scores: object = (0.9,)
    followed: tuple = ()
    guessed: tuple = ()
    unlooked: tuple = ()
    onward: tuple | None = None
    sure: bool = True

    def how(self, pts):
        return "followed" if pts in self.followed else "guessed" if pts in self.guessed else "detected"

    def said(self, pts, networks):
        if self.how(pts) != "detected":
            return (0.0,) * networks
        return self.scores[pts] if isinstance(self.scores, dict) else self.scores


def still(pts, box, **about):
    """A thing that is at one place."""
    return Thing(dict.fromkeys(pts, box), **about)


def part(*things, pts=range(0, 400, 40), cuts=(), unlooked=(), networks=1, finest=1.0, border_pts=None, undecodable=()):
    """What looking at some frames gave."""
    frames = np.zeros(len(pts), FRAME)
    frames["pts"], frames["scene_change"], frames["looked"] = pts, np.isin(pts, cuts), ~np.isin(pts, unlooked)
    candidates, points, scores = [], [], []
    for number, thing in enumerate(things):
        detected = [at for at in sorted(thing.boxes) if thing.how(at) == "detected"]
        sides = thing.onward or (np.nan,) * 4
        ends = (detected[0], detected[-1], thing.onward is not None)
        candidates.append((thing.kind, thing.sure, *ends, *sides))
        for at in sorted(thing.boxes):
            looked = at not in thing.unlooked and at not in unlooked
            points.append((number, at, FOUND.index(thing.how(at)), looked, *thing.boxes[at]))
            scores.append(thing.said(at, networks))
    table = np.array(scores, np.float32).reshape(len(points), networks)
    found = np.array(candidates, CANDIDATE), np.array(points, POINT), table
    return Candidates(frames, *found, finest, border_pts, tuple(undecodable))


def segments(*parts):
    """One segment for each part."""
    return [SegmentCandidates(number, (each,)) for number, each in enumerate(parts)]


def track(pts, boxes, *, kind="face", evidence=5.0, origins="detected", scores=0.9, number=1):
    """A thing over time; one box, origin or score is that of all frames."""
    n = len(pts)
    words = [origins] * n if isinstance(origins, str) else origins
    table = np.array([boxes] * n if isinstance(boxes, tuple) else boxes, np.float64).reshape(n, 4)
    codes = np.array([ORIGINS.index(word) for word in words], np.uint8)
    said = np.where(codes == 0, np.broadcast_to(np.array(scores, np.float32), n), np.float32(np.nan))
    return Track(number, kind, evidence, np.array(pts, np.int64), table, said.astype(np.float32), codes)


def keep(of, *tracks, file=None, **about):
    """A decision to keep tracks of a plan, as the command line writes it."""
    said = {"reason": "a reason", "by": "R. Officer", **about}
    return Keep(anchors=anchor_tracks(of, tracks, (file or recording()).video), plan=of.sha256, **said)
