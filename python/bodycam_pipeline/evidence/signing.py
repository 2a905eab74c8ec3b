"""Signed texts: DSSE envelopes (github.com/secure-systems-lab/dsse, version 1.0.2) with one Ed25519 signature.

An envelope has one spelling: the same values are always the same bytes, and any other bytes are refused, so that not
a space of it can be changed.
"""

import base64
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bodycam_pipeline.evidence.keys import fingerprint
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.values.errors import SignatureError

IN_TOTO = "application/vnd.in-toto+json"
_REMEDY = "Do not rely on it: ask whoever signed it for the original."


def sign_statement(payload: bytes, payload_type: str, key: Ed25519PrivateKey) -> bytes:
    """The envelope of a text; Ed25519 has no randomness, so that the same text and key give the same bytes."""
    signature = key.sign(pre_authentication(payload_type, payload))
    return _envelope(payload, payload_type, fingerprint(key.public_key()), signature)


def open_envelope(envelope: bytes, payload_type: str, key: Ed25519PublicKey) -> bytes:
    """The text in an envelope, if this key signed it.

    Raises:
        SignatureError: another key, another text, another type, or an envelope in another spelling.
    """
    try:
        parsed = parse_json(envelope)
        (signed,) = parsed["signatures"]
        payload = base64.b64decode(parsed["payload"], validate=True)
        signature = base64.b64decode(signed["sig"], validate=True)
        spelled = _envelope(payload, payload_type, fingerprint(key), signature)
    except (ValueError, KeyError, TypeError) as error:  # a binascii.Error is a ValueError
        raise SignatureError("not a signed statement", remedy=_REMEDY) from error
    if spelled != envelope:
        raise SignatureError("the signed statement is by another key, of another type or spelled oddly", remedy=_REMEDY)
    try:
        key.verify(signature, pre_authentication(payload_type, payload))
    except InvalidSignature as error:
        raise SignatureError("the statement's signature is not right", remedy=_REMEDY) from error
    return payload


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _envelope(payload: bytes, payload_type: str, keyid: str, signature: bytes) -> bytes:
    value = {
        "payloadType": payload_type,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": keyid, "sig": base64.b64encode(signature).decode()}],
    }
    return f"{json.dumps(value, indent=1)}\n".encode()
