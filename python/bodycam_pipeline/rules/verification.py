"""What was promised against what a stranger sees in the finished file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.rules.sounds import released_sounds
from bodycam_pipeline.values.encoded import CopiedFrames
from bodycam_pipeline.values.observed import ContainerObservation, SegmentObservation
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import ReleaseClock

RESIDUAL_LIMIT_AT_CRF_21 = 24.0
"""How far the worst 8x8 block of a region may be from what its style paints, in sample values 0..255.

Measured on six clips (x264 veryfast and ultrafast, regions of 16 to 240 px that move up to 9 px per frame): what coding
does to a hidden region reaches 5 (fill), 13 (blur) and 10 (mosaic); 183 faces that nobody hid start at 30 (blur), 1 %
of them below 47. Twice the one, and below all of the others. Codes on `fill` are held to three quarters of it by
`tests/end_to_end/test_codes.py`."""

DIFFERENCE_LIMIT_AT_CRF_21 = 8.0
"""How far the mean of any tile (`frame_block_means`) of a frame may be from that of the rendered frame, 0..255.

`python -m benchmarks.coding_loss` on real clips: what coding does reaches 3 at crf 21 (veryfast, 13 clips) and 10 at
crf 35 (ultrafast, 11 clips), where the limit is 21. It also prints how often a later frame would be noticed."""

CRF_PER_DOUBLING = 10.0
"""x264's step doubles every 6; at crf 35 what coding does to a region was measured at 43, 3.2 times that at 21."""


def residual_limit(crf: int) -> float:
    """The limit of a region's residual in a release coded at this crf."""
    return float(RESIDUAL_LIMIT_AT_CRF_21 * 2 ** ((crf - 21) / CRF_PER_DOUBLING))


def difference_limit(crf: int) -> float:
    """The limit of an encoded frame's difference to the rendered one in a release coded at this crf."""
    return float(DIFFERENCE_LIMIT_AT_CRF_21 * 2 ** ((crf - 21) / CRF_PER_DOUBLING))


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which the finished file is not what the plan says.

    Attributes:
        code: A stable word for programs.
        what: A sentence for people.
        pts: The first frame it concerns, in the recording's clock.
    """

    code: str
    what: str
    pts: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the finished file has to be.

    Attributes:
        recording, plan, policy: What was redacted, and how.
        copied: The frames that are the recording's own.
    """

    recording: Recording
    plan: Plan
    policy: Policy
    copied: CopiedFrames = field(default_factory=lambda: CopiedFrames.of(()))

    @property
    def parameter_sets(self) -> int:
        """How many sequence parameter sets it may be coded with: the encoder's, and the recording's beside."""
        return 2 if len(self.copied.pts) else 1


def silent_stretches(expected: Expectation, clock: ReleaseClock) -> tuple[tuple[Fraction, Fraction | None], ...]:
    """Seconds of the finished file in which nothing may be heard: muted by the policy or a person, or withheld."""
    match expected.policy.audio.policy:
        case "remove":
            return ()
        case "mute":
            return ((Fraction(0), None),)
        case "keep":
            spans = [m.span for m in expected.plan.muted] + [w.span for w in expected.plan.withheld]
            base = expected.recording.video.time_base
            return tuple((clock.seconds(s.start_pts, base), clock.seconds(s.end_pts, base)) for s in spans)


def verify_container(expected: Expectation, container: ContainerObservation) -> tuple[Violation, ...]:
    """Every way in which the finished file breaks the promise in anything but its frames; empty where it keeps it."""
    return tuple(_container_violations(expected, container))


def verify_frames(expected: Expectation, frames: Sequence[SegmentObservation]) -> tuple[Violation, ...]:
    """Every way in which the frames of the finished file break the promise; empty where they keep it."""
    return (
        *_frame_violations(expected, frames),
        *_copied_violations(expected, frames),
        *_encoded_violations(expected, frames),
    )


