"""What was handed to the encoder, frame by frame, in little: the finished file's frames are held against it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bodycam_pipeline.kept import read_kept, write_kept

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("pts", pa.int64(), nullable=False),
    pa.field("sketch", pa.binary(), nullable=False),
]
SKETCHES_SCHEMA = pa.schema(_COLUMNS)
"""One row per rendered frame: its pts in the recording's clock, and what `frame_sketch` gives for it."""


def sketches_path(samples: str) -> Path:
    """Where the sketches of a segment's rendered frames lie: beside its samples."""
    return Path(f"{samples}.sketches")


def write_sketches(sketches: Mapping[int, bytes], path: Path, secret: Path) -> None:
    """Keep the sketch of each rendered frame, by its pts, under the job's secret (the file that holds it).

    Raises:
        KeyFileError: the secret cannot be read.
        StorageError: the disk refused.
    """
    rows = [{"pts": pts, "sketch": sketch} for pts, sketch in sketches.items()]
    table = pa.Table.from_pylist(rows, schema=SKETCHES_SCHEMA)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", use_dictionary=False)
    write_kept(path, sink.getvalue().to_pybytes(), secret)


def read_sketches(paths: Iterable[Path], secret: Path) -> dict[int, NDArray[np.uint8]]:
    """All sketches of some files, by pts; a file that is gone, or is not the one that was kept, has none.

    Raises:
        KeyFileError: the secret cannot be read.
    """
    return {pts: sketch for path in paths for pts, sketch in _read(path, secret)}


def _read(path: Path, secret: Path) -> list[tuple[int, NDArray[np.uint8]]]:
    content = read_kept(path, secret)
    if content is None:
        return []
    table = pq.read_table(pa.BufferReader(content), schema=SKETCHES_SCHEMA)
    return [(row["pts"], np.frombuffer(row["sketch"], dtype=np.uint8)) for row in table.to_pylist()]
