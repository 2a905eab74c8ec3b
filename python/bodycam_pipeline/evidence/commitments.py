"""What a release promises of frames nobody may see: salted commitments, one root, and one frame opened at a time.

The salts come from a secret that stays inside, so that a job always commits to the same root, and a disclosure, which
gives away one salt, says nothing of any other.
"""

import hmac
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline import _native

FRAME_LEAF = "RFC 6962 leaf of pts (8 bytes, big-endian) and SHA-256 of the decoded planes, as frames.parquet has them"
SOURCE_LEAF = "RFC 6962 leaf of salt (32 bytes), SHA-256 of the frame's packet and its pts (8 bytes, big-endian)"


@dataclass(frozen=True)
class FrameTable:
    """Frames by time: of a release with the digests of their planes, or of a recording with those of their packets.

    Attributes:
        pts: int64 (n,), strictly ascending.
        sha256: uint8 (n, 32).
    """

    pts: NDArray[np.int64]
    sha256: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pts)

    def leaves(self) -> bytes:
        """The Merkle leaves of `FRAME_LEAF`, 32 bytes each."""
        return _native.merkle_leaves(np.hstack([_big_endian(self.pts), self.sha256]).tobytes(), width=40)

    def root(self) -> str:
        """The root over every frame, hex."""
        return _native.merkle_root(self.leaves()).hex()


@dataclass(frozen=True)
class FrameDisclosure:
    """What one source frame was, with the proof that a root commits to it.

    Attributes:
        number: Of the frame, from 0, in the recording and in the release alike.
        pts: Of the recording.
        packet_sha256, salt: What the commitment is made of.
        proof: Hashes from the leaf up to the root.
    """

    number: int
    pts: int
    packet_sha256: bytes
    salt: bytes
    proof: tuple[bytes, ...]

    def is_below(self, root: bytes, frames: int) -> bool:
        """Whether the root of so many frames commits to exactly this."""
        entry = self.salt + self.packet_sha256 + self.pts.to_bytes(8, "big", signed=True)
        leaf = _native.merkle_leaf(entry)
        return _native.merkle_includes(root, frames, self.number, leaf, self.proof)


@dataclass(frozen=True)
class SourceCommitment:
    """The source frames of a release, and the secret that their salts come from: neither is ever handed out."""

    frames: FrameTable
    secret: bytes

    def root(self) -> str:
        """The root over the salted commitments, hex: this is public."""
        return _native.merkle_root(self._leaves()).hex()

    def open(self, number: int) -> FrameDisclosure:
        """One frame's disclosure.

        Raises:
            ValueError: there is no such frame.
        """
        proof = tuple(_native.merkle_inclusion(self._leaves(), number))
        digest = self.frames.sha256[number].tobytes()
        return FrameDisclosure(number, int(self.frames.pts[number]), digest, self._salt(number), proof)

    def _leaves(self) -> bytes:
        salts = b"".join(map(self._salt, range(len(self.frames))))
        salted = np.frombuffer(salts, dtype=np.uint8).reshape(-1, 32)
        entries = np.hstack([salted, self.frames.sha256, _big_endian(self.frames.pts)])
        return _native.merkle_leaves(entries.tobytes(), width=72)

    def _salt(self, number: int) -> bytes:
        """The recording's frames are part of it: two recordings in one folder share no salt."""
        return hmac.digest(self.secret, self._recording + number.to_bytes(8, "big"), "sha256")

    @cached_property
    def _recording(self) -> bytes:
        return bytes.fromhex(self.frames.root())


def _big_endian(pts: NDArray[np.int64]) -> NDArray[np.uint8]:
    return pts.astype(">i8").view(np.uint8).reshape(-1, 8)
