"""Signed checkpoints: the C2SP formats to the byte, and not a bit of one can change."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline.values.errors import CustodyLogError
from bodycam_pipeline.vault.note import Checkpoint, Verifier, sign_note, verify_note

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TOP = Checkpoint("police.example/custody", 17, bytes(32))
VERIFIER = Verifier(TOP.origin, KEY.public_key())


def test_the_note_is_written_as_c2sp_says() -> None:
    raw = KEY.public_key().public_bytes_raw()
    key_id = hashlib.sha256(b"police.example/custody\n\x01" + raw).digest()[:4]
    text = f"police.example/custody\n17\n{'A' * 43}=\n"
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    assert sign_note(TOP, KEY) == f"{text}\n\u2014 police.example/custody {signature}\n".encode()
    public = base64.b64encode(b"\x01" + raw).decode()
    assert str(VERIFIER) == f"police.example/custody+{key_id.hex()}+{public}"


def test_the_key_of_the_standard_tools_example_is_read() -> None:
    """The verifier of golang.org/x/mod/sumdb/note's documentation."""
    line = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert str(Verifier.parse(line)) == line
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
        "\n\u2014 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    text, _, signature = note.partition("\n\n")
    raw = base64.b64decode(signature.split(" ")[2])
    Verifier.parse(line).key.verify(raw[4:], f"{text}\n".encode())
    assert raw[:4] == Verifier.parse(line).key_id


def test_a_signed_checkpoint_is_read_and_a_second_signature_does_no_harm() -> None:
    note = sign_note(TOP, KEY)
    assert verify_note(note, VERIFIER) == TOP
    other = sign_note(TOP, Ed25519PrivateKey.generate()).decode().splitlines()[-1]
    assert verify_note(note + f"{other}\n".encode(), VERIFIER) == TOP


def test_every_flipped_bit_is_refused() -> None:
    note = sign_note(TOP, KEY)
    for bit in range(8 * len(note)):
        forged = bytearray(note)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CustodyLogError):
            verify_note(bytes(forged), VERIFIER)


@pytest.mark.parametrize("key", [Ed25519PrivateKey.generate()])
def test_another_key_and_another_log_are_refused(key: Ed25519PrivateKey) -> None:
    with pytest.raises(CustodyLogError, match="not signed by the log's key"):
        verify_note(sign_note(TOP, key), VERIFIER)
    with pytest.raises(CustodyLogError, match="another log"):
        verify_note(sign_note(Checkpoint("other.example", 17, bytes(32)), KEY), VERIFIER)


@pytest.mark.parametrize("line", ["", "a+b", f"name+00000000+{base64.b64encode(bytes(33)).decode()}", "a+zz+!!"])
def test_refuses_a_line_that_is_no_key(line: str) -> None:
    with pytest.raises(CustodyLogError):
        Verifier.parse(line)
