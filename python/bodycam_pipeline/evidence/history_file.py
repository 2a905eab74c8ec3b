"""``history.jsonl``: entries of which each names the one before by its SHA-256, and a head that names the last.

An entry that is edited, moved or taken out breaks the chain, and one that is cut off the end is missed by the head.
Whoever can write both files can write another history: the custody log, or a copy of the head kept elsewhere, shows it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bodycam_pipeline.durable import disk_errors, write_atomically
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.values.errors import HistoryError
from bodycam_pipeline.values.event import Event

HISTORY, HEAD = "history.jsonl", "history.head"
_NONE = "0" * 64


def append_event(folder: Path, event: Event) -> None:
    """Add an entry; it is on the disk when this returns.

    Who adds holds the history (`held`) from before it is read to decide whether this may be added.

    Raises:
        HistoryError: what is there was changed: nothing is added to it.
        StorageError: the disk refused.
    """
    lines = _lines(folder)
    line = json.dumps({"previous": _sha256(lines[-1]) if lines else _NONE} | asdict(event), ensure_ascii=False)
    write_atomically(folder / HISTORY, "".join(f"{entry}\n" for entry in [*lines, line]).encode())
    head = {"entries": len(lines) + 1, "sha256": _sha256(line)}
    write_atomically(folder / HEAD, f"{json.dumps(head)}\n".encode())


def read_events(folder: Path) -> tuple[Event, ...]:
    """Every entry, the oldest first.

    Raises:
        HistoryError: an entry was edited, moved, taken out or cut off.
    """
    return tuple(event for _, event in read_chain(folder))


def read_chain(folder: Path) -> tuple[tuple[str, Event], ...]:
    """Every entry with its SHA-256, which stands for all entries up to it.

    Raises:
        HistoryError: as `read_events`.
    """
    return tuple((_sha256(line), _event(line, folder)) for line in _lines(folder))


def _lines(folder: Path) -> list[str]:
    """The entries as they stand in the file, once the chain and the head were found right."""
    try:
        text = (folder / HISTORY).read_text(encoding="utf-8") if (folder / HISTORY).exists() else ""
    except (OSError, ValueError) as error:
        raise _changed(folder, "it cannot be read") from error
    lines = text.split("\n")[:-1]
    previous = _NONE
    for number, line in enumerate(lines):
        if _json(line).get("previous") != previous:
            raise _changed(folder, f"the entry before number {number + 1} is not the one that it was written after")
        previous = _sha256(line)
    if text and not text.endswith("\n"):
        raise _changed(folder, "its last entry is cut")
    _check_head(folder, lines)
    return lines


def _check_head(folder: Path, lines: list[str]) -> None:
    """The head is written after the entry: between the two a machine may stop, and the head be one behind."""
    head = _json((folder / HEAD).read_text()) if (folder / HEAD).exists() else {"entries": 0, "sha256": _NONE}
    entries = head.get("entries")
    if not isinstance(entries, int) or entries not in {len(lines), len(lines) - 1}:
        raise _changed(folder, f"it has {len(lines)} entries where {entries} were written")
    named = _sha256(lines[entries - 1]) if entries else _NONE
    if named != head.get("sha256"):
        raise _changed(folder, "its last entry is not the one that was written")


def _event(line: str, folder: Path) -> Event:
    value = _json(line)
    value.pop("previous", None)
    try:
        return Event(**value)
    except TypeError as error:
        raise _changed(folder, "an entry holds what no entry holds") from error


def _json(text: str) -> dict[str, Any]:
    try:
        value = parse_json(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _sha256(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


def _changed(folder: Path, how: str) -> HistoryError:
    return HistoryError(
        f"{folder / HISTORY} was changed after it was written: {how}",
        remedy="Restore it and history.head from a backup; until then nothing is added and nothing is released.",
    )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """One writer at a time, in turn; the lock is the kernel's and dies with its holder.

    Raises:
        StorageError: the disk refused.
    """
    with disk_errors(folder):
        descriptor = os.open(folder / ".history.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
