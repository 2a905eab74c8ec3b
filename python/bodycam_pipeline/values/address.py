"""What an address says by itself, without asking anyone: its scheme, and the name of the recording.

An address is a path, or a URI ``SCHEME://PLACE/PATH?OPTIONS`` whose path is percent-encoded.
"""

import hashlib
import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

from bodycam_pipeline.values.printable import printable

_MOST_NAME_BYTES = 160
"""Size limit of a release's name: file systems take 255, and its files have endings of their own."""

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def scheme_of(address: str) -> str:
    """``s3``, ``gs``, ``file`` …; empty for a plain path."""
    found = _URI.match(address)
    return found[1].lower() if found else ""


def is_local(address: str) -> bool:
    """Whether it is a path, or a ``file://`` URI."""
    return scheme_of(address) in {"", "file"}


def path_of(address: str) -> Path:
    """The path that a local address names."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(address).path))) if scheme_of(address) else Path(address)


def name_of(address: str) -> str:
    """What errors and reports call a recording: its file name, without the folders and the store that it lies in.

    What cannot be printed in it is spelled out.
    """
    if is_local(address):
        return printable(path_of(address).name)
    parts = urlsplit(address)
    return printable(unquote(PurePosixPath(parts.path).name) or parts.netloc.rpartition("@")[2])


def stem_of(address: str) -> str:
    """Its name without the suffix: what its release is called. A long one is cut, and told apart by a digest."""
    stem = Path(name_of(address)).stem
    if len(stem.encode()) <= _MOST_NAME_BYTES:
        return stem
    return f"{stem.encode()[:_MOST_NAME_BYTES].decode(errors='ignore')}-{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


def absolute(address: str) -> str:
    """The same address for whoever stands in another folder; a ``file://`` URI becomes its path, if that is text."""
    return in_text(str(path_of(address).absolute())) if is_local(address) else address


def in_text(address: str) -> str:
    """The address as ledgers, tasks and JSON can hold it: a path that is not UTF-8 as a ``file://`` URI."""
    try:
        address.encode()
    except UnicodeEncodeError:
        return f"file://{quote(os.fsencode(Path(address).absolute()))}"
    return address
