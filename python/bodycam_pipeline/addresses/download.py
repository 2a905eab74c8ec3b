"""Fetch a file by address; it gets its name only when it is what was promised."""

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.durable import disk_errors, durable_file, make_folder
from bodycam_pipeline.foreign import open_regular
from bodycam_pipeline.values.errors import FetchError

SCHEMES = ("http", "https", "file")
TIMEOUT_S = 30
_CHUNK = 1 << 20
_AGAIN = "Run the same command again."


@dataclass(frozen=True)
class ExpectedFile:
    """What a download has to be.

    Attributes:
        address: http, https or file.
        sha256: Of the file, hex.
        max_bytes: Larger is refused, whatever its digest.
    """

    address: str
    sha256: str
    max_bytes: int


def download(expected: ExpectedFile, path: Path) -> bool:
    """Fetch a file to a path, where it appears whole and verified, or not at all.

    A file that is there already and is what was promised is left alone.

    Returns:
        Whether anything was fetched.

    Raises:
        FetchError: no such scheme, no answer, an answer that broke off or is too large, another digest, or another file
            at that path.
        StorageError: the disk refused.
    """
    _refuse_odd(expected.address)
    if path.exists():
        if file_sha256(path) == expected.sha256:
            return False
        raise FetchError(f"{path} is there already and is another file", remedy="Nothing was replaced: move it away.")
    make_folder(path.parent)
    with disk_errors(path), durable_file(path) as file, _opened(expected.address) as answer:
        _copy(expected, answer, file)
    return True


def _refuse_odd(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES:
        raise FetchError(f"'{address}' is no {', '.join(SCHEMES)} address", remedy="Give the address of the file.")
    if "@" in parts.netloc:
        raise FetchError(
            "the address holds a user name or a password", remedy="Fetch such a file by hand, then add it."
        )


def _copy(expected: ExpectedFile, answer: BinaryIO, file: BinaryIO) -> None:
    """Copy what is fetched, and refuse anything but what was promised: what was written so far is thrown away then."""
    digest, done = hashlib.sha256(), 0
    while chunk := _read(expected.address, answer, done):
        done += len(chunk)
        if done > expected.max_bytes:
            raise FetchError(
                f"{expected.address} is larger than {expected.max_bytes} bytes",
                remedy="No detector is as large as that.",
            )
        digest.update(chunk)
        file.write(chunk)
    if digest.hexdigest() != expected.sha256:
        raise FetchError(
            f"{expected.address} is another file: its SHA-256 is {digest.hexdigest()}, not {expected.sha256}",
            remedy="Nothing was kept. Check the address and the digest with whoever publishes the file.",
        )


def _read(address: str, answer: BinaryIO, done: int) -> bytes:
    try:
        chunk = answer.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(f"the download of {address} broke off after {done} bytes: {error}", remedy=_AGAIN) from error
    if (
        not chunk and isinstance(answer, http.client.HTTPResponse) and answer.length
    ):  # of what the server said it would send, so much never came
        raise FetchError(f"the download of {address} broke off after {done} bytes", remedy=_AGAIN)
    return chunk


@contextmanager
def _opened(address: str) -> Iterator[BinaryIO]:
    parts = urlsplit(address)
    try:
        answer = (
            open_regular(unquote(parts.path)) if parts.scheme == "file" else _opener().open(address, None, TIMEOUT_S)
        )
    except urllib.error.HTTPError as error:
        raise FetchError(f"{address} answers {error.code} {error.reason}", remedy="Check the address.") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise FetchError(f"{address} cannot be read: {reason}", remedy="Check the address and the network.") from error
    with answer:
        yield answer


def _opener() -> urllib.request.OpenerDirector:
    """One that knows http and https only: a redirection leads nowhere else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener
