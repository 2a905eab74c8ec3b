"""Coded samples that wait for the join: small values that point at staged files."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class EncodedSegment:
    """A span of coded pictures, in decode order. How they were made is nobody's business but the maker's.

    Attributes:
        path: The staged file: the samples, one after the other, and nothing else.
        avcc: The parameter sets as an ``AVCDecoderConfigurationRecord`` (ISO/IEC 14496-15, 5.3.3.1).
        pts: int64 (n,), in the recording's clock.
        size_bytes: int64 (n,), of each sample in the file.
        keyframe: bool (n,), whether decoding can start there.
        sha256: Digest of the whole file, hex.
    """

    path: str
    avcc: bytes
    pts: NDArray[np.int64]
    size_bytes: NDArray[np.int64]
    keyframe: NDArray[np.bool_]
    sha256: str

    def __len__(self) -> int:
        return len(self.pts)


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
