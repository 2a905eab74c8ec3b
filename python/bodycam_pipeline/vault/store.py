"""Where sealed recordings lie: a folder, or an object store. One folder each, complete or not there.

```
vault.json                     format, the log's name, where it lies
recordings/ab/ID/recording.age the original, sealed to a key of its own
recordings/ab/ID/key.age       that key, wrapped to the recipients; the only file that is ever replaced or destroyed
recordings/ab/ID/facts.age     what is known of it, sealed to its own key
```

Nothing here changes or removes a recording; there is no such function.
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
from bodycam_pipeline.addresses.naming import scheme_of
from bodycam_pipeline.addresses.store import READ_AHEAD_BYTES, located
from bodycam_pipeline.durable import disk_errors, make_folder, publish_folder, write_atomically
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.log import CustodyLog
from bodycam_pipeline.vault.memory import Memory
from bodycam_pipeline.vault.naming import vault_address
from bodycam_pipeline.vault.note import Verifier

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
        self._system, self._root = (fs.LocalFileSystem(), self.address) if self.folder else located(self.address)

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
        """Begin the vault.

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
        for id_, parts in self.contents():
            if RECORDING in parts:
                yield id_

    def contents(self) -> Iterator[tuple[str, set[str]]]:
        """Every folder of a recording, with the names of what is in it."""
        for prefix in self._below("recordings"):
            for id_ in self._below(f"recordings/{prefix}"):
                yield id_, set(self._below(f"recordings/{prefix}/{id_}"))

    def strangers(self) -> list[str]:
        """What lies beside the recordings and does not belong to a vault."""
        known = {"vault.json", "recordings", "log", "staging"}
        return [name for name in self._below("") if name not in known]

    def has(self, id_: str, part: str = RECORDING) -> bool:
        """Whether a part of a recording is there."""
        return bool(self._system.get_file_info(self._path(id_, part)).is_file)

    def size(self, id_: str) -> int | None:
        """Bytes of the sealed recording; None where it is not there."""
        info = self._system.get_file_info(self._path(id_, RECORDING))
        return info.size if info.is_file else None

    def read(self, id_: str, part: str) -> bytes:
        """A small part.

        Raises:
            OSError: not there.
        """
        with self._system.open_input_file(self._path(id_, part)) as file:
            return bytes(file.read(_SMALL_BYTES))

    def source(self, id_: str) -> str | BinaryIO:
        """The sealed recording, as `_native` takes it: a path, or a file of the store.

        Raises:
            OSError: not there.
        """
        path = self._path(id_, RECORDING)
        if self.folder:
            return path
        return cast("BinaryIO", io.BufferedReader(self._system.open_input_file(path), READ_AHEAD_BYTES))

    def digest(self, id_: str) -> tuple[bytes, int]:
        """BLAKE3 and size of the sealed recording as it lies there.

        Raises:
            OSError: it cannot be read.
        """
        return _native.blake3_file(self.source(id_))

    def add(self, id_: str, staged: Path) -> bool:
        """Put a staged recording in its place, whole, in a step that replaces nothing; False where it is already there.

        Raises:
            StorageError: the disk or the store refused.
        """
        if self.has(id_):
            return False
        if self.folder:
            final = Path(self._path(id_, ""))
            make_folder(final.parent)
            publish_folder(staged, final)
            return True
        for part in PARTS:
            with disk_errors(staged / part), (staged / part).open("rb") as file:
                self._put(self._name(id_, part), file)
        return True

    def replace_key(self, id_: str, wrapped: bytes) -> None:
        """Wrap a recording's key to others.

        Raises:
            StorageError: the disk refused; the old one stays.
        """
        if self.folder:
            write_atomically(Path(self._path(id_, KEY)), wrapped)
        else:
            self._put(self._name(id_, KEY), wrapped)

    def destroy_key(self, id_: str) -> None:
        """Destroy the only thing that opens a recording. The log must hold the order to do so before.

        Raises:
            StorageError: the disk refused.
        """
        path = self._path(id_, KEY)
        with disk_errors(Path(path)):
            if self.folder:
                Path(path).unlink(missing_ok=True)
                descriptor = os.open(Path(path).parent, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
            elif self.has(id_, KEY):
                self._system.delete_file(path)

    def staging(self) -> Path | None:
        """Where recordings are sealed before they are put in place; None for a store, which has no such place."""
        return self.folder / "staging" if self.folder else None

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
    def _name(id_: str, part: str) -> str:
        return f"recordings/{id_[:2]}/{id_}/{part}"

    def _path(self, id_: str, part: str) -> str:
        return f"{self._root}/{self._name(id_, part)}"
