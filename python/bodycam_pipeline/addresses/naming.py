"""What an address says by itself, without asking anyone: its scheme, and the name of the recording.

An address is a path, or a URI ``SCHEME://PLACE/PATH?OPTIONS`` whose path is percent-encoded.
"""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

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
    return Path(url2pathname(urlsplit(address).path)) if scheme_of(address) else Path(address)


def name_of(address: str) -> str:
    """What errors and reports call a recording: its file name, without the folders and the store that it lies in."""
    if is_local(address):
        return path_of(address).name
    parts = urlsplit(address)
    return unquote(PurePosixPath(parts.path).name) or parts.netloc.rpartition("@")[2]


def stem_of(address: str) -> str:
    """Its name without the suffix: what its release is called."""
    return Path(name_of(address)).stem


def absolute(address: str) -> str:
    """The same address for whoever stands in another folder; a ``file://`` URI becomes its path."""
    return str(path_of(address).absolute()) if is_local(address) else address
