"""People who sign: the same name has the same key in every test."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline.evidence.keys import fingerprint
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import record
from bodycam_pipeline.values.event import Event, What
from bodycam_pipeline.values.names import same_person


def key_of(name: str) -> Ed25519PrivateKey:
    """The key of a person, however the name is spelt."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(same_person(name).encode()).digest())


def review(approvals: int, *names: str, **more: object) -> dict[str, object]:
    """The part of a policy that asks these people for approvals."""
    return {
        "approvals": approvals,
        "reviewers": {each: fingerprint(key_of(each).public_key()) for each in names},
    } | more


def decide(job: Folders, what: What, by: str, why: str = "") -> Event:
    """Do what a person does with their own key."""
    return record(job, what, by, why, key=key_of(by))
