"""An order as the ledger keeps it: the policy and the person's edits in full, so that a night needs no file twice."""

import json
import re
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.digests import value_sha256
from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.kept import key_digest, make_secret, read_secret, secret_path
from bodycam_pipeline.pipeline import Order
from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.schemes import size_and_time
from bodycam_pipeline.values.address import absolute, stem_of
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import WorkListError
from bodycam_pipeline.values.policy import Policy

_KEY_DIGITS, _MOST_NAME = 16, 80
_SECRETS = ".names"
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class WorkItem:
    """One recording that somebody wants released, and what is to be done with it.

    Attributes:
        recording: Its address; nothing need be there: it is then on record as quarantined.
        policy: What to hide, how and why.
        edits: A person's decisions, or None.
        request: The request's number.
        due: ISO date.
        withhold: Why nothing of it is released, or None.
        aside: What it is that is no recording, or None.
    """

    recording: str
    policy: Policy
    edits: Path | None = None
    request: str | None = None
    due: str | None = None
    withhold: str | None = None
    aside: str | None = None


def queue_item(item: WorkItem) -> QueueItem:
    """A work item as the ledger queues it. A file is told from another by its place, size and time until it is read.

    Raises:
        EditsError: the edits cannot be read.
        WorkListError: the edits file vanished.
    """
    spec = json.dumps({"policy": item.policy.model_dump(mode="json"), "edits": _edits_text(item.edits)}, sort_keys=True)
    ordered, address = value_sha256(spec), absolute(item.recording)
    size, changed = size_and_time(address)
    asked = value_sha256([address, size, changed, ordered, item.withhold or item.aside])
    return QueueItem(asked, address, ordered, spec, changed or 0.0, item.due, item.request, item.withhold, item.aside)


def order_of(lease: Lease, out: Path) -> Order:
    """The order of a leased job."""
    spec = json.loads(lease.spec)
    edits = Edits.model_validate(tomllib.loads(spec["edits"]))
    return Order(lease.address, out, Policy.model_validate(spec["policy"]), edits)


def name_mark(out: Path, key: str) -> str:
    """What stands for a job's key in the names of releases, under a secret of the backlog's folder.

    A key is a digest over what can be guessed, a recording and names, and a release's name is public.

    Raises:
        StorageError: the disk refused.
    """
    with _ONE_AT_A_TIME:  # recordings are worked on in threads of one driver
        make_secret(out / _SECRETS)
    return key_digest(read_secret(secret_path(out / _SECRETS)), "release name", key.encode()).hex()


def release_name(lease: Lease, mark: str, *, own_names: bool) -> str:
    """What a release would like to be called: its request, else its mark.

    A recording's own name often tells which camera, or which officer, and is taken only where that was asked for.
    """
    if own_names:
        return stem_of(lease.address)
    request = re.sub(r"[^\w.-]+", "-", lease.request or "").strip("-._")
    return request[:_MOST_NAME] if request else mark[:_KEY_DIGITS]


def _edits_text(path: Path | None) -> str:
    if path is None:
        return ""
    read_edits(path)  # refuses with line and key what is not a set of decisions
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise WorkListError(f"cannot read {path}: {error.strerror}", remedy="Check the list.") from error
