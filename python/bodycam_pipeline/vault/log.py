"""The custody log: who did what to which recording, in an RFC 6962 tree whose every state is signed.

An entry is one line of JSON: ``at`` (UTC), ``event``, ``by``, and what the event needs. Entries are only ever added.
The one file that is replaced is the checkpoint, after everything that it speaks of is on the disk.
"""

import base64
import getpass
import json
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline import _native
from bodycam_pipeline.durable import locked, make_folder, write_atomically
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.values.errors import CustodyLogError
from bodycam_pipeline.vault.growth import Frontier
from bodycam_pipeline.vault.memory import NOTE_BYTES, Memory
from bodycam_pipeline.vault.note import Checkpoint, Verifier, sign_note, verify_note
from bodycam_pipeline.vault.tiles import ENTRY_LIMIT_BYTES, HASH_BYTES, WIDTH, Tiles, bundle, tile_path, width_at

LEVELLED = timedelta(minutes=1)
"""By how much a clock may be behind the last entry and take its time; one that is further behind shows in the log."""

_ALARM = (
    "Keep both checkpoints, the log's and the older one: together they prove that it was rewritten. Tell its owner and "
    "its overseer. If a backup was restored on purpose, restore the newest."
)

LogEntry = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """That an entry is in the log: what a third party checks with the log's key and nothing else.

    Attributes:
        index: The entry's number.
        entry: Its bytes.
        path: Hashes from the leaf up.
        checkpoint: The signed note that it is proved against.
    """

    index: int
    entry: bytes
    path: tuple[bytes, ...]
    checkpoint: bytes

    def as_json(self) -> dict[str, object]:
        """For JSON; `parse` reads it."""
        return {
            "index": self.index,
            "entry": self.entry.decode(),
            "path": [base64.b64encode(node).decode() for node in self.path],
            "checkpoint": self.checkpoint.decode(),
        }

    @classmethod
    def parse(cls, fields: dict[str, Any]) -> "Proof":
        """Read what `fields` gave.

        Raises:
            CustodyLogError: it is no proof.
        """
        try:
            path = tuple(base64.b64decode(node, validate=True) for node in fields["path"])
            return cls(int(fields["index"]), fields["entry"].encode(), path, fields["checkpoint"].encode())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CustodyLogError(
                "the text is no proof of the custody log", remedy="Give what `bodycam log prove` printed."
            ) from error

    def check(self, verifier: Verifier) -> None:
        """Check it.

        Raises:
            CustodyLogError: it proves nothing.
        """
        top = verify_note(self.checkpoint, verifier)
        leaf = _native.merkle_leaf(self.entry)
        whole = self.index >= 0 and all(len(node) == HASH_BYTES for node in self.path)
        if not whole or not _native.merkle_includes(top.root, top.size, self.index, leaf, self.path):
            raise CustodyLogError(
                f"entry {self.index} is not in the log that was signed",
                remedy="The log's files were changed: restore them from a copy, and ask the witness.",
            )


