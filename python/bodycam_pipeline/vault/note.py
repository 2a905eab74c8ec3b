"""Signed checkpoints: C2SP ``tlog-checkpoint`` in a ``signed-note``, as the standard transparency-log tools read it.

```
police.example/custody          the log's name
17                              entries
qINS1GRFhWHwdkUeqLEoP4yEMkTB…   root, base64

— police.example/custody Az3grl…
```
"""

import base64
import hashlib
from binascii import Error as NotBase64
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bodycam_pipeline.values.errors import CustodyLogError

_ED25519 = b"\x01"
_DASH = "\u2014"
_REMEDY = "Do not rely on this log: compare it with the checkpoint that the witness keeps."


@dataclass(frozen=True)
class Checkpoint:
    """What the log says about itself at one moment.

    Attributes:
        origin: The log's name.
        size: Entries.
        root: RFC 6962 root over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """A log's name and public key: one line that people hand to one another (``NAME+ID+KEY``, a note's "vkey")."""

    name: str
    key: Ed25519PublicKey

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key.public_bytes_raw()).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.key.public_bytes_raw()).decode()}"

    @classmethod
    def parse(cls, line: str) -> "Verifier":
        """Read such a line.

        Raises:
            CustodyLogError: it is none.
        """
        try:
            name, key_id, encoded = line.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            verifier = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]))
            if raw[:1] != _ED25519 or verifier.key_id.hex() != key_id:
                raise ValueError
        except (ValueError, NotBase64) as error:
            remedy = "It is one line, NAME+ID+KEY, as `bodycam vault create` wrote it to log.vkey."
            raise CustodyLogError("not the verification key of a log", remedy=remedy) from error
        return verifier


def sign_note(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> bytes:
    """The signed note over a checkpoint."""
    verifier = Verifier(checkpoint.origin, key.public_key())
    signature = base64.b64encode(verifier.key_id + key.sign(checkpoint.text.encode())).decode()
    return f"{checkpoint.text}\n{_DASH} {verifier.name} {signature}\n".encode()


def verify_note(note: bytes, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note, if the log's own key signed it; other signatures beside it do no harm.

    Raises:
        CustodyLogError: not such a note, another log's, or not signed by this key.
    """
    checkpoint, signatures = _parts(note)
    if checkpoint.origin != verifier.name:
        raise CustodyLogError(f"the checkpoint is of another log ({checkpoint.origin})", remedy=_REMEDY)
    for name, signature in signatures:
        if name == verifier.name and signature[:4] == verifier.key_id:
            try:
                verifier.key.verify(signature[4:], checkpoint.text.encode())
            except InvalidSignature:
                continue
            return checkpoint
    raise CustodyLogError("the checkpoint is not signed by the log's key", remedy=_REMEDY)


def _parts(note: bytes) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    try:
        text, _, signed = note.decode().partition("\n\n")
        origin, size, root, *_ = text.split("\n")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
        if checkpoint.text != f"{text}\n" or not signed.endswith("\n"):
            raise ValueError
        signatures = [_signature(line) for line in signed.splitlines()]
    except (ValueError, NotBase64) as error:
        raise CustodyLogError("the checkpoint is not a signed note", remedy=_REMEDY) from error
    return checkpoint, signatures


def _signature(line: str) -> tuple[str, bytes]:
    dash, name, encoded = line.split(" ")
    signature = base64.b64decode(encoded, validate=True)
    if dash != _DASH or base64.b64encode(signature).decode() != encoded:  # one way to write it, and no other
        raise ValueError
    return name, signature
