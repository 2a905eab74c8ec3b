"""The job's secret, and files that a later run believes instead of working again: each has a MAC (decision 0015).

The secret is 32 random bytes in the job's internal folder, for its owner alone. A task names its file, which a worker
on any node reads where it reads and writes everything else: the secret is in no task, and what leaves the job of it is
noise. Whoever can write to the folders, and cannot read the secret, changes nothing that is believed.
"""

import hmac
import secrets
from pathlib import Path

from bodycam_pipeline.durable import make_folder, write_atomically, write_private
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.values.errors import KeyFileError

SECRET = "commitment.secret"  # noqa: S105 - the name of the file, not what is in it
SECRET_BYTES = 32
MOST_KEPT_BYTES = 1 << 30
"""Size limit of one: what is kept of a day of footage has a tenth of it."""

_BEGIN = b"bodycam kept 1\n"
_MAC_BYTES = 32
_OTHERS = 0o077


def secret_path(internal: Path) -> Path:
    """Where the secret of a job lies."""
    return internal / SECRET


def make_secret(internal: Path) -> None:
    """Draw a job's secret, once: one that is there stays. Nobody else may be at work in the folder.

    Raises:
        StorageError: the disk refused.
    """
    make_folder(internal)
    if not secret_path(internal).exists():
        write_private(secret_path(internal), secrets.token_bytes(SECRET_BYTES))


def read_secret(path: Path) -> bytes:
    """A job's secret.

    Raises:
        KeyFileError: not there, not whole, or open to others.
    """
    remedy = "Restore it from a backup, or do the job again in another folder."
    try:
        secret, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise KeyFileError(f"cannot read the job's secret {path}: {error.strerror}", remedy=remedy) from error
    if len(secret) != SECRET_BYTES:
        raise KeyFileError(f"{path} is not the job's secret: it has {len(secret)} bytes", remedy=remedy)
    if mode & _OTHERS:
        raise KeyFileError(f"others than its owner can read {path}", remedy=f"Run: chmod 600 {path}")
    return secret


def key_digest(secret: bytes, use: str, content: bytes) -> bytes:
    """What stands for some content where others see it: bound to it, and noise to whoever has not the secret.

    Args:
        secret: The job's.
        use: For what; the same content is another thing in another use.
        content: What it stands for.
    """
    return hmac.digest(hmac.digest(secret, f"bodycam-pipeline: {use}".encode(), "sha256"), content, "sha256")


def write_kept(path: Path, content: bytes, secret: Path) -> None:
    """Write a file that `read_kept` believes at this place, and at no other.

    Args:
        path: Where; its folder is made.
        content: What a later run reads.
        secret: The file of the job's secret.

    Raises:
        KeyFileError: the secret cannot be read.
        StorageError: the disk refused.
    """
    mac = _mac(path, content, secret)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, _BEGIN + mac + content)


def read_kept(path: Path, secret: Path) -> bytes | None:
    """What `write_kept` left at a path; None where there is nothing, or anything but exactly that.

    A box leaves such files, so it is a regular one, and its size has a limit.

    Raises:
        KeyFileError: the secret cannot be read.
    """
    try:
        whole = read_bytes(path, MOST_KEPT_BYTES)
    except OSError:
        return None
    mac, content = whole[len(_BEGIN) :][:_MAC_BYTES], whole[len(_BEGIN) + _MAC_BYTES :]
    right = whole.startswith(_BEGIN) and hmac.compare_digest(mac, _mac(path, content, secret))
    return content if right else None


def _mac(path: Path, content: bytes, secret: Path) -> bytes:
    """Over the names of the file and of its folder as well: another segment, or another model, saw something else."""
    place = "/".join(path.absolute().parts[-2:]).encode()
    return key_digest(read_secret(secret), "kept files", len(place).to_bytes(4, "big") + place + content)