def _frame_violations(expected: Expectation, frames: Sequence[SegmentObservation]) -> Iterator[Violation]:
    promised = expected.recording.packets.shown_pts()
    seen = np.concatenate([np.empty(0, np.int64), *(part.pts for part in frames)])
    residual = np.concatenate([np.empty(0, np.float32), *(part.residual for part in frames)])
    broken = sorted(pts for part in frames for pts in part.undecodable_pts)
    if len(seen) + len(broken) != len(promised):
        yield Violation("count", f"{len(seen) + len(broken)} frames where the recording presents {len(promised)}")
    yield from _about("order", "do not ascend in time", seen[1:][np.diff(seen) <= 0])
    yield from _about("missing", "of the recording are not in the release", np.setdiff1d(promised, seen))
    yield from _about("extra", "of the release are not in the recording", np.setdiff1d(seen, promised))
    yield from _about("undecodable", "of the release cannot be decoded", np.array(broken, dtype=np.int64))
    hidden = residual <= residual_limit(expected.policy.encoding.crf)  # so written, a NaN is not
    visible = seen[~hidden]
    yield from _about("visible", "hold a region that is not hidden as the plan says", visible)


def _copied_violations(expected: Expectation, frames: Sequence[SegmentObservation]) -> Iterator[Violation]:
    """A frame that was stream-copied has nothing to hide, and is what the recording's own frame is."""
    copied = expected.copied
    seen = np.concatenate([np.empty(0, np.int64), *(part.pts for part in frames)])
    digests = np.concatenate([np.empty((0, 32), np.uint8), *(part.sha256 for part in frames)])
    shared, ours, theirs = np.intersect1d(copied.pts, seen, return_indices=True)
    other = (copied.sha256[ours] != digests[theirs]).any(axis=1)
    yield from _about(
        "copied-wrong",
        'were stream-copied and are not the recording\'s frames (untouched = "reencode" encodes them anew)',
        shared[other],
    )
    hidden = np.isin(copied.pts, expected.plan.regions["pts"].to_numpy())
    hidden |= np.array([expected.plan.is_withheld(int(pts)) for pts in copied.pts], dtype=np.bool_)
    yield from _about("copied-touched", "were stream-copied although the plan hides something", copied.pts[hidden])


def _encoded_violations(expected: Expectation, frames: Sequence[SegmentObservation]) -> Iterator[Violation]:
    """Every other frame is, but for what coding does to it, the one that was rendered."""
    seen = np.concatenate([np.empty(0, np.int64), *(part.pts for part in frames)])
    difference = np.concatenate([np.empty(0, np.float32), *(part.difference for part in frames)])
    same = difference <= difference_limit(expected.policy.encoding.crf)  # so written, a NaN is not
    encoded = ~np.isin(seen, expected.copied.pts)
    yield from _about("encoded-wrong", "are not known to be the ones that were rendered", seen[encoded & ~same])


def _about(code: str, what: str, pts: NDArray[np.int64]) -> Iterator[Violation]:
    if pts.size:
        yield Violation(code, f"{pts.size} frame{'s' * (pts.size > 1)} {what}", int(pts[0]))


def _container_violations(expected: Expectation, container: ContainerObservation) -> Iterator[Violation]:
    if container.unowned:  # then nobody looked any further
        yield from (Violation("unowned", f"bytes that no rule allows: {part}") for part in container.unowned)
        return
    if container.video_tracks != 1:
        yield Violation("video-tracks", f"{container.video_tracks} video tracks where one was written")
    sounds = len(released_sounds(expected.recording, expected.policy.audio))
    if container.audio_tracks != sounds:
        yield Violation("audio-tracks", f"{container.audio_tracks} sound tracks where the policy allows {sounds}")
    for track in container.other_tracks:
        yield Violation("other-track", f"a track that no release has: {track}")
    for tag in container.metadata:
        yield Violation("metadata", f"metadata that no release carries: {tag}")
    if container.parameter_sets > expected.parameter_sets:
        found, allowed = container.parameter_sets, expected.parameter_sets
        yield Violation("parameter-sets", f"{found} sets of coding parameters where {allowed} were written")
    for heard in container.heard:
        yield Violation("heard", heard)
