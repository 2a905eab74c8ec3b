"""What was hidden of recordings, as rows: for the terminal, and for Parquet."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import pyarrow as pa
from rich.table import Table

from bodycam_pipeline.measuring.tables import Row
from bodycam_pipeline.values.score import Score

FIGURES = (
    "share_hidden", "share_needed", "share_of_frame", "share_excess", "share_empty", "ratio", "false_per_minute",
    "tracks_per_thing", "idf1",
)  # fmt: skip
"""What is told of a score beside its sums; null where there is nothing to divide by."""

_COLUMNS: "list[pa.Field[Any]]" = [
    pa.field("who", pa.string()),
    pa.field("clip", pa.string()),
    *(pa.field(each.name, pa.int64() if each.type is int else pa.float64()) for each in fields(Score)),
    *(pa.field(name, pa.float64()) for name in FIGURES),
]
CLIPS_SCHEMA = pa.schema(_COLUMNS)

_HEADINGS = (
    "clip", "must hidden", "things seen", "longest ms", "flickers", "needed %", "must %", "hidden %", "excess %",
    "ratio", "false/min", "hidden where nobody is %", "tracks/thing", "switches", "IDF1 %",
)  # fmt: skip


def clip_row(who: str, clip: str, score: Score) -> Row:
    """One recording, or several together.

    Args:
        who: Whose plan or boxes these are.
        clip: The recording's name.
        score: What was hidden.
    """
    return {"who": who, "clip": clip} | asdict(score) | {name: getattr(score, name) for name in FIGURES}


def clip_table(who: str, scores: Mapping[str, Score]) -> Table:
    """Both sides of what one program hides, by recording, and of all of them together.

    Args:
        who: Whose plans or boxes these are.
        scores: By recording; one at least.
    """
    table = Table(title=f"{who}: shares are of the picture, as a mean over labelled frames")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == "clip" else "right", no_wrap=heading == "clip")
    for clip, score in scores.items():
        table.add_row(clip, *_cells(score))
    table.add_section()
    table.add_row("total", *_cells(sum(scores.values(), Score())))
    return table


def _cells(s: Score) -> list[str]:
    must_area = s.must_area / s.frames if s.frames else None
    return [
        f"{s.must_hidden}/{s.must}", f"{s.things_seen}/{s.things}", f"{1000 * s.longest_seconds:.0f}", str(s.flickers),
        *(_number(share, 2, 100) for share in (s.share_needed, must_area, s.share_of_frame, s.share_excess)),
        _number(s.ratio, 2), _number(s.false_per_minute, 1), _number(s.share_empty, 2, 100),
        _number(s.tracks_per_thing, 2), str(s.switches), _number(s.idf1, 1, 100),
    ]  # fmt: skip


def _number(value: float | None, digits: int, factor: float = 1) -> str:
    return "-" if value is None else f"{factor * value:.{digits}f}"
