"""What was handed to the encoder, frame by frame, in little: the finished file's frames are held against it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bodycam_pipeline.evidence.parquet import parquet_bytes
from bodycam_pipeline.kept import read_kept, write_kept

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("pts", pa.int64(), nullable=False),
    pa.field("signature", pa.binary(), nullable=False),
]
SIGNATURES_SCHEMA = pa.schema(_COLUMNS)
"""One row per rendered frame: its pts in the recording's clock, and what `frame_block_means` gives for it."""


def signatures_path(samples: str) -> Path:
    """Where the signatures of a segment's rendered frames lie: beside its samples."""
    return Path(f"{samples}.signatures")


def write_signatures(signatures: Mapping[int, bytes], path: Path, secret: Path) -> None:
    """Keep the signature of each rendered frame, by its pts, under the job's secret (the file that holds it).

    Raises:
        KeyFileError: the secret cannot be read.
        StorageError: the disk refused.
    """
    rows = [{"pts": pts, "signature": signature} for pts, signature in signatures.items()]
    table = pa.Table.from_pylist(rows, schema=SIGNATURES_SCHEMA)
    write_kept(path, parquet_bytes(table, compression="zstd", use_dictionary=False), secret)


def read_signatures(paths: Iterable[Path], secret: Path) -> dict[int, NDArray[np.uint8]]:
    """All signatures of some files, by pts; a file that is gone, or is not the one that was kept, has none.

    Raises:
        KeyFileError: the secret cannot be read.
    """
    return {pts: signature for path in paths for pts, signature in _read(path, secret)}


def _read(path: Path, secret: Path) -> list[tuple[int, NDArray[np.uint8]]]:
    content = read_kept(path, secret)
    if content is None:
        return []
    table = pq.read_table(pa.BufferReader(content), schema=SIGNATURES_SCHEMA)
    return [(row["pts"], np.frombuffer(row["signature"], dtype=np.uint8)) for row in table.to_pylist()]
