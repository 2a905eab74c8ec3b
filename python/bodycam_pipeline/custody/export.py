"""Hand an original out: its exact bytes, with the proof that they are what was taken in. On record before it happens.

```
ID.export/
    NAME            the original, byte for byte
    proof.json      its digest, and the log's entries of its ingest and of this export, each with its proof
```
"""

import hashlib
import json
import shutil
from pathlib import Path

from bodycam_pipeline._native import SealedFile
from bodycam_pipeline.custody.known import facts_of
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.durable import disk_errors, make_private_folder, publish_folder
from bodycam_pipeline.values.errors import ReleaseExistsError
from bodycam_pipeline.vault.opening import broken, open_object

_READ_BYTES = 1 << 20


def export(session: VaultSession, id_: str, out: Path, *, to: str, reason: str) -> Path:
    """Write an original and its proof into a new folder, which is there whole or not at all; returns it.

    Raises:
        SealBrokenError: what is sealed is not what was taken in: nothing is handed out.
        VaultError: no such recording, or no key for it.
        ReleaseExistsError: the folder is there already.
        StorageError: the disk refused.
    """
    status = session.one(id_)
    final, staging = out / f"{id_}.export", out / f"{id_}.staging"
    if final.exists():
        raise ReleaseExistsError(f"{final} already exists", remedy="It was exported before: choose another folder.")
    number = session.record("export", recording=id_, ingest=status.ingest, to=to, reason=reason)
    facts = facts_of(session, id_, status)
    make_private_folder(staging)
    try:
        if _copied(session, id_, status.entry, staging / Path(facts["file"]).name) != facts["sha256"]:
            raise broken(id_, "what is inside is not what was taken in")
        proof = {
            "sha256": facts["sha256"],
            "bytes": facts["bytes"],
            "metadata": facts["metadata"],
            "log": str(session.log.verifier),
            "ingest": session.log.proof(status.ingest).as_json(),
            "export": session.log.proof(number).as_json(),
        }
        with disk_errors(staging):
            (staging / "proof.json").write_text(json.dumps(proof, indent=2))
        publish_folder(staging, final)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return final


def _block(source: SealedFile, id_: str) -> bytes:
    try:
        return source.read(_READ_BYTES)
    except OSError as error:
        raise broken(id_, str(error)) from error


def _copied(session: VaultSession, id_: str, entry: dict[str, object], target: Path) -> str:
    digest = hashlib.sha256()
    with open_object(session.vault, id_, session.ring, entry) as source, disk_errors(target), target.open("xb") as file:
        while block := _block(source, id_):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()
