"""``letter-fields.csv``: one row of facts that a letter to the requester is merged with; all of them are public."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from bodycam_pipeline.rules.spreadsheet import csv_text
from bodycam_pipeline.values.timeline import format_clock


def letter_fields(manifest: dict[str, Any]) -> str:
    """The fields of a release's letter: a row of names and a row of values."""
    fields = dict(_fields(manifest))
    return csv_text([[*fields.keys()], [*fields.values()]], "\n")


def _fields(manifest: dict[str, Any]) -> Iterator[tuple[str, object]]:
    video, policy = manifest["video"], manifest["policy"]
    seconds = (video["last_pts"] - video["first_pts"]) * Fraction(video["time_base"])
    yield "policy", policy["name"]
    yield "frames", video["frames"]
    yield "from_first_to_last_frame", format_clock(seconds)
    for kind, hidden in manifest["hidden"].items():
        yield f"{kind}_reason", policy["reasons"].get(kind, "")
        yield f"{kind}_tracks_hidden", hidden["tracks"]
        yield f"{kind}_time_hidden", hidden["time"]
    yield "sound", policy["audio"]
    for what in ("withheld", "muted"):
        yield f"{what}_stretches", "; ".join(f"{s['from']} to {s['to']} ({s['reason']})" for s in manifest[what])
    yield "notes", "; ".join(manifest.get("notes", ()))
    yield "left_visible", "; ".join(sorted({kept["reason"] for kept in manifest["left_visible"]}))
    yield (
        "removed_streams",
        "; ".join(f"{s['what']}: {s['why']}" for s in manifest["streams"] if s["disposition"] == "removed"),
    )
