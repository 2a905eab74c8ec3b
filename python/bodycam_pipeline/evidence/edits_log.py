"""``edits.log``: every act that changed a job's decisions, one line each, only ever added to.

An act is a line, and a second line once ``edits.toml`` holds it. A machine that stops in between leaves an act without
its second line; one that stops inside a line leaves a line without its end, which nobody was told of: it is cut off.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bodycam_pipeline.durable import disk_errors, write_atomically
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.values.edit_event import EditEvent
from bodycam_pipeline.values.errors import EditsError

NAME = "edits.log"


@dataclass(frozen=True, slots=True)
class EditsLog:
    """What the log says.

    Attributes:
        events: The acts, the oldest first.
        settled: How many of them ``edits.toml`` holds.
        text_sha256: Of ``edits.toml`` as it was left then.
    """

    events: tuple[EditEvent, ...] = ()
    settled: int = 0
    text_sha256: str = ""


def read_log(path: Path) -> EditsLog:
    """Read the log; a last line without its end is cut off.

    Raises:
        EditsError: a line that nobody wrote so.
        StorageError: the disk refused.
    """
    if not path.exists():
        return EditsLog()
    with disk_errors(path):
        content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        write_atomically(path, whole, private=True)
    events, settled, text = list[EditEvent](), 0, ""
    for number, line in enumerate(whole.splitlines(), start=1):
        entry = _entry(line, path, number)
        if isinstance(entry, EditEvent):
            events.append(entry)
        else:
            settled, text = entry
    if [event.number for event in events] != list(range(1, len(events) + 1)) or settled > len(events):
        raise _not_a_log(path, len(events))
    return EditsLog(tuple(events), settled, text)


def append_event(path: Path, event: EditEvent) -> None:
    """Add an act; it is on the disk when this returns.

    Raises:
        StorageError: the disk refused.
    """
    _append(path, event.model_dump_json(exclude_defaults=True))


def append_settled(path: Path, number: int, text_sha256: str) -> None:
    """Note that ``edits.toml`` holds everything up to an act, and the digest of that file.

    Raises:
        StorageError: the disk refused.
    """
    _append(path, json.dumps({"settled": number, "sha256": text_sha256}))


def _append(path: Path, line: str) -> None:
    with disk_errors(path):
        new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _entry(line: bytes, path: Path, number: int) -> EditEvent | tuple[int, str]:
    try:
        value = parse_json(line)
        if isinstance(value, dict) and "settled" in value:
            return int(value["settled"]), str(value["sha256"])
        return EditEvent.model_validate(value)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise _not_a_log(path, number) from error


def _not_a_log(path: Path, number: int) -> EditsError:
    return EditsError(
        f"{path} was changed after it was written: line {number} is not what was written",
        remedy="Restore it from a backup, or move it away: edits.toml beside it stays, and only undo is lost.",
    )
