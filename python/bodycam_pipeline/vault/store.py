"""Where sealed recordings lie: a folder, or an object store. One folder each, complete or not there.

```
vault.json                     format, the log's name, where it lies
recordings/ab/ID/recording.age the original, sealed to a key of its own
recordings/ab/ID/key.age       that key, wrapped to the recipients; the only file that is ever replaced or destroyed
recordings/ab/ID/facts.age     what is known of it, sealed to its own key
recordings/ab/ID.2/…           the same recording, taken in again after any of that was lost
```

``ID`` and ``ID.2`` are *places*. Nothing here changes or removes a recording; there is no such function.
"""

import io
import json
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, cast

from pyarrow import fs

from bodycam_pipeline import _native
from bodycam_pipeline.addresses.store import READ_AHEAD_BYTES, locate_store
from bodycam_pipeline.durable import disk_errors, make_folder, publish_folder, write_atomically
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.values.address import scheme_of
from bodycam_pipeline.values.errors import ReleaseExistsError, VaultError
from bodycam_pipeline.vault.log import CustodyLog
from bodycam_pipeline.vault.memory import Memory
from bodycam_pipeline.vault.naming import vault_address
from bodycam_pipeline.vault.note import Verifier
from bodycam_pipeline.vault.place import id_at

RECORDING, KEY, FACTS = "recording.age", "key.age", "facts.age"
PARTS = (KEY, FACTS, RECORDING)
"""In the order in which a store takes them: a recording counts as there once its last part is."""

_SMALL_BYTES = 16 << 20
"""More than any part but the recording itself; what is longer is cut, and then not what was sealed."""

_COPY_BYTES = 8 << 20


