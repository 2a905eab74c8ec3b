"""Signatures of people under the entries of a job's history: who may sign is in the policy that it was made under.

A person signs the entry with everything before it, the manifest of the release and the job: a signature under another
history, another release or another job is none. Who may sign (`review.reviewers`) is noted with the release, under the
job's secret, and in the custody log.
"""

import base64
import json
from dataclasses import asdict, replace
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bodycam_pipeline.evidence.history_file import Link
from bodycam_pipeline.evidence.keys import fingerprint, parse_public_key, public_pem
from bodycam_pipeline.evidence.signing import pre_authentication
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.on_record import job_mark
from bodycam_pipeline.values.errors import KeyFileError
from bodycam_pipeline.values.event import Event, What
from bodycam_pipeline.values.names import same_person

SIGNED: Final[frozenset[What]] = frozenset({"submitted", "approved"})
"""What has to be signed where approvals are asked for; a rejection only takes back, and anybody may do it."""

_TYPE = "application/vnd.bodycam.review+json"


def sign_event(job: Folders, previous: str, event: Event, key: Ed25519PrivateKey) -> Event:
    """Add a person's public key and signature to an entry that is about to be written.

    Raises:
        KeyFileError: the job's secret cannot be read.
    """
    named = replace(event, facts=event.facts | {"key": public_pem(key.public_key()).decode()})
    signature = key.sign(_signed_bytes(job, previous, named))
    return replace(named, facts=named.facts | {"signature": base64.b64encode(signature).decode()})


def why_not_signed(job: Folders, link: Link, reviewers: dict[str, str]) -> str:
    """Say why an entry does not bear the signature of the person whom it names; empty where it does.

    Raises:
        KeyFileError: the job's secret cannot be read.
    """
    event = link.event
    if "signature" not in event.facts:
        return "it is not signed"
    try:
        key = parse_public_key(event.facts.get("key", "").encode(), "the key")
        if odd := why_not_listed(key, event.by, reviewers):
            return odd
        signature = base64.b64decode(event.facts["signature"], validate=True)
        unsigned = replace(event, facts={name: fact for name, fact in event.facts.items() if name != "signature"})
        key.verify(signature, _signed_bytes(job, link.previous, unsigned))
    except (KeyFileError, InvalidSignature, ValueError, AttributeError, TypeError):
        return "its signature is not right"
    return ""


def why_not_listed(key: Ed25519PublicKey, by: str, reviewers: dict[str, str]) -> str:
    """Say why a key is not that of a person who may sign; empty where it is."""
    listed = {same_person(name): print_ for name, print_ in reviewers.items()}
    if same_person(by) not in listed:
        return f"{by} is not among review.reviewers of the policy"
    if listed[same_person(by)] != fingerprint(key):
        return f"the key is not the one that review.reviewers of the policy has for {by}"
    return ""


def _signed_bytes(job: Folders, previous: str, unsigned: Event) -> bytes:
    value = {"job": job_mark(job), "previous": previous, **asdict(unsigned)}
    return pre_authentication(_TYPE, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
