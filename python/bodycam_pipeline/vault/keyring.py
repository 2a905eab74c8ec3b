"""The private folder of one machine: what it may do with a vault follows from the files in it.

```
recipients.txt    age1… lines: to whom new recordings are sealed            whoever ingests or rotates
id.key            32 random bytes in hex: recordings are named under it     whoever ingests
log.pem           signs the custody log (Ed25519)                           whoever adds to it
log.vkey          checks it                                                 everybody
identity.txt      AGE-SECRET-KEY-1… lines: opens recordings                 the nightly job, a custodian
people/*.pub.pem  whose consent a destruction needs (Ed25519)               whoever destroys
seen-*.checkpoint the newest state of the log that this machine has seen    written by everybody who may
```

Workers find it through the environment variable `BODYCAM_KEYS`. Nothing of it is ever in a task, the log or a report.
"""

import hashlib
import hmac
import os
import re
import resource
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.memory import Memory
from bodycam_pipeline.vault.note import Verifier

VARIABLE = "BODYCAM_KEYS"
_OTHERS = 0o077
_ID_KEY = re.compile(r"[0-9a-f]{64}\n?")
_RECIPIENT = re.compile(r"age1[0-9a-z]{58}")
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")
_WHOLE_LINE = "Copy the line that `bodycam vault keys new` printed, whole."


@dataclass(frozen=True)
class Keyring:
    """A folder of keys; each is read when it is needed and kept by nobody."""

    folder: Path

    def recipients(self) -> list[str]:
        """The public keys to which new recordings are sealed.

        Raises:
            VaultError: the file is missing or empty, or a line of it is no recipient.
        """
        found = _lines(self._text("recipients.txt", secret=False))
        if not found:
            raise VaultError("recipients.txt names nobody", remedy="Write an age1… line each; see docs/vault.md.")
        if not all(map(_RECIPIENT.fullmatch, found)):
            raise VaultError("a line of recipients.txt is no recipient", remedy=_WHOLE_LINE)
        return found

    def wrap(self, key: _native.ObjectKey) -> bytes:
        """A recording's key as a file that each recipient can open alone.

        Raises:
            VaultError: as `recipients`.
        """
        try:
            return key.wrap(self.recipients())
        except ValueError as error:  # a typing error within a line
            raise VaultError(f"a line of recipients.txt is {error}", remedy=_WHOLE_LINE) from error

    def identities(self) -> str:
        """The text that opens recordings.

        Raises:
            VaultError: missing, open to others, or not whole.
        """
        text = self._text("identity.txt")
        lines = _lines(text)
        if not lines or not all(map(_IDENTITY.fullmatch, lines)):
            remedy = (
                "Restore it from a copy; `bodycam vault keys new` makes a new one, which opens nothing sealed before."
            )
            raise VaultError("identity.txt is not whole: its lines are AGE-SECRET-KEY-1…", remedy=remedy)
        return text

    def verifier(self) -> Verifier:
        """What checks the custody log.

        Raises:
            VaultError: missing or no such key.
        """
        return Verifier.parse(self._text("log.vkey", secret=False))

    def memory(self) -> Memory:
        """What this machine remembers of the custody log.

        Raises:
            VaultError: as `verifier`.
        """
        return Memory.of(self.folder, self.verifier())

    def id_of(self, sha256: bytes) -> str:
        """The name of a recording: whoever has not the key cannot tell from it whether a known recording is here.

        Raises:
            VaultError: the key is missing, open to others, or not whole.
        """
        text = self._text("id.key")
        if not _ID_KEY.fullmatch(text):
            raise VaultError("id.key is not 64 digits in hex", remedy="Restore it from the agency's copy.")
        return hmac.new(bytes.fromhex(text), sha256, hashlib.sha256).hexdigest()

    def path(self, name: str) -> Path:
        """Where a key lies."""
        return self.folder / name

    def _text(self, name: str, *, secret: bool = True) -> str:
        path = self.path(name)
        try:
            if secret and path.stat().st_mode & _OTHERS:
                raise VaultError(f"others than its owner can read {path}", remedy=f"Run: chmod 600 {path}")
            return path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise VaultError(
                f"this machine has no {name} ({getattr(error, 'strerror', error)})",
                remedy="docs/vault.md says which keys a machine needs, and which it must not have.",
            ) from error


def _lines(text: str) -> list[str]:
    """What a file of keys says, without blanks and comments."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def keyring(folder: Path | None = None) -> Keyring:
    """The folder that was named, or the one that the environment names.

    Raises:
        VaultError: neither did.
    """
    named = folder or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        raise VaultError(
            "no folder of keys is named",
            remedy=f"Set {VARIABLE} to the private folder that `bodycam vault create` filled, on every node.",
        )
    _leave_no_core()
    return Keyring(named)


def _leave_no_core() -> None:
    """A process that handles keys leaves no picture of its memory behind when it crashes.

    One byte, not none: Linux hands a core to a piped handler whatever the limit is, save exactly one (core(5)).
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (1 if most == resource.RLIM_INFINITY else min(1, most), most))
