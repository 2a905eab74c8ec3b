"""A recording is opened by address, and what comes back can be read and sought in; FFmpeg never opens a path itself.

The seam for further schemes: `open_recording` and `size_and_time` say which opener a scheme has.
"""

from importlib import import_module
from types import ModuleType
from typing import BinaryIO, cast

from bodycam_pipeline.addresses import store
from bodycam_pipeline.foreign import open_regular
from bodycam_pipeline.values.address import is_local, name_of, path_of, scheme_of
from bodycam_pipeline.values.errors import Place, UnreadableRecordingError


def open_recording(address: str) -> BinaryIO:
    """Open a recording for reading: ``read``, ``seek``, ``tell``, ``close``; errors name it, and never a credential.

    Raises:
        UnreadableRecordingError: nothing is there, it may not be read, is no regular file, or no store of that kind is
            known.
    """
    try:
        if is_local(address):
            return open_regular(path_of(address))
        if scheme_of(address).startswith("vault"):
            return cast("BinaryIO", _sealed().opened(address))
        return store.opened(address)
    except OSError as error:
        raise UnreadableRecordingError(
            f"cannot open the recording: {error.strerror or error}",
            remedy="Check the address and the permission to read it.",
            where=place(address),
        ) from error


def size_and_time(address: str) -> tuple[int | None, float | None]:
    """Bytes, and when it was last written (Unix seconds); None where nothing can be known of it now."""
    try:
        if scheme_of(address).startswith("vault"):
            return _sealed().size(address), 0.0  # who is asked when it was ingested would have to read the log
        if not is_local(address):
            return store.size_and_time(address)
        found = path_of(address).stat()
    except (OSError, UnreadableRecordingError):
        return None, None
    return found.st_size, found.st_mtime


def _sealed() -> ModuleType:
    """Vaults know addresses; addresses know vaults only when one is named."""
    return import_module("bodycam_pipeline.vault.opening")


def place(address: str) -> Place:
    """Where an error about this recording happened: its name, without the folders it lies in."""
    return Place(recording=name_of(address))
