"""``frames.parquet``: every frame of a release (or of a recording's segment), named by the SHA-256 of its planes."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.parquet import parquet_bytes
from bodycam_pipeline.kept import read_kept, write_kept
from bodycam_pipeline.values.errors import VerificationError

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("pts", pa.int64(), nullable=False),
    pa.field("sha256", pa.binary(32), nullable=False),
]
FRAMES_SCHEMA = pa.schema(_COLUMNS)
"""One row per frame, ascending in pts (ticks of the release's own time base)."""


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What ``ffmpeg -f framehash`` prints above and beside the digests.

    Attributes:
        time_base: Seconds per pts of the release.
        width, height: Of the coded frame.
        sample_aspect_ratio: As the file says; 0 where it says nothing.
        frame_bytes: Of one packed frame.
    """

    time_base: Fraction
    width: int
    height: int
    sample_aspect_ratio: Fraction
    frame_bytes: int


def write_frames(pts: NDArray[np.int64], sha256: NDArray[np.uint8], path: Path) -> None:
    """Write the digests; equal values give identical bytes (under one version of pyarrow).

    Args:
        pts: int64 (n,), strictly ascending.
        sha256: uint8 (n, 32).
        path: Where.

    Raises:
        ValueError: columns of different lengths, or out of order.
        StorageError: the disk refused.
    """
    write_atomically(path, _as_file(pts, sha256))


def _as_file(pts: NDArray[np.int64], sha256: NDArray[np.uint8]) -> bytes:
    if sha256.shape != (len(pts), 32) or (np.diff(pts) <= 0).any():
        raise ValueError("one digest of 32 bytes for each pts, pts ascending")
    digests = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(32), len(pts), [None, pa.py_buffer(np.ascontiguousarray(sha256, dtype=np.uint8).tobytes())]
    )
    table = pa.table([pa.array(pts, pa.int64()), digests], schema=FRAMES_SCHEMA)
    return parquet_bytes(
        table,
        compression="zstd",
        use_dictionary=False,
        write_statistics=False,
        column_encoding={"pts": "DELTA_BINARY_PACKED", "sha256": "PLAIN"},
    )


def write_digests(digests: Mapping[int, bytes], path: Path, secret: Path) -> None:
    """Keep the digest of each frame by its pts, in ascending order, under the job's secret (the file that holds it).

    Raises:
        ValueError, StorageError: as `write_frames`.
        KeyFileError: the secret cannot be read.
    """
    sha256 = np.frombuffer(b"".join(digests.values()), dtype=np.uint8).reshape(-1, 32)
    write_kept(path, _as_file(np.array(list(digests), dtype=np.int64), sha256), secret)


def read_frames(path: Path) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The pts (n,) and digests (n, 32) of a release.

    Raises:
        VerificationError: not there, or not a list of frames.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise _not_frames(path) from error
    if not table.schema.equals(FRAMES_SCHEMA):
        raise _not_frames(path)
    return _columns(table)


def _columns(table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    table = table.combine_chunks()
    digests = b"".join(digest.as_py() for digest in table["sha256"])
    return table["pts"].to_numpy(), np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32)


def read_digests(path: Path, secret: Path) -> dict[int, bytes]:
    """The digest of each frame by its pts; empty where there is no such list, or not the one that was kept.

    Raises:
        KeyFileError: the secret cannot be read.
    """
    content = read_kept(path, secret)
    if content is None:
        return {}
    pts, sha256 = _columns(pq.read_table(pa.BufferReader(content)))
    return {when: digest.tobytes() for when, digest in zip(pts.tolist(), sha256, strict=True)}


def framehash_text(pts: NDArray[np.int64], sha256: NDArray[np.uint8], facts: FrameFacts) -> str:
    """The text that stock ``ffmpeg`` prints for the release, so that ``diff`` can check every frame of it.

    ``ffmpeg -noautorotate -i FILE -map 0:v -copyts -fps_mode passthrough -enc_time_base -1 -bsf:v setts=duration=1
    -fflags +bitexact -f framehash -hash sha256 -``

    (``setts`` because versions of ffmpeg disagree about how long a frame lasts, ``+bitexact`` because they print their
    own version otherwise.)
    """
    ratio = facts.sample_aspect_ratio
    header = (
        "#format: frame checksums\n#version: 2\n#hash: SHA256\n"
        f"#tb 0: {facts.time_base.numerator}/{facts.time_base.denominator}\n"
        "#media_type 0: video\n#codec_id 0: rawvideo\n"
        f"#dimensions 0: {facts.width}x{facts.height}\n"
        f"#sar 0: {ratio.numerator}/{ratio.denominator}\n"
        "#stream#, dts,        pts, duration,     size, hash\n"
    )
    lines = (
        f"0, {time:>10}, {time:>10}, {1:>8}, {facts.frame_bytes:>8}, {digest.tobytes().hex()}\n"
        for time, digest in zip(pts.tolist(), sha256, strict=True)
    )
    return header + "".join(lines)


def _not_frames(path: Path) -> VerificationError:
    return VerificationError(
        f"{path} is not a release's list of frames", remedy="Ask for the complete release as it was published."
    )
