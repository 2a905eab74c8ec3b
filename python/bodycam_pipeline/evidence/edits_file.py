"""``edits.toml``: a person's decisions about one recording."""

from pathlib import Path

from bodycam_pipeline.evidence.toml_file import read_toml
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError


def read_edits(path: Path) -> Edits:
    """Read a person's decisions.

    Raises:
        EditsError: not there, or not as `bodycam_pipeline.values.edits` shows it; with file, line and key.
    """
    return read_toml(path, Edits, EditsError)
