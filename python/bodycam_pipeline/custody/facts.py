"""What people know of a recording: from a list (CSV, JSON) or from a JSON file beside it.

A list has one row per recording; ``file`` is its name. The other columns are `COLUMNS`, all of them optional.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bodycam_pipeline.foreign import parse_json, read_text
from bodycam_pipeline.values.errors import WorkListError

COLUMNS = ("officer", "unit", "device", "incident", "started")
Facts = dict[str, str]


def read_facts(path: Path) -> dict[str, Facts]:
    """The rows of a list, by file name.

    Raises:
        WorkListError: it cannot be read, has a column that is not known, or names a file twice.
    """
    try:
        text = read_text(path)
        rows = (
            parse_json(text) if path.suffix.lower() == ".json" else list(csv.DictReader(text.splitlines(), strict=True))
        )
        found: dict[str, Facts] = {}
        for row in rows:
            name = Path(str(row.get("file") or "")).name
            if not name or name in found:
                raise WorkListError(f"{path.name}: a row without a file, or {name!r} twice", remedy="Check the list.")
            found[name] = _facts({key: value for key, value in row.items() if key != "file"}, path)
    except (OSError, ValueError, csv.Error, AttributeError, TypeError) as error:
        if isinstance(error, WorkListError):
            raise
        raise WorkListError(f"cannot read {path.name}: {error}", remedy="Check the list of facts.") from error
    return found


def places_beside(recording: Path) -> tuple[Path, Path]:
    """Where facts beside a recording are looked for: ``NAME.SUFFIX.json``, ``NAME.json``."""
    return recording.with_name(f"{recording.name}.json"), recording.with_suffix(".json")


def facts_beside(recording: Path) -> Facts:
    """From a file of facts beside a recording; nothing where there is none.

    Raises:
        WorkListError: it cannot be read.
    """
    for path in places_beside(recording):
        if _is_there(path):
            try:
                metadata = parse_json(read_text(path))
                return _facts({key: value for key, value in metadata.items() if key != "file"}, path)
            except (OSError, ValueError, AttributeError) as error:
                raise WorkListError(f"cannot read {path.name}: {error}", remedy="Mend it or move it away.") from error
    return {}


def _is_there(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:  # with its ending the name is too long
        return False


def _facts(metadata: Mapping[Any, Any], path: Path) -> Facts:
    unknown = [str(key) for key in metadata if key not in COLUMNS]
    if unknown:
        remedy = f"Columns are file, {', '.join(COLUMNS)}."
        raise WorkListError(f"{path.name}: unknown columns {', '.join(unknown)}", remedy=remedy)
    return {key: str(value).strip() for key, value in metadata.items() if value is not None and str(value).strip()}
