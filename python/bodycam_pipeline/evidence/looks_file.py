"""One segment's detections as Parquet: written once, read by every later run of the same job."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.digests import value_sha256
from bodycam_pipeline.foreign import parse_json
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
_FACTS, _DIGEST = b"bodycam.looks", b"bodycam.looks.sha256"


def write_looks(seen: SegmentLooks, path: Path) -> None:
    """Write one segment's looks; the file is there whole or not at all.

    Raises:
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
    stored = {_FACTS: json.dumps(facts).encode(), _DIGEST: _digest(table, facts).encode()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(stored), sink)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, sink.getvalue().to_pybytes())


def read_looks(path: Path) -> SegmentLooks | None:
    """What `write_looks` left at a path; None where there is nothing, or anything but exactly that.

    A detection that went missing on the disk would be a face that nobody hides: what changed is looked at again.
    """
    try:
        table = pq.read_table(path, memory_map=False)
        metadata = table.schema.metadata or {}
        facts = parse_json(metadata[_FACTS])
        unchanged = metadata[_DIGEST].decode() == _digest(table, facts)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return _looks(table, facts) if unchanged else None


def _digest(table: pa.Table, facts: dict[str, Any]) -> str:
    return value_sha256([json.loads(json.dumps(facts)), table.to_pylist()])


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
