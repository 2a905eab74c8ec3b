"""SHA-256 of files and of JSON-like values."""

import hashlib
import json
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def value_sha256(value: object) -> str:
    """Hex digest of a value's canonical JSON: sorted keys, no spaces, ASCII.

    Raises:
        TypeError: the value is not JSON.
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
