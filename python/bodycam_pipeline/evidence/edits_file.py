"""``edits.toml``: a person's decisions about one recording."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bodycam_pipeline.evidence.toml_file import parse_value, read_toml
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError

_DELETE = "\x7f"
"""The one character that JSON writes as it is and TOML does not allow."""


def read_edits(path: Path) -> Edits:
    """Read a person's decisions.

    Raises:
        EditsError: not there, or not as `bodycam_pipeline.values.edits` shows it; with file, line and key.
    """
    return read_toml(path, Edits, EditsError)


def parse_edits(text: str, path: Path) -> Edits:
    """Read decisions from the text of a file.

    Raises:
        EditsError: as `read_edits`.
    """
    return parse_value(text, path, Edits, EditsError)


def edits_text(edits: Edits) -> str:
    """Write decisions as TOML that a person can read; `parse_edits` gives the same decisions back."""
    entries = [_entry(table, row) for table, rows in edits.as_tables().items() for row in rows]
    return "\n".join(entries)


def _entry(table: str, row: Mapping[str, Any]) -> str:
    return f"[[{table}]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in row.items())


def _value(value: Any) -> str:
    """A value in one line, a list of tables in one line each."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        items = [_value(each) for each in value]
        if value and isinstance(value[0], Mapping):
            return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        return f"[{', '.join(items)}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False).replace(_DELETE, "\\u007f")
