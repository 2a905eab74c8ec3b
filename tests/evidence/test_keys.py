"""Signing keys and envelopes: for the owner alone, never replaced, and not a bit of a signed text can change."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.evidence.keys import fingerprint, new_key, public_pem, read_private_key, read_public_key
from bodycam_pipeline.evidence.signing import IN_TOTO, open_envelope, pre_authentication, sign_statement
from bodycam_pipeline.values.errors import KeyFileError, SignatureError


@pytest.fixture
def key(tmp_path: Path) -> Path:
    new_key(tmp_path / "agency.pem")
    return tmp_path / "agency.pem"


def test_only_the_owner_can_read_a_new_key(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    public = read_public_key(key.with_name("agency.pub.pem"))
    assert public_pem(public) == public_pem(read_private_key(key).public_key())


def test_a_key_is_never_replaced(key: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(KeyFileError, match="exists already"):
        new_key(key)
    assert key.read_bytes() == before


def test_a_key_that_others_can_read_is_refused(key: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(KeyFileError, match="others than its owner can read"):
        read_private_key(key)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    for read in (read_private_key, read_public_key):
        with pytest.raises(KeyFileError, match=r"odd\.pem"):
            read(path)
    with pytest.raises(KeyFileError, match="cannot read"):
        read_public_key(tmp_path / "absent.pem")


def test_an_envelope_gives_back_what_was_signed_and_is_always_the_same(key: Path) -> None:
    private = read_private_key(key)
    envelope = sign_statement(b'{"a": 1}', IN_TOTO, private)
    assert sign_statement(b'{"a": 1}', IN_TOTO, private) == envelope
    assert open_envelope(envelope, IN_TOTO, private.public_key()) == b'{"a": 1}'


def test_another_key_or_type_opens_nothing(key: Path, tmp_path: Path) -> None:
    envelope = sign_statement(b"text", IN_TOTO, read_private_key(key))
    new_key(tmp_path / "other.pem")
    with pytest.raises(SignatureError):
        open_envelope(envelope, IN_TOTO, read_private_key(tmp_path / "other.pem").public_key())
    with pytest.raises(SignatureError):
        open_envelope(envelope, "text/plain", read_private_key(key).public_key())


def test_no_bit_of_an_envelope_can_change(key: Path) -> None:
    private = read_private_key(key)
    envelope = sign_statement(b"a statement", IN_TOTO, private)
    rng = np.random.default_rng(0)
    for at in range(len(envelope)):
        changed = bytearray(envelope)
        changed[at] ^= 1 << int(rng.integers(8))
        with pytest.raises(SignatureError):
            open_envelope(bytes(changed), IN_TOTO, private.public_key())
    with pytest.raises(SignatureError):
        open_envelope(envelope + b"\n", IN_TOTO, private.public_key())


@pytest.mark.parametrize("odd", [b"", b"[]", b"{}", b"null", b"[" * 100_000, b'{"signatures": []}', b"\xff"])
def test_what_is_no_envelope_is_refused(key: Path, odd: bytes) -> None:
    with pytest.raises(SignatureError, match="not a signed statement"):
        open_envelope(odd, IN_TOTO, read_private_key(key).public_key())


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not there")
def test_stock_openssl_agrees(key: Path, tmp_path: Path) -> None:
    private, public = read_private_key(key), key.with_name("agency.pub.pem")
    text = pre_authentication(IN_TOTO, b"a statement")
    (tmp_path / "text").write_bytes(text)
    (tmp_path / "sig").write_bytes(private.sign(text))
    check = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin", "-in", str(tmp_path / "text")]
    done = subprocess.run([*check, "-sigfile", str(tmp_path / "sig")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(public), "-outform", "DER"], capture_output=True, check=True
    )
    summed = subprocess.run(["sha256sum"], input=der.stdout, capture_output=True, check=True)
    assert summed.stdout.split()[0].decode() == fingerprint(read_public_key(public))
