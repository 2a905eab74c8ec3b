"""Ed25519 keys as PEM files that stock OpenSSL reads: the private one for its owner's eyes only."""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from bodycam_pipeline.durable import write_atomically, write_private
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.own_folders import settings_folder
from bodycam_pipeline.values.errors import KeyFileError

_NEW = "Make one with `bodycam keys new FILE`, or name another file."


def new_key(path: Path) -> Path:
    """Make a private key at a path, and its public part beside it; returns where the public part is.

    A private key without its public part is one that a run that was cut off has made: it gets its public part.

    Raises:
        KeyFileError: both are there already, or a public part alone: a key is never replaced.
        StorageError: the disk refused.
    """
    public = public_path(path)
    if os.path.lexists(public):
        taken = path if os.path.lexists(path) else public
        raise KeyFileError(f"{taken} exists already", remedy="A key is never replaced: choose another name.")
    if not os.path.lexists(path):
        key = Ed25519PrivateKey.generate()
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_atomically(public, public_pem(read_private_key(path).public_key()))
    return public


def own_key() -> Path:
    """Where a person's own private key lies unless they say otherwise: in their own settings on this machine."""
    return settings_folder() / "person.pem"


def public_path(path: Path) -> Path:
    """Where the public part of a private key lies."""
    return path.with_name(f"{path.stem}.pub.pem")


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """A private key that only its owner can read.

    Raises:
        KeyFileError: not there, not such a key, or open to others.
    """
    pem = _read(path)
    if path.stat().st_mode & 0o077:
        raise KeyFileError(
            f"others than its owner can read {path}: whoever has it can sign in your name",
            remedy=f"If nobody has read it: chmod 600 {path}. Otherwise make a new key and withdraw this one.",
        )
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} is not a private key in PEM", remedy=_NEW) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key", remedy=_NEW)
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """A public key.

    Raises:
        KeyFileError: not there, or not such a key.
    """
    return parse_public_key(_read(path), str(path))


def parse_public_key(pem: bytes, name: str) -> Ed25519PublicKey:
    """The public key that a PEM text holds; ``name`` is what errors call it.

    Raises:
        KeyFileError: it is none, or holds anything else beside it.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{name} is not a public key in PEM", remedy=_NEW) from error
    if not isinstance(key, Ed25519PublicKey) or public_pem(key) != pem:
        raise KeyFileError(f"{name} is not an Ed25519 public key and nothing else", remedy=_NEW)
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The key as a PEM text."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key's DER form, hex: ``openssl pkey -pubin -in KEY -outform DER | sha256sum`` prints it."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise KeyFileError(f"cannot read the key {path}: {error.strerror}", remedy=_NEW) from error