class Vault:
    """A vault at an address; every access goes through it."""

    def __init__(self, address: str) -> None:
        self.address = vault_address(address)
        self.folder = None if scheme_of(self.address) else Path(self.address)
        self._system, self._root = (fs.LocalFileSystem(), self.address) if self.folder else locate_store(self.address)

    def __reduce__(self) -> tuple[object, ...]:
        return (Vault, (self.address,))

    @cached_property
    def described(self) -> dict[str, Any]:
        """What ``vault.json`` says.

        Raises:
            VaultError: there is no vault here, or one of a later version.
        """
        try:
            with self._system.open_input_file(f"{self._root}/vault.json") as file:
                described: dict[str, Any] = parse_json(file.read(_SMALL_BYTES))
        except (OSError, ValueError) as error:
            raise VaultError(
                f"there is no vault at {self.address}", remedy="`bodycam vault create` makes one; check the address."
            ) from error
        if described.get("format") != 1:
            raise VaultError("the vault is of a later version", remedy="Install the version that wrote it.")
        return described

    def describe(self, log: Path, origin: str) -> None:
        """Write ``vault.json``: from here on there is a vault.

        Raises:
            VaultError: there is one already.
            StorageError: the disk refused.
        """
        if self._system.get_file_info(f"{self._root}/vault.json").type != fs.FileType.NotFound:
            raise VaultError(f"there is a vault at {self.address}", remedy="Use it, or name another address.")
        inside = self.folder is not None and log == self.folder / "log"
        content = json.dumps({"format": 1, "origin": origin, "log": "log" if inside else str(log)}, indent=2).encode()
        if self.folder:
            make_folder(self.folder / "recordings")
            write_atomically(self.folder / "vault.json", content)
        else:
            self._put("vault.json", content)

    def log(self, verifier: Verifier, memory: Memory | None = None) -> CustodyLog:
        """The vault's custody log, under the key that the reader trusts, and with what its machine remembers."""
        return CustodyLog(Path(self.folder or "/") / self.described["log"], verifier, memory)

    def ids(self) -> Iterator[str]:
        """Every recording, in order of its name."""
        yield from dict.fromkeys(id_at(place) for place, parts in self.contents() if RECORDING in parts)

    def contents(self) -> Iterator[tuple[str, set[str]]]:
        """Every place of a recording, with the names of what is in it."""
        for prefix in self._below("recordings"):
            for place in self._below(f"recordings/{prefix}"):
                yield place, set(self._below(f"recordings/{prefix}/{place}"))

    def strangers(self) -> list[str]:
        """What lies beside the recordings and does not belong to a vault."""
        known = {"vault.json", "recordings", "log", "staging"}
        return [name for name in self._below("") if name not in known]

    def has(self, place: str, part: str = RECORDING) -> bool:
        """Whether a part of a recording is there."""
        return bool(self._system.get_file_info(self._path(place, part)).is_file)

    def size(self, place: str) -> int | None:
        """Bytes of the sealed recording; None where it is not there."""
        info = self._system.get_file_info(self._path(place, RECORDING))
        return info.size if info.is_file else None

    def read(self, place: str, part: str) -> bytes:
        """A small part.

        Raises:
            OSError: not there.
        """
        with self._system.open_input_file(self._path(place, part)) as file:
            return bytes(file.read(_SMALL_BYTES))

    def source(self, place: str) -> str | BinaryIO:
        """The sealed recording, as `_native` takes it: a path, or a file of the store.

        Raises:
            OSError: not there.
        """
        path = self._path(place, RECORDING)
        if self.folder:
            return path
        return cast("BinaryIO", io.BufferedReader(self._system.open_input_file(path), READ_AHEAD_BYTES))

    def digest(self, place: str) -> tuple[bytes, int]:
        """BLAKE3 and size of the sealed recording as it lies there.

        Raises:
            OSError: it cannot be read.
        """
        return _native.blake3_file(self.source(place))

    def add(self, place: str, staged: Path) -> bool:
        """Put a staged recording in its place, whole, in a step that replaces nothing; False where something is there.

        Raises:
            StorageError: the disk or the store refused.
        """
        if any(self.has(place, part) for part in PARTS):
            return False
        if self.folder:
            return self._publish(staged, Path(self._path(place, "")))
        for part in PARTS:
            with disk_errors(staged / part), (staged / part).open("rb") as file:
                self._put(self._name(place, part), file)
        return True

    def replace_key(self, place: str, wrapped: bytes) -> None:
        """Wrap a recording's key to others.

        Raises:
            StorageError: the disk refused; the old one stays.
        """
        if self.folder:
            write_atomically(Path(self._path(place, KEY)), wrapped)
        else:
            self._put(self._name(place, KEY), wrapped)

    def destroy_key(self, place: str) -> None:
        """Destroy the only thing that opens a recording. The log must hold the order to do so before.

        Raises:
            StorageError: the disk refused.
        """
        path = self._path(place, KEY)
        with disk_errors(Path(path)):
            if self.folder:
                Path(path).unlink(missing_ok=True)
                descriptor = os.open(Path(path).parent, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
            elif self.has(place, KEY):
                self._system.delete_file(path)

    def staging(self) -> Path | None:
        """Where recordings are sealed before they are put in place; None for a store, which has no such place."""
        return self.folder / "staging" if self.folder else None

    @staticmethod
    def _publish(staged: Path, final: Path) -> bool:
        make_folder(final.parent)
        try:
            publish_folder(staged, final)
        except ReleaseExistsError:
            return False
        return True

    def _put(self, name: str, content: bytes | BinaryIO) -> None:
        with disk_errors(Path(name)), self._system.open_output_stream(f"{self._root}/{name}") as file:
            if isinstance(content, bytes):
                file.write(content)
                return
            while block := content.read(_COPY_BYTES):
                file.write(block)

    def _below(self, name: str) -> list[str]:
        selector = fs.FileSelector(f"{self._root}/{name}".rstrip("/"), allow_not_found=True)
        return sorted(info.base_name for info in self._system.get_file_info(selector))

    @staticmethod
    def _name(place: str, part: str) -> str:
        return f"recordings/{place[:2]}/{place}/{part}"

    def _path(self, place: str, part: str) -> str:
        return f"{self._root}/{self._name(place, part)}"
