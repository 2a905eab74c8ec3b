"""Every address scheme, and who opens a recording under it: the one list. FFmpeg never opens a path itself."""

from collections.abc import Callable
from dataclasses import dataclass
from errno import EACCES, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, ENXIO, EPERM
from typing import BinaryIO

from bodycam_pipeline.addresses import store
from bodycam_pipeline.foreign import open_regular
from bodycam_pipeline.values.address import name_of, path_of, scheme_of
from bodycam_pipeline.values.errors import Place, UnreadableRecordingError
from bodycam_pipeline.vault import opening as sealed


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a scheme can do; both functions take the address.

    Attributes:
        opened: A file to read and seek in.
        size_and_time: Bytes, and when they were last written (Unix seconds); None where nobody can know.
    """

    opened: Callable[[str], BinaryIO]
    size_and_time: Callable[[str], tuple[int | None, float | None]]


def _local_size_and_time(address: str) -> tuple[int, float]:
    found = path_of(address).stat()
    return found.st_size, found.st_mtime


def _sealed_size_and_time(address: str) -> tuple[int | None, float]:
    return sealed.size(address), 0.0  # the time of the ingest stands in the log, which would have to be read for it


_LOCAL = Scheme(lambda address: open_regular(path_of(address)), _local_size_and_time)
_SEALED = Scheme(sealed.open_sealed, _sealed_size_and_time)
_STORE = Scheme(store.open_stored, store.stored_size_and_time)

_handed: dict[str, Callable[[], BinaryIO]] = {}
"""What this process was handed open: a box opens no address itself."""


def hand_over(opened: dict[str, Callable[[], BinaryIO]]) -> None:
    """From here on, open these addresses in this way."""
    _handed.update(opened)


SCHEMES = {"": _LOCAL, "file": _LOCAL, "vault": _SEALED}
"""By the scheme's first word (``vault+s3`` is a vault). Every other scheme is an object store's, or refused by it."""


_CHECK = "Check the address and the permission to read it."
_ODD = ("it is no file but a pipe, a device or a socket", "Name the recording itself.")
_WHY_NOT = {
    ENOENT: (
        "nothing is there",
        "Check the name and the folder, and that the disk or the share is connected.",
    ),
    ENOTDIR: ("nothing is there", "Check the address: a part of it that should be a folder is a file."),
    EISDIR: ("it is a folder", "Name the recordings in it, or work it off whole: `bodycam batch FOLDER --out DIR`."),
    EACCES: ("you may not read it", "Ask whoever owns it for the permission to read it."),
    EPERM: ("you may not read it", "Ask whoever owns it for the permission to read it."),
    ELOOP: ("its link leads round in a circle", "Name the recording itself."),
    ENAMETOOLONG: ("its name is too long", "Check the address."),
    EINVAL: _ODD,
    ENXIO: _ODD,
}
"""What is said of a recording that cannot be opened, and its remedy, by the number of the error."""


def open_recording(address: str) -> BinaryIO:
    """Open a recording for reading: ``read``, ``seek``, ``tell``, ``close``; errors name it, and never a credential.

    Raises:
        UnreadableRecordingError: nothing is there, it may not be read, is no regular file, or no store of that kind is
            known.
    """
    try:
        return _handed[address]() if address in _handed else _scheme(address).opened(address)
    except OSError as error:
        what, remedy = _WHY_NOT.get(error.errno or 0, (error.strerror or str(error), _CHECK))
        raise UnreadableRecordingError(
            f"cannot open the recording: {what}", remedy=remedy, where=place(address)
        ) from error


def size_and_time(address: str) -> tuple[int | None, float | None]:
    """Bytes, and when it was last written (Unix seconds); None where nothing can be known of it now."""
    try:
        return _scheme(address).size_and_time(address)
    except (OSError, UnreadableRecordingError):
        return None, None


def place(address: str) -> Place:
    """Where an error about this recording happened: its name, without the folders it lies in."""
    return Place(recording=name_of(address))


def _scheme(address: str) -> Scheme:
    return SCHEMES.get(scheme_of(address).partition("+")[0], _STORE)
