"""Staged samples and the index beside them: how a finished segment is recognised after a crash."""

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import feather

from bodycam_pipeline.h264.avc import is_keyframe
from bodycam_pipeline.mp4.staged import stage_file
from bodycam_pipeline.values.encoded import EncodedSegment, index_path

_READ_BYTES = 1 << 20
_COLUMNS = ("pts", "size_bytes", "keyframe", "copied")

Row = tuple[int, int, bool, bytes | None]
"""One sample: its pts, its bytes, whether it is a key frame, and the digest of its source."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded frame.

    Attributes:
        pts: When it is shown, in the recording's clock.
        coded: Length-prefixed slices.
        source_sha256: Digest of its frame as decoded from the recording if it was stream-copied, else None.
    """

    pts: int
    coded: bytes
    source_sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class CodedSpan:
    """Pictures that one maker coded, and the parameter sets that decode them."""

    parameter_sets: tuple[bytes, ...]
    samples: Iterator[Sample]


def write_segment(
    path: str | Path, spans: Iterable[CodedSpan], vouch: Callable[[EncodedSegment], None] = lambda _: None
) -> EncodedSegment:
    """Write spans, one after the other, into a staged file of samples, with its index beside it.

    The samples get their name last, when their index is there and ``vouch`` was called: what bears the name is
    finished, whenever the process is killed. Memory: the index; no sample is kept.

    Raises:
        ValueError: no sample, or one without a picture.
        StorageError: the disk refused.
    """
    sets: dict[bytes, None] = {}
    rows: list[Row] = []
    with stage_file(path) as file:
        for span in spans:
            sets |= dict.fromkeys(span.parameter_sets)
            for sample in span.samples:
                if not sample.coded:
                    raise ValueError(f"a sample without a picture at {sample.pts}")
                file.write(sample.coded)
                rows.append((sample.pts, len(sample.coded), is_keyframe(sample.coded), sample.source_sha256))
        if not rows:
            raise ValueError("a segment without a frame")
        segment = _segment(path, tuple(sets), rows, file.sha256)
        _save_index(segment)
        vouch(segment)
    return segment


def _segment(path: str | Path, sets: tuple[bytes, ...], rows: Sequence[Row], sha256: str) -> EncodedSegment:
    pts, sizes, keyframe, digests = zip(*rows, strict=True)
    return EncodedSegment(
        path=str(path),
        parameter_sets=sets,
        pts=np.array(pts, dtype=np.int64),
        size_bytes=np.array(sizes, dtype=np.int64),
        keyframe=np.array(keyframe, dtype=np.bool_),
        copied=np.array([digest is not None for digest in digests], dtype=np.bool_),
        source_sha256=_digest_rows(digests),
        sha256=sha256,
    )


def _digest_rows(digests: Iterable[bytes | None]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(digest or bytes(32) for digest in digests), dtype=np.uint8).reshape(-1, 32)


def _save_index(segment: EncodedSegment) -> None:
    """Put a segment's index beside where its samples go.

    Raises:
        StorageError: the disk refused.
    """
    columns = {name: getattr(segment, name) for name in _COLUMNS} | {
        "source_sha256": [digest.tobytes() for digest in segment.source_sha256]
    }
    sets = ",".join(unit.hex() for unit in segment.parameter_sets)
    table = pa.table(columns).replace_schema_metadata({"parameter_sets": sets, "sha256": segment.sha256})
    sink = io.BytesIO()
    feather.write_feather(table, sink, compression="uncompressed")
    with stage_file(index_path(segment.path)) as file:
        file.write(sink.getvalue())


def finished_segment(path: str | Path) -> EncodedSegment | None:
    """The segment at a path if it was finished there and not a byte of it has changed, else None."""
    try:
        table = feather.read_table(index_path(path))
        metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        columns = {name: table[name].to_numpy() for name in _COLUMNS}
        columns["source_sha256"] = _digest_rows(table["source_sha256"].to_pylist())
        sets = tuple(bytes.fromhex(unit) for unit in metadata["parameter_sets"].split(","))
        segment = EncodedSegment(str(path), sets, sha256=metadata["sha256"], **columns)
        return segment if _sha256(path) == segment.sha256 else None
    except (OSError, pa.ArrowInvalid, KeyError, ValueError):
        return None


def _sha256(path: str | Path) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
