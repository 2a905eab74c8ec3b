"""What of an H.264 recording may be stream-copied, and what an encoder must do to stand beside it in one track.

Everything doubtful is encoded anew: here lies only what is known to play, frame by frame, in every decoder that was
tried (FFmpeg, PyAV, Chromium).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.h264.avc import RELEASED
from bodycam_pipeline.h264.nal import H264_IDR, H264_PPS, H264_SEI, H264_SPS
from bodycam_pipeline.h264.parameters import SequenceFacts, read_pps, read_slice, read_sps
from bodycam_pipeline.h264.rewriting import rewritten
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import VideoFacts

Profile = Literal["baseline", "main", "high"]

_PROFILES: dict[int, Profile] = {66: "baseline", 77: "main", 100: "high"}
_CONSTRAINT_SET_1 = 0x40
"""With it, Baseline is Constrained Baseline: no arbitrary slice order, no slice groups (A.2.1.1)."""

_LEFT_OUT = frozenset({0, H264_SEI, H264_SPS, H264_PPS, 9, 12, *range(24, 32)})
"""nal_unit_type of what a picture does not need and a release does not hold: enhancement information, repeated
parameter sets, delimiters, filler, and what the standard leaves to private use (ITU-T H.264, table 7-1). A packet with
any other type (data partitions, auxiliary or scalable slices, ends of sequences) is encoded anew."""

_DECODED_KINDS = frozenset({0, 1, 2})
"""P, B and I slices; SP and SI switch between streams."""

MOST_SET_BYTES = 512
"""Size limit of all copied parameter sets: recorders write 30 to 60 bytes, some hundreds with scaling lists."""

MOST_SLICES = 1024
"""Slice limit of one picture; recorders write one to a few dozen. A packet with more is not worth the look."""

_OWN_NUMBERS = range(1, 32)
"""seq_parameter_set_id goes up to 31; 0 is what most recorders use."""


@dataclass(frozen=True, slots=True)
class Joining:
    """How coded spans of a recording and of our encoder share one track.

    Attributes:
        sets: The recording's parameter sets, without what decodes nothing.
        profile: What the encoder must keep to.
        level: level_idc of the recording, which its size and rate fit.
        own_number: The number of the encoder's own parameter sets: one that the recording does not use.
        reorder: As in `SequenceFacts`; 0 where the recording does not say it.
    """

    sets: tuple[bytes, ...]
    profile: Profile
    level: int
    own_number: int
    reorder: int


def joining(video: VideoFacts, rule: EncodingRule) -> Joining | None:
    """How to join; None where nothing of the recording may be stream-copied."""
    sequence = plain_sequence(video.parameter_sets)
    if rule.untouched != "copy" or rule.crf == 0 or sequence is None:  # crf 0 is a profile of its own
        return None
    if (
        video.hdr is not None or video.formats or video.deinterlaced
    ):  # what stands in the recording is not what is released
        return None
    aspect = video.sample_aspect_ratio if sequence.aspect is None else sequence.aspect
    coded = (sequence.width, sequence.height, aspect, "progressive")
    if coded != (video.width, video.height, video.sample_aspect_ratio, video.field_order):
        return None
    used = {sequence.number, *(read_pps(unit).number for unit in video.parameter_sets if unit[0] & 31 == H264_PPS)}
    own_number = next(number for number in _OWN_NUMBERS if number not in used)
    sets, profile = tuple(map(rewritten, video.parameter_sets)), _PROFILES[sequence.profile]
    if sum(map(len, sets)) > MOST_SET_BYTES:
        return None
    return Joining(sets, profile, sequence.level, own_number, sequence.reorder or 0)


def plain_sequence(sets: Sequence[bytes]) -> SequenceFacts | None:
    """The one sequence of a track whose parameter sets hold nothing unusual; None for any other track."""
    sequences = [read_sps(unit) for unit in sets if unit[0] & 31 == H264_SPS]
    pictures = [read_pps(unit) for unit in sets if unit[0] & 31 == H264_PPS]
    if len(sequences) != 1 or not pictures or len(sequences) + len(pictures) != len(sets):
        return None
    (sequence,) = sequences
    fitting = all(picture.plain and picture.whole and picture.sequence == sequence.number for picture in pictures)
    distinct = len({picture.number for picture in pictures}) == len(pictures) < len(_OWN_NUMBERS) - 1
    return sequence if fitting and distinct and _is_plain(sequence) else None


def _is_plain(sequence: SequenceFacts) -> bool:
    known = sequence.profile in _PROFILES and (sequence.profile != 66 or bool(sequence.constraints & _CONSTRAINT_SET_1))
    eight_bit_420 = sequence.chroma_format == 1 and sequence.bit_depths == (8, 8)
    return known and eight_bit_420 and sequence.frames_only and not sequence.gaps and sequence.whole


class CopyTest:
    """Whether a packet may be stream-copied: slices of one whole picture, and nothing that it would need beside."""

    def __init__(self, sets: Sequence[bytes]) -> None:
        self._possible = plain_sequence(sets) is not None
        self._known = frozenset(sets)
        self._numbers = {read_pps(unit).number for unit in sets if unit and unit[0] & 31 == H264_PPS}

    def passes(self, units: Sequence[bytes]) -> bool:
        """Whether a packet with these NAL units may be stream-copied."""
        slices = [unit for unit in units if unit[0] & 31 in RELEASED]
        others = [unit for unit in units if unit[0] & 31 not in RELEASED]
        return self._possible and all(map(self._may_go, others)) and self._is_picture(slices)

    def _may_go(self, unit: bytes) -> bool:
        kind = unit[0] & 31
        return kind in _LEFT_OUT and (kind not in {H264_SPS, H264_PPS} or unit.rstrip(b"\0") in self._known)

    def _is_picture(self, slices: Sequence[bytes]) -> bool:
        if len(slices) > MOST_SLICES or len({unit[0] & 31 == H264_IDR for unit in slices}) != 1:
            return False
        if any(map(_is_odd, slices)):
            return False
        heads = [read_slice(unit) for unit in slices]
        firsts = [head.first_block for head in heads]
        return (
            firsts == sorted(set(firsts))
            and firsts[0] == 0
            and all(head.parameters in self._numbers and head.kind in _DECODED_KINDS for head in heads)
            and not any(head.odd for head in heads)
        )


def _is_odd(unit: bytes) -> bool:
    """Whether the bit that is always 0 is set, or words of padding follow the slice (7.4.1, 7.3.2.10)."""
    return bool(unit[0] & 0x80) or unit.rstrip(b"\0").endswith(b"\0\0\3")
