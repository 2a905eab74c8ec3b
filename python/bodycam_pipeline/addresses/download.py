"""Files fetched by address: gone on with where they broke off, and named only when they are what was promised."""

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from bodycam_pipeline.durable import disk_errors, durable_file, make_folder
from bodycam_pipeline.foreign import open_regular
from bodycam_pipeline.values.errors import FetchError

SCHEMES = ("http", "https", "file")
TIMEOUT_S = 30
_CHUNK = 1 << 20
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

_AGAIN = "Run the same command again: it goes on where this one ended."


@dataclass(frozen=True)
class Promise:
    """What a download has to be.

    Attributes:
        address: http, https or file.
        sha256: Of the file, hex.
        max_bytes: Larger is refused, whatever its digest.
    """

    address: str
    sha256: str
    max_bytes: int


@dataclass(frozen=True)
class _Answer:
    """An open body, and the byte of the file that it begins with."""

    body: BinaryIO
    start: int
    size: int | None


def download(promise: Promise, path: Path) -> bool:
    """Fetch a file to a path, where it appears whole and verified, or not at all.

    What came before an interruption is kept beside the path and gone on with. A file that is there already and is what
    was promised is left alone.

    Returns:
        Whether anything was fetched.

    Raises:
        FetchError: no such scheme, no answer, an answer that broke off or is too large, another digest, or another file
            at that path.
        StorageError: the disk refused.
    """
    _refuse_odd(promise.address)
    if path.exists():
        if _sha256(path) == promise.sha256:
            return False
        raise FetchError(f"{path} is there already and is another file", remedy="Nothing was replaced: move it away.")
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{promise.sha256[:16]}.part")
    with disk_errors(path):
        _fetch(promise, part)
        _name(promise, part, path)
    return True


def _refuse_odd(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in SCHEMES:
        raise FetchError(f"'{address}' is no {', '.join(SCHEMES)} address", remedy="Give the address of the file.")
    if "@" in parts.netloc:
        raise FetchError("the address holds a name or a password", remedy="Fetch such a file by hand, then add it.")


def _fetch(promise: Promise, part: Path) -> None:
    with part.open("ab") as file:
        done = file.tell()
        with _answered(promise.address, done) as answer:
            if answer is None:  # nothing is left to fetch: the digest will tell
                return
            if answer.start != done:
                file.truncate(0)
                done = 0
            _refuse_large(promise, answer.size or 0)
            _copy(promise, answer, file, done)
        os.fsync(file.fileno())


def _copy(promise: Promise, answer: _Answer, file: BinaryIO, done: int) -> None:
    while True:
        try:
            chunk = answer.body.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise FetchError(f"{promise.address} broke off after {done} bytes: {error}", remedy=_AGAIN) from error
        if not chunk:
            break
        done += len(chunk)
        _refuse_large(promise, done)
        file.write(chunk)
    if answer.size is not None and done < answer.size:
        raise FetchError(f"{promise.address} broke off after {done} of {answer.size} bytes", remedy=_AGAIN)


def _refuse_large(promise: Promise, size: int) -> None:
    if size > promise.max_bytes:
        raise FetchError(
            f"{promise.address} is larger than {promise.max_bytes} bytes", remedy="No detector is as large as that."
        )


def _name(promise: Promise, part: Path, path: Path) -> None:
    found = _sha256(part)
    if found != promise.sha256:
        part.unlink()
        raise FetchError(
            f"{promise.address} is not what was promised: its SHA-256 is {found}, not {promise.sha256}",
            remedy="Nothing was kept. Check the address and the digest with whoever publishes the file.",
        )
    with durable_file(path) as file, part.open("rb") as fetched:
        while chunk := fetched.read(_CHUNK):
            file.write(chunk)
    part.unlink()


@contextmanager
def _answered(address: str, start: int) -> Iterator[_Answer | None]:
    """The file from a byte on, or from its beginning where the other side knows no ranges; None past its end."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        with _opened(Path(unquote(parts.path)), start) as answer:
            yield answer
        return
    request = urllib.request.Request(address, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310
    try:
        reply = _opener().open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            yield None
            return
        raise FetchError(f"{address} answers {error.code} {error.reason}", remedy="Check the address.") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise FetchError(f"{address} does not answer: {reason}", remedy="Check the network, then run again.") from error
    with reply:
        yield _answer(reply)


@contextmanager
def _opened(path: Path, start: int) -> Iterator[_Answer]:
    try:
        file = open_regular(path)
    except OSError as error:
        raise FetchError(f"cannot read {path}: {error.strerror}", remedy="Check the address.") from error
    with file:
        size = file.seek(0, os.SEEK_END)
        start = min(start, size)
        file.seek(start)
        yield _Answer(file, start, size)


def _answer(reply: http.client.HTTPResponse) -> _Answer:
    ranged = _RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    length = reply.headers.get("Content-Length", "")
    start = int(ranged[1]) if reply.status == http.client.PARTIAL_CONTENT and ranged else 0
    return _Answer(reply, start, start + int(length) if length.isdigit() else None)


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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
