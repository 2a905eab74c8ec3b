"""``history.jsonl``: entries of which each names the one before by its SHA-256, and a head that vouches for each one.

The head holds a MAC of every entry under the job's secret, and one of itself. An entry that is edited, moved, taken out
or cut off the end leaves a MAC without its entry: that is refused. An entry without a MAC is one that was never
finished, because the machine stopped, or that somebody wrote with an editor: it stands there and does not count.
Whoever can read the secret can write another history: the custody log, or a copy of the head elsewhere, shows it.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bodycam_pipeline.durable import locked, write_atomically
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.kept import key_digest, read_secret, secret_path
from bodycam_pipeline.values.errors import HistoryError
from bodycam_pipeline.values.event import Event

HISTORY, HEAD = "history.jsonl", "history.head"
FORMAT = 2
_NONE = "0" * 64


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the chain.

    Attributes:
        previous: Stands for all entries before it.
        sha256: Stands for all entries up to it.
        event: What it says.
        finished: Whether the head vouches for it.
    """

    previous: str
    sha256: str
    event: Event
    finished: bool


def append_event(folder: Path, event: Event, sign: Callable[[str, Event], Event] | None = None) -> None:
    """Add an entry; it is on the disk, and vouched for, when this returns.

    Who adds holds the history (`lock_history`) from before it is read to decide whether this may be added.

    Args:
        folder: What stays inside of the job.
        event: The entry.
        sign: Gives the entry its signature; called with what stands for all entries before it, and with the entry.

    Raises:
        HistoryError: what is there was changed: nothing is added to it.
        KeyFileError: the job's secret cannot be read.
        StorageError: the disk refused.
    """
    lines, macs = _lines(folder), _head(folder)
    previous = _sha256(lines[-1]) if lines else _NONE
    event = sign(previous, event) if sign else event
    line = json.dumps({"previous": previous} | asdict(event), ensure_ascii=False)
    macs.append(_mac(folder, "history", line))
    write_atomically(folder / HISTORY, "".join(f"{entry}\n" for entry in [*lines, line]).encode())
    head = {"format": FORMAT, "entries": macs, "mac": _mac(folder, "head of the history", " ".join(macs))}
    write_atomically(folder / HEAD, f"{json.dumps(head)}\n".encode())


def read_chain(folder: Path) -> tuple[Link, ...]:
    """Every entry, the oldest first.

    Raises:
        HistoryError: an entry that was vouched for was edited, moved, taken out or cut off.
        KeyFileError: the job's secret cannot be read.
    """
    macs = set(_head(folder))
    return tuple(
        Link(str(_json(line)["previous"]), _sha256(line), _event(line, folder), _is_among(macs, folder, line))
        for line in _lines(folder)
    )


def _is_among(macs: Collection[str], folder: Path, line: str) -> bool:
    return bool(macs) and _mac(folder, "history", line) in macs


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
    _refuse_missing(folder, lines)
    return lines


def _refuse_missing(folder: Path, lines: list[str]) -> None:
    """Every MAC of the head has its entry, in this order; between the first entry and its head a machine may stop."""
    macs = _head(folder)
    if not macs and len(lines) > 1:
        raise _changed(folder, f"it has {len(lines)} entries where 0 were written")
    there = iter([_mac(folder, "history", line) for line in lines] if macs else [])
    if not all(mac in there for mac in macs):
        raise _changed(folder, "an entry is not there as it was written")


def _head(folder: Path) -> list[str]:
    if not (folder / HEAD).exists():
        return []
    head = _json((folder / HEAD).read_text())
    if head.get("format") != FORMAT:
        raise HistoryError(
            f"{folder / HEAD} is of another version, or was changed: this program reads format {FORMAT}",
            remedy="Redact the recording again into another folder; keep this one for its history.",
        )
    entries = head.get("entries")
    macs = [str(mac) for mac in entries] if isinstance(entries, list) else []
    if head.get("mac") != _mac(folder, "head of the history", " ".join(macs)):
        raise _changed(folder, "its head is not the one that was written")
    return macs


def _mac(folder: Path, use: str, text: str) -> str:
    return key_digest(read_secret(secret_path(folder)), use, text.encode()).hex()


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
def lock_history(folder: Path) -> Iterator[None]:
    """One writer at a time, in turn; the lock is the kernel's and dies with its holder.

    Raises:
        StorageError: the disk refused.
    """
    with locked(folder / ".history.lock"):
        yield
