"""Object stores and clusters of disks, through ``pyarrow.fs``: opened by range, listed by prefix.

Who may read comes from where the store's own tools take it (environment, configuration file, the machine's role). An
address with a secret in it is refused: addresses stand in the ledger, in reports and in the list of processes.
"""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from bodycam_pipeline.values.address import name_of, scheme_of
from bodycam_pipeline.values.errors import Place, UnreadableRecordingError

SCHEMES = {"s3", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs"}

READ_AHEAD_BYTES = 4 << 20
"""One request for each: some seconds of footage, so that the way to the store is paid seldom."""

_SECRET = re.compile(r"secret|password|token|key|sig", re.IGNORECASE)
_WILD = re.compile(r"(\*\*/|\*\*|\*|\[[^\]/]+\])")
_WILDCARDS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


def open_stored(address: str) -> BinaryIO:
    """Open an object; every read asks the store for a range.

    Raises:
        UnreadableRecordingError: the address cannot be used.
        OSError: the store refused.
    """
    with _plain_errors(address):
        system, path = locate_store(address)
        return cast("BinaryIO", io.BufferedReader(system.open_input_file(path), READ_AHEAD_BYTES))


def stored_size_and_time(address: str) -> tuple[int | None, float | None]:
    """Bytes and Unix seconds of an object; None for what the store does not say.

    Raises:
        UnreadableRecordingError: the address cannot be used.
        OSError: the store refused.
    """
    with _plain_errors(address):
        system, path = locate_store(address)
        found = system.get_file_info(path)
    return (found.size, found.mtime.timestamp() if found.mtime else None) if found.is_file else (None, None)


def list_addresses(address: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """The addresses of what an address names: one object, all below a prefix, or what matches a pattern.

    Args:
        address: Its patterns have ``*``, ``**`` and ``[…]``; a question mark begins the store's options.
        wanted: Asked of every name below a prefix, relative to it.

    Raises:
        UnreadableRecordingError: the address cannot be used.
        OSError: the store refused.
    """
    base, pattern = _fixed_part(address)
    with _plain_errors(address):
        system, path = locate_store(base)
        if not pattern and system.get_file_info(path).is_file:
            yield address
            return
        selector = fs.FileSelector(path, recursive=True, allow_not_found=True)
        below = sorted(info.path[len(path) :].strip("/") for info in system.get_file_info(selector) if info.is_file)
    yield from (_join(base, name) for name in below if (re.fullmatch(pattern, name) if pattern else wanted(name)))


def locate_store(address: str) -> tuple[fs.FileSystem, str]:
    """The store of an address, and the path in it.

    Raises:
        UnreadableRecordingError: the address cannot be used.
    """
    _refuse_unusable(address)
    try:
        system, path = fs.FileSystem.from_uri(address)
    except pa.ArrowInvalid as error:
        raise _unusable(address, f"is not understood ({error})", "Percent-encode its path, and check it.") from error
    return system, path.rstrip("/")


def _refuse_unusable(address: str) -> None:
    parts = urlsplit(address)
    if scheme_of(address) not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in sorted(SCHEMES | {"file"}))
        raise _unusable(address, f"has an unknown scheme ({scheme_of(address)})", f"Known: {known}.")
    if parts.password is not None or any(_SECRET.search(option) for option, _ in parse_qsl(parts.query)):
        remedy = "Give the store's credentials through the environment or its configuration file."
        raise _unusable(address, "carries a secret", remedy)
    if parts.fragment:
        raise _unusable(address, "has a '#' in it", "Write it as %23.")


def _unusable(address: str, what: str, remedy: str) -> UnreadableRecordingError:
    return UnreadableRecordingError(f"the address {what}", remedy=remedy, where=Place(recording=name_of(address)))


@contextmanager
def _plain_errors(address: str) -> Iterator[None]:
    """Arrow's own kinds of error as one that every caller knows."""
    try:
        yield
    except pa.ArrowException as error:
        raise _unusable(address, f"cannot be used ({error})", "Check the store's options.") from error


def _fixed_part(address: str) -> tuple[str, str]:
    """The address up to its first folder with a wildcard, and the rest as a regular expression; empty without one."""
    parts = urlsplit(address)
    folders = parts.path.split("/")
    wild = next((n for n, folder in enumerate(folders) if _WILD.search(folder)), None)
    if wild is None:
        return address, ""
    pieces = _WILD.split("/".join(folders[wild:]))
    pattern = "".join(_WILDCARDS.get(p, p if p.startswith("[") else re.escape(unquote(p))) for p in pieces)
    return parts._replace(path="/".join(folders[:wild])).geturl(), pattern


def _join(base: str, name: str) -> str:
    parts = urlsplit(base)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{quote(name)}").geturl()
