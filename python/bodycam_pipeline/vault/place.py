"""Where in a vault a recording lies: under its id, or, if it was lost and taken in again, under the next number."""

from bodycam_pipeline.vault.log import LogEntry


def place_of(entry: LogEntry) -> str:
    """The place that an entry of an ingest names; the first copies of older versions lie under their id alone."""
    return str(entry.get("place", entry["recording"]))


def numbered_place(id_: str, copy: int) -> str:
    """The place of a recording's copy, counted from 1."""
    return id_ if copy == 1 else f"{id_}.{copy}"


def id_at(place: str) -> str:
    """The recording at a place."""
    return place.partition(".")[0]
