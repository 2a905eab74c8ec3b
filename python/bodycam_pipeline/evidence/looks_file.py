"""One segment's detections as Parquet: written once, read by every later run of the same job, under its secret."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bodycam_pipeline.kept import read_kept, write_kept
from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.looks import Looks, SegmentLooks

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("pts", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("left", pa.float64(), nullable=False),
    pa.field("top", pa.float64(), nullable=False),
    pa.field("right", pa.float64(), nullable=False),
    pa.field("bottom", pa.float64(), nullable=False),
    pa.field("score", pa.float64(), nullable=False),
    pa.field("confident", pa.bool_(), nullable=False),
    pa.field("model", pa.string(), nullable=False),
]
LOOKS_SCHEMA = pa.schema(_COLUMNS)
_FACTS = b"bodycam.looks"


def write_looks(seen: SegmentLooks, path: Path, secret: Path) -> None:
    """Write one segment's looks; the file is there whole or not at all.

    Args:
        seen: What was seen.
        path: Where.
        secret: The file of the job's secret.

    Raises:
        KeyFileError: the secret cannot be read.
        StorageError: the disk refused.
    """
    rows = [_row(d) for look in seen.looks for d in look.detections]
    table = pa.Table.from_pylist(rows, schema=LOOKS_SCHEMA)
    facts = {
        "segment": seen.segment,
        "pts": [look.pts for look in seen.looks],
        "cuts": [look.pts for look in seen.looks if look.cut],
        "shifts": [look.shift for look in seen.looks],
        "undecodable": seen.undecodable_pts,
    }
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({_FACTS: json.dumps(facts).encode()}), sink)
    write_kept(path, sink.getvalue().to_pybytes(), secret)


def read_looks(path: Path, secret: Path) -> SegmentLooks | None:
    """What `write_looks` left at a path; None where there is nothing, or anything but exactly that.

    A detection that went missing on the disk, or that somebody took out, would be a face that nobody hides, and one
    that somebody put in would hide what no detector found: what changed is looked at again.

    Raises:
        KeyFileError: the secret cannot be read.
    """
    content = read_kept(path, secret)
    if content is None:
        return None
    table = pq.read_table(pa.BufferReader(content))
    return _looks(table, json.loads((table.schema.metadata or {})[_FACTS]))


def looks_sha256(seen: Iterable[SegmentLooks]) -> str:
    """Digest of everything that was seen in some segments, in their order."""
    hasher = hashlib.sha256()
    for part in seen:
        sizes = [len(part.looks.looks), len(part.looks.detections)]
        hasher.update(json.dumps([part.segment, part.undecodable_pts, *sizes]).encode())
        for table in (part.looks.looks, part.looks.detections):
            for name in table.dtype.names or ():
                column = table[name]
                hasher.update(json.dumps(column.tolist()).encode() if column.dtype.hasobject else column.tobytes())
    return hasher.hexdigest()


def _looks(table: pa.Table, facts: dict[str, Any]) -> SegmentLooks:
    by_pts: dict[int, list[Detection]] = {pts: [] for pts in facts["pts"]}
    for row in table.to_pylist():
        by_pts[row["pts"]].append(_detection(row))
    cuts = frozenset(facts["cuts"])
    shifts = (None if shift is None else (shift[0], shift[1]) for shift in facts["shifts"])
    looks = Looks.of(
        Look(pts, pts in cuts, tuple(found), shift) for (pts, found), shift in zip(by_pts.items(), shifts, strict=True)
    )
    return SegmentLooks(facts["segment"], looks, tuple(facts["undecodable"]))


def _row(d: Detection) -> dict[str, object]:
    sides = {"left": d.box.left, "top": d.box.top, "right": d.box.right, "bottom": d.box.bottom}
    return {"pts": d.pts, "kind": d.kind, **sides, "score": d.score, "confident": d.confident, "model": d.model}


def _detection(row: dict[str, Any]) -> Detection:
    box = Box(row["left"], row["top"], row["right"], row["bottom"])
    return Detection(row["pts"], row["kind"], box, row["score"], row["confident"], row["model"])