class CustodyLog:
    """A log in a folder; nothing in it is believed that its key did not sign.

    With a memory of this machine's, no checkpoint is believed either that is older than one seen before, or that did
    not grow out of it.
    """

    def __init__(self, folder: Path, verifier: Verifier, memory: Memory | None = None) -> None:
        self.folder, self.verifier, self.memory = folder, verifier, memory

    def note(self) -> bytes:
        """The signed checkpoint as it stands.

        Raises:
            CustodyLogError: there is none.
        """
        try:
            return read_bytes(self.folder / "checkpoint", NOTE_BYTES)
        except OSError as error:
            raise CustodyLogError(
                f"the custody log has no checkpoint ({error.strerror})",
                remedy="Check the log's folder, or restore it from a copy. A log never begins anew.",
            ) from error

    def checkpoint(self) -> Checkpoint:
        """The checkpoint, verified.

        Raises:
            CustodyLogError: none, not signed by the log's key, or not what grew out of the one that this machine knows.
        """
        return self._top()[1]

    def _top(self) -> tuple[bytes, Checkpoint]:
        """What is remembered is read first: a log that grows meanwhile is newer than that, and never older."""
        known = self.memory.recall() if self.memory else None
        note = self.note()
        top = verify_note(note, self.verifier)
        if self.memory and top != known:
            if known is not None:
                self.refuse_other_past(known, top)
            self.memory.keep(note)
        return note, top

    def refuse_other_past(self, old: Checkpoint, new: Checkpoint) -> None:
        """Refuse a checkpoint of this log that did not grow out of an older one.

        Raises:
            CustodyLogError: entries were taken away, or others stand in their place.
        """
        if new.size < old.size:
            raise CustodyLogError(f"the log lost entries: it held {old.size} and holds {new.size}", remedy=_ALARM)
        if old.size == 0:
            return
        proof = self._consistency(old.size, new)
        if not _native.merkle_extends(old.size, old.root, new.size, new.root, proof):
            raise CustodyLogError(f"the log's first {old.size} entries are not those that it had", remedy=_ALARM)

    def grown(self, known: Frontier) -> tuple[Frontier, list[bytes]]:
        """What came after the entries that are known already, held to the signed root with them; and all as known now.

        Its cost follows what is new, whatever the log's length.

        Raises:
            CustodyLogError: the log is not what was signed, or did not grow out of what is known.
        """
        top = self.checkpoint()
        if top.size < known.size:
            raise CustodyLogError(f"the log lost entries: it held {known.size} and holds {top.size}", remedy=_ALARM)
        tiles, fresh = Tiles(self.folder, top.size), list[bytes]()
        if top.size > known.size:
            fresh = [e for n in range(known.size // WIDTH, _tiles(top.size)) for e in tiles.entries(n)]
            fresh = fresh[known.size % WIDTH :]
        now = known.grown([_native.merkle_leaf(entry) for entry in fresh])
        if now.root() != top.root:
            raise _rewritten("its entries")
        return now, fresh

    def entries(self, first: int = 0) -> Iterator[tuple[int, LogEntry]]:
        """Every entry with its number, held to the signed root before the first one is given.

        Raises:
            CustodyLogError: the log is not what was signed.
        """
        raw = self.verify_entries()
        yield from ((number, json.loads(raw[number])) for number in range(first, len(raw)))

    def verify_entries(self) -> list[bytes]:
        """Every entry's bytes; entries and tiles were compared with the signed root.

        Raises:
            CustodyLogError: the log is not what was signed.
        """
        top = self.checkpoint()
        tiles = Tiles(self.folder, top.size)
        raw = [entry for number in range(_tiles(top.size)) for entry in tiles.entries(number)]
        leaves = b"".join(map(_native.merkle_leaf, raw))
        if _native.merkle_root(leaves) != top.root:
            raise _rewritten("its entries")
        level, hashes = 0, leaves
        while hashes:
            width = WIDTH * HASH_BYTES
            parts = [hashes[at : at + width] for at in range(0, len(hashes), width)]
            if any(tiles.hashes(level, number) != part for number, part in enumerate(parts)):
                raise _rewritten("its tiles")
            hashes = b"".join(_native.merkle_root(part) for part in parts if len(part) == width)
            level += 1
        return raw

    def proof(self, index: int) -> Proof:
        """That entry ``index`` is in the log, from its tiles: the log's length hardly matters.

        Raises:
            CustodyLogError: there is no such entry, or the tiles are not what was signed.
        """
        note, top = self._top()
        if not 0 <= index < top.size:
            raise CustodyLogError(f"the log has no entry {index}: it holds {top.size}", remedy="Check the number.")
        tiles = Tiles(self.folder, top.size)
        path = tuple(tiles.root(*part) for part in _native.merkle_inclusion_ranges(index, top.size))
        proof = Proof(index, tiles.entries(index // WIDTH)[index % WIDTH], path, note)
        proof.check(self.verifier)
        return proof

    def entry(self, index: int) -> LogEntry:
        """One entry, proved.

        Raises:
            CustodyLogError: as `proof`.
        """
        found: LogEntry = json.loads(self.proof(index).entry)
        return found

    def consistency(self, old: int) -> tuple[Checkpoint, list[bytes]]:
        """The checkpoint, and the proof that the log of ``old`` entries is its beginning.

        Raises:
            CustodyLogError: it is not even as long, or tiles are missing.
        """
        top = self.checkpoint()
        if not 0 < old <= top.size:
            raise CustodyLogError(f"the log holds {top.size} entries and had {old}", remedy="Entries were taken away.")
        return top, self._consistency(old, top)

    def _consistency(self, old: int, top: Checkpoint) -> list[bytes]:
        tiles = Tiles(self.folder, top.size)
        return [tiles.root(*part) for part in _native.merkle_consistency_ranges(old, top.size)]

    @contextmanager
    def locked(self, name: str = "append") -> Iterator[None]:
        """Hold the log for one process; the lock is the kernel's and dies with its holder."""
        with locked(self.folder / f".{name}.lock"):
            yield

    def sweep(self) -> None:
        """Clear what killed writers left: unfinished files, tiles never signed, and those that became full."""
        with self.locked():
            for path in self.folder.rglob(".*.part"):
                path.unlink(missing_ok=True)
            widths = self._unfilled(self.checkpoint().size)
            for path in self.folder.glob("tile/**/*.p/*"):
                if int(path.name) > widths.get(path.parent, 0):
                    path.unlink(missing_ok=True)

    def append(self, key: Ed25519PrivateKey, *events: LogEntry) -> int:
        """Add events; returns the first one's number once all of them are on the disk and signed.

        Each gets the time, and who acts: user and machine.

        Raises:
            CustodyLogError: the log is not what was signed, or an entry is too long.
            StorageError: the disk refused; nothing was added.
        """
        with self.locked():
            top = self.checkpoint()
            return self._append(top, events, key)

    def _append(self, top: Checkpoint, events: Sequence[LogEntry], key: Ed25519PrivateKey) -> int:
        tiles, size = Tiles(self.folder, top.size), top.size + len(events)
        if tiles.root() != top.root:
            raise _rewritten("its tiles")
        last = top.size // WIDTH
        before = tiles.entries((top.size - 1) // WIDTH) if top.size else []
        now = _now(before[-1]) if before else _now()
        lines = [_line(event, now) for event in events]
        entries = (before if top.size % WIDTH else []) + lines
        for number in range(0, len(entries), WIDTH):
            self._write("entries", last + number // WIDTH, size, bundle(entries[number : number + WIDTH]))
        fresh = b"".join(map(_native.merkle_leaf, lines))
        level = 0
        while fresh:
            fresh = self._grow(tiles, level, size, fresh)
            level += 1
        grown = Checkpoint(top.origin, size, Tiles(self.folder, size).root())
        note = sign_note(grown, key)
        write_atomically(self.folder / "checkpoint", note)
        if self.memory:
            self.memory.keep(note)
        self._forget(top.size, size)
        return top.size

    def _grow(self, tiles: Tiles, level: int, size: int, fresh: bytes) -> bytes:
        """Add hashes to a level; returns those of the tiles that became whole."""
        had = tiles.size >> 8 * level
        index = had // WIDTH
        hashes = (tiles.hashes(level, index) if had % WIDTH else b"") + fresh
        whole = b""
        for at in range(0, len(hashes), WIDTH * HASH_BYTES):
            part = hashes[at : at + WIDTH * HASH_BYTES]
            self._write(level, index, size, part)
            whole += _native.merkle_root(part) if len(part) == WIDTH * HASH_BYTES else b""
            index += 1
        return whole

    def _write(self, level: int | str, index: int, size: int, content: bytes) -> None:
        width = width_at(size, 0 if isinstance(level, str) else level, index)
        path = self.folder / tile_path(level, index, width)
        make_folder(path.parent)
        write_atomically(path, content)

    def _forget(self, old: int, size: int) -> None:
        """A tile that was not full goes when the full one is there: until then a reader may hold a checkpoint of it."""
        for folder in self._unfilled(old).keys() - self._unfilled(size).keys():
            shutil.rmtree(folder, ignore_errors=True)

    def _unfilled(self, size: int) -> dict[Path, int]:
        """The tiles that are not full in a log of this size, at most one per level: their folders and widths."""
        levels: list[tuple[int | str, int]] = [("entries", 0), *((n, n) for n in range(8))]
        found = ((level, (size >> 8 * height) // WIDTH, (size >> 8 * height) % WIDTH) for level, height in levels)
        return {(self.folder / tile_path(level, index, width)).parent: width for level, index, width in found if width}


def create_log(folder: Path, origin: str, key: Ed25519PrivateKey) -> CustodyLog:
    """A new log: an empty one, signed.

    Raises:
        CustodyLogError: one is there already.
        StorageError: the disk refused.
    """
    make_folder(folder)
    if (folder / "checkpoint").exists():
        raise CustodyLogError(f"{folder} holds a log already", remedy="A log never begins anew: name another folder.")
    write_atomically(folder / "checkpoint", sign_note(Checkpoint(origin, 0, _native.merkle_root(b"")), key))
    return CustodyLog(folder, Verifier(origin, key.public_key()))


def time_of(entry: LogEntry) -> datetime:
    """When an entry says that it was written.

    Raises:
        ValueError: it does not say so.
    """
    return datetime.fromisoformat(str(entry.get("at")))


def _now(before: bytes | None = None) -> str:
    """The time for a new entry. Clocks of two machines differ by moments: such a moment does not run backwards."""
    now = datetime.now(UTC)
    if before is not None:
        with suppress(ValueError, TypeError):
            last = time_of(json.loads(before))
            now = last if now < last <= now + LEVELLED else now
    return now.isoformat(timespec="milliseconds")


def _line(event: LogEntry, now: str) -> bytes:
    whole = {"at": now, "by": f"{getpass.getuser()}@{socket.gethostname()}"} | event
    line = json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()
    if len(line) > ENTRY_LIMIT_BYTES:
        raise CustodyLogError("an entry of more than 64 KiB", remedy="Shorten the reason.")
    return line


def _tiles(size: int) -> int:
    return -(-size // WIDTH)


def _rewritten(what: str) -> CustodyLogError:
    return CustodyLogError(
        f"the custody log was rewritten: {what} are not those that were signed",
        remedy="Restore the folder from a copy, and compare it with the checkpoint that the witness keeps.",
    )
