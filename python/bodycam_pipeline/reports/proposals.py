"""``proposals.parquet``: what was seen and not hidden, with its evidence, for a person to see; it stays inside."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bodycam_pipeline.durable import make_folder, write_atomically
from bodycam_pipeline.evidence.parquet import parquet_bytes
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.values.track import Track

SIDES = ("left", "top", "right", "bottom")
_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("kind", pa.string(), nullable=False),
    pa.field("evidence", pa.float64(), nullable=False, metadata={"unit": "log-odds that it is that"}),
    pa.field("start_pts", pa.int64(), nullable=False, metadata={"unit": "time_base of the recording"}),
    pa.field("end_pts", pa.int64(), nullable=False, metadata={"unit": "its last frame"}),
    pa.field("pts", pa.int64(), nullable=False, metadata={"unit": "the frame in which it is seen best"}),
    *(pa.field(side, pa.float64(), nullable=False, metadata={"unit": "px, upright"}) for side in SIDES),
]
SCHEMA = pa.schema(_COLUMNS)
"""One row per track that was not admitted, most evidence first; its box is where it is seen best."""


def write_proposals(tracks: Sequence[Track], job: Job) -> None:
    """Write them beside the plan.

    Raises:
        StorageError: the disk refused.
    """
    ordered = sorted(tracks, key=lambda t: (-t.evidence, int(t.pts[0]), t.kind, t.boxes[0].tolist()))
    table = pa.Table.from_pylist([_row(track) for track in ordered], schema=SCHEMA)
    make_folder(job.folders.internal)
    write_atomically(job.folders.internal / "proposals.parquet", parquet_bytes(table))


def _row(track: Track) -> dict[str, object]:
    seen = np.flatnonzero(track.seen)
    best = int(seen[np.nanargmax(track.scores[seen])])
    sides = dict(zip(SIDES, track.boxes[best].tolist(), strict=True))
    times = {"start_pts": int(track.pts[seen[0]]), "end_pts": int(track.pts[seen[-1]]), "pts": int(track.pts[best])}
    return {"kind": track.kind, "evidence": track.evidence, **times, **sides}
