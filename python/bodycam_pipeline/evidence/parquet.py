"""Tables as the bytes of a Parquet file."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def parquet_bytes(table: pa.Table, **options: Any) -> bytes:
    """Encode a table, with the options of `pyarrow.parquet.write_table`; one table gives one sequence of bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()
