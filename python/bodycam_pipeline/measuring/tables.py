"""What was measured, as rows: for the terminal, and for Parquet."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.table import Table

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.parquet import parquet_bytes
from bodycam_pipeline.measuring.pictures import Measured
from bodycam_pipeline.measuring.recall import HEIGHT_BINS
from bodycam_pipeline.measuring.speed import Speed

Row = dict[str, Any]

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("dataset", pa.string()),
    pa.field("model", pa.string()),
    pa.field("kind", pa.string()),
    pa.field("long_side_px", pa.int32()),
    pa.field("pictures", pa.int32()),
    pa.field("false_per_picture", pa.float64()),
    pa.field("threshold", pa.float64()),
    pa.field("objects", pa.int32()),
    pa.field("recall", pa.float64()),
    pa.field("precision", pa.float64()),
    *(pa.field(f"{what}_{low}", kind) for low, _ in HEIGHT_BINS
      for what, kind in (("objects", pa.int32()), ("recall", pa.float64()))),
    pa.field("network_ms", pa.float64()),
    pa.field("frames_per_second", pa.float64()),
]  # fmt: skip
PICTURES_SCHEMA = pa.schema(_COLUMNS)


def picture_rows(measured: Sequence[Measured], speeds: Mapping[str, Speed], long_side_px: int) -> Iterator[Row]:
    """One row per set, kind, detector and rate of false positives."""
    for each in measured:
        for at in each.rates:
            bins: Row = {}
            for (low, _), part in zip(HEIGHT_BINS, at.by_height, strict=True):
                bins |= {f"objects_{low}": part.objects, f"recall_{low}": part.share}
            yield {
                "dataset": each.dataset,
                "model": each.model,
                "kind": each.kind,
                "long_side_px": long_side_px,
                "pictures": each.pictures,
                "false_per_picture": at.false_per_picture,
                "threshold": at.threshold,
                "objects": at.recall.objects,
                "recall": at.recall.share,
                "precision": at.precision,
                **bins,
                "network_ms": speeds[each.model].milliseconds,
                "frames_per_second": speeds[each.model].frames_per_second,
            }


def write_rows(rows: Sequence[Row], schema: pa.Schema, path: Path) -> None:
    """Write rows as Parquet.

    Raises:
        StorageError: the disk refused.
    """
    write_atomically(path, parquet_bytes(pa.Table.from_pylist(list(rows), schema=schema)))


def picture_table(rows: Sequence[Row], long_side_px: int) -> Table:
    """Recall per set, side by side."""
    first = rows[0]
    table = Table(title=f"Recall in % at IoU .5, pictures {long_side_px} px long")
    for column in ("set", "kind", "detector", "false/picture", "recall", "precision"):
        table.add_column(column, justify="left" if column in {"set", "kind", "detector"} else "right")
    for low, high in HEIGHT_BINS:
        table.add_column(f"{low}-{high} px" if high < 1e9 else f"{low}- px", justify="right")
    for column in ("score >", "ms", "frames/s"):
        table.add_column(column, justify="right")
    before = first["dataset"]
    for row in rows:
        if row["dataset"] != before:
            table.add_section()
            before = row["dataset"]
        bins = [f"{_percent(row[f'recall_{low}'])} ({row[f'objects_{low}']})" for low, _ in HEIGHT_BINS]
        table.add_row(
            row["dataset"], row["kind"], row["model"], f"{row['false_per_picture']:g}",
            _percent(row["recall"]), _percent(row["precision"]), *bins, f"{row['threshold']:.2f}",
            f"{row['network_ms']:.1f}", f"{row['frames_per_second']:.0f}",
        )  # fmt: skip
    return table


def _percent(share: float) -> str:
    return "-" if isnan(share) else f"{100 * share:.1f}"
