"""One segment's candidates as a file: written once, read by every later run of the same job, under its secret."""

import hashlib
import io
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.kept import read_kept, write_kept
from bodycam_pipeline.values.candidates import CANDIDATE, FRAME, POINT, Candidates, SegmentCandidates

MOST_UNPACKED_BYTES = 1 << 30
"""Size limit of one segment's candidates in memory; those of an hour have a hundredth of it."""

_NONE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    MemoryError,
    BadZipFile,
    zlib.error,
)
"""What NumPy and zip say of what is no archive of arrays."""

_TABLES = {"frames": FRAME, "candidates": CANDIDATE, "points": POINT, "scores": np.dtype(np.float32)}


def write_candidates(found: SegmentCandidates, path: Path, secret: Path) -> None:
    """Write one segment's candidates; the file is there whole or not at all.

    Args:
        found: What was found.
        path: Where.
        secret: The file of the job's secret.

    Raises:
        KeyFileError: the secret cannot be read.
        StorageError: the disk refused.
    """
    facts = {"segment": found.segment, "parts": [_facts(part) for part in found.parts]}
    tables = {f"{name}{n}": getattr(part, name) for n, part in enumerate(found.parts) for name in _TABLES}
    sink = io.BytesIO()
    np.savez_compressed(sink, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **tables)
    write_kept(path, sink.getvalue(), secret)


def read_candidates(path: Path, secret: Path) -> SegmentCandidates | None:
    """What `write_candidates` left at a path; None where there is nothing, or anything but exactly that.

    A candidate that went missing on the disk, or that somebody took out, would be a face that nobody hides; one that
    somebody put in would hide what no network saw. What changed is looked at again, and what an earlier version
    wrote in other columns.

    Raises:
        KeyFileError: the secret cannot be read.
    """
    content = read_kept(path, secret)
    try:
        return None if content is None else _unpacked(content)
    except _NONE:
        return None


def _unpacked(content: bytes) -> SegmentCandidates:
    """A box wrote it, which may have been taken over: what gets as long as it says itself has a limit.

    Raises:
        ValueError, or another of `_NONE`: no candidates.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        if sum(each.file_size for each in archive.zip.infolist()) > MOST_UNPACKED_BYTES:
            raise ValueError("longer than any")
        tables = dict(archive)
    facts = parse_json(tables["facts"].tobytes())
    if any(tables[f"{name}{n}"].dtype != _TABLES[name] for n in range(len(facts["parts"])) for name in _TABLES):
        raise ValueError("other columns")
    return SegmentCandidates(facts["segment"], tuple(_part(each, n, tables) for n, each in enumerate(facts["parts"])))


def candidates_sha256(seen: Iterable[SegmentCandidates]) -> str:
    """Digest of everything that was found in some segments, in their order."""
    hasher = hashlib.sha256()
    for found in seen:
        for part in found.parts:
            sizes = [len(getattr(part, name)) for name in _TABLES]
            hasher.update(json.dumps([found.segment, _facts(part), *sizes]).encode())
            for name in _TABLES:
                hasher.update(getattr(part, name).tobytes())
    return hasher.hexdigest()


def _facts(part: Candidates) -> dict[str, Any]:
    return {"finest": part.finest, "border_pts": part.border_pts, "undecodable_pts": part.undecodable_pts}


def _part(facts: dict[str, Any], number: int, tables: dict[str, NDArray[Any]]) -> Candidates:
    frames, candidates, points, scores = (tables[f"{name}{number}"] for name in _TABLES)
    undecodable = tuple(facts["undecodable_pts"])
    return Candidates(frames, candidates, points, scores, facts["finest"], facts["border_pts"], undecodable)
