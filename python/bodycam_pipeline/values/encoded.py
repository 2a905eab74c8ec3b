"""Coded samples that wait for the join: small values that point at staged files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

ENCODER: Final = "libx264"
"""Who codes what is hidden."""

UNIT_SAMPLES: Final = 1024
"""Samples per AAC-LC access unit and channel (ISO/IEC 14496-3, 4.5.2.1.1)."""


def index_path(samples: str | Path) -> str:
    """Where the index of a segment's samples lies: beside them."""
    return f"{samples}.index"


@dataclass(frozen=True)
class EncodedSegment:
    """A span of coded frames, in decode order.

    Attributes:
        path: The staged file: the samples, one after the other, and nothing else.
        parameter_sets: The NAL units (ITU-T H.264, 7.3.2) that a decoder needs for them.
        pts: int64 (n,), in the recording's clock.
        size_bytes: int64 (n,), of each sample in the file.
        keyframe: bool (n,), whether decoding can start there.
        copied: bool (n,), whether it was stream-copied from the recording.
        source_sha256: uint8 (n, 32), for each copied sample the digest of its frame as decoded from the recording,
            else zeros.
        sha256: Digest of the whole file, hex.
    """

    path: str
    parameter_sets: tuple[bytes, ...]
    pts: NDArray[np.int64]
    size_bytes: NDArray[np.int64]
    keyframe: NDArray[np.bool_]
    copied: NDArray[np.bool_]
    source_sha256: NDArray[np.uint8]
    sha256: str

    def __len__(self) -> int:
        return len(self.pts)


@dataclass(frozen=True)
class CopiedFrames:
    """The frames of a release that were stream-copied from the recording.

    Attributes:
        pts: int64 (n,), ascending, in the recording's clock.
        sha256: uint8 (n, 32), what each of them decodes to in the recording.
    """

    pts: NDArray[np.int64]
    sha256: NDArray[np.uint8]

    @classmethod
    def of(cls, segments: Sequence[EncodedSegment]) -> Self:
        """Collect the copied frames of coded segments."""
        pts = np.concatenate([np.empty(0, np.int64), *(s.pts[s.copied] for s in segments)])
        sha256 = np.concatenate([np.empty((0, 32), np.uint8), *(s.source_sha256[s.copied] for s in segments)])
        order = np.argsort(pts)
        return cls(pts[order], sha256[order])


@dataclass(frozen=True)
class EncodedAudio:
    """The sound of a release: AAC access units that begin at the release's time 0, without a gap.

    Attributes:
        path: The staged file: the access units, one after the other, and nothing else.
        config: The ``AudioSpecificConfig`` (ISO/IEC 14496-3, 1.6.2.1).
        sample_rate_hz, channels: Of the PCM.
        samples_per_unit: How long every unit lasts, 1024 for AAC-LC.
        size_bytes: int64 (n,), of each unit in the file.
        sha256: Digest of the whole file, hex.
    """

    path: str
    config: bytes
    sample_rate_hz: int
    channels: int
    samples_per_unit: int
    size_bytes: NDArray[np.int64]
    sha256: str

    def __len__(self) -> int:
        return len(self.size_bytes)
