"""A model's file as bytes, and the one that is meant; nothing here reads what they say."""

import hashlib
from pathlib import Path

from bodycam_pipeline.values.errors import MissingModelError, ModelDigestError, ModelError

MAX_BYTES = 512 * 1024 * 1024
"""A detector that runs on every frame is a few megabytes; half a gigabyte is no detector."""


def read_model(path: str | Path, sha256: str | None = None) -> tuple[bytes, str]:
    """A model's file, and its digest, taken of the very bytes that are given.

    Args:
        path: The file.
        sha256: What its digest must be.

    Raises:
        MissingModelError: no such file.
        ModelDigestError: another digest.
        ModelError: it cannot be read, or is larger than any detector.
    """
    content = _read(Path(path))
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise ModelDigestError(
            f"{path} is not the registered model: its SHA-256 is {found}, not {sha256}",
            remedy="Install the registered version again, or name the file by its path if you mean to use this one.",
        )
    return content, found


def _read(path: Path) -> bytes:
    if not path.is_file():  # a pipe or a device would never end
        raise MissingModelError(f"no model file at {path}", remedy="Check the path of the ONNX file.")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}", remedy="Check the file's permissions.") from error
    if len(content) > MAX_BYTES:
        raise ModelError(f"{path} is larger than {MAX_BYTES >> 20} MiB", remedy="Use a detector.")
    return content
