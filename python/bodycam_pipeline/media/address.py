"""A recording is opened by address, and what comes back can be read and sought in; FFmpeg never opens a path itself."""

from pathlib import Path
from typing import BinaryIO

from bodycam_pipeline.values.errors import Place, UnreadableRecordingError


def open_recording(address: str) -> BinaryIO:
    """Open a recording for reading: ``read``, ``seek``, ``tell``, ``close``. An address is a path today.

    Raises:
        UnreadableRecordingError: nothing is there, or it may not be read.
    """
    try:
        return Path(address).open("rb")
    except OSError as error:
        raise UnreadableRecordingError(
            f"cannot open the recording: {error.strerror or error}",
            remedy="Check the path and the permission to read it.",
            where=place(address),
        ) from error


def place(address: str) -> Place:
    """Where an error about this recording happened: its name, without the folders it lies in."""
    return Place(recording=Path(address).name)
