"""Staged samples and the index beside them: how a finished segment is recognised after a crash."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import feather

from bodycam_pipeline.media.staged import staged_file
from bodycam_pipeline.values.encoded import EncodedSegment

_READ_BYTES = 1 << 20


class SampleRows:
    """The index of a samples file while it is being written."""

    def __init__(self) -> None:
        self._pts: list[int] = []
        self._size: list[int] = []
        self._keyframe: list[bool] = []

    def append(self, pts: int | None, size_bytes: int, *, keyframe: bool) -> None:
        """One more sample.

        Raises:
            ValueError: it is empty or has no time.
        """
        if pts is None or not size_bytes:
            raise ValueError("a coded sample without a time or without a picture")
        self._pts.append(pts)
        self._size.append(size_bytes)
        self._keyframe.append(keyframe)

    def segment(self, path: str, avcc: bytes, sha256: str) -> EncodedSegment:
        """The finished index."""
        pts, size = np.array(self._pts, dtype=np.int64), np.array(self._size, dtype=np.int64)
        return EncodedSegment(path, avcc, pts, size, np.array(self._keyframe, dtype=np.bool_), sha256)


def save_index(segment: EncodedSegment) -> None:
    """Put a segment's index beside its samples: the samples count as finished from here on.

    Raises:
        StorageError: the disk refused.
    """
    columns = {"pts": segment.pts, "size_bytes": segment.size_bytes, "keyframe": segment.keyframe}
    table = pa.table(columns).replace_schema_metadata({"avcc": segment.avcc.hex(), "sha256": segment.sha256})
    sink = io.BytesIO()
    feather.write_feather(table, sink, compression="uncompressed")
    with staged_file(_index_path(segment.path)) as file:
        file.write(sink.getvalue())


def finished_segment(path: str | Path) -> EncodedSegment | None:
    """The segment at a path if it was finished there and not a byte of it has changed, else None."""
    try:
        table = feather.read_table(_index_path(path))
        metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        columns = {name: table[name].to_numpy() for name in ("pts", "size_bytes", "keyframe")}
        segment = EncodedSegment(str(path), bytes.fromhex(metadata["avcc"]), sha256=metadata["sha256"], **columns)
        return segment if _sha256(path) == segment.sha256 else None
    except (OSError, pa.ArrowInvalid, KeyError, ValueError):
        return None


def _index_path(path: str | Path) -> Path:
    return Path(f"{path}.index")


def _sha256(path: str | Path) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
