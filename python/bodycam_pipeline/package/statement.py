"""The statement that a package's signature is over (in-toto, version 1): which files, made how, of how many frames."""

import json
from dataclasses import dataclass
from typing import Any

from bodycam_pipeline.evidence.commitments import FRAME_LEAF, SOURCE_LEAF, FrameTable
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.package.contents import REMEDY
from bodycam_pipeline.values.errors import VerificationError

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:bodycam-pipeline:release:1"


@dataclass(frozen=True)
class Statement:
    """What was signed.

    Attributes:
        files: SHA-256 of every file of the package but the statement itself, hex, by name.
        predicate: How the release was made, the root over its frames and the root that commits to their sources.
    """

    files: dict[str, str]
    predicate: dict[str, Any]

    def text(self) -> bytes:
        """The bytes that are signed: always the same for the same statement."""
        value = {
            "_type": TYPE,
            "subject": [{"name": name, "digest": {"sha256": sha}} for name, sha in sorted(self.files.items())],
            "predicateType": PREDICATE,
            "predicate": self.predicate,
        }
        return f"{json.dumps(value, indent=1, ensure_ascii=False)}\n".encode()


def parse_statement(text: bytes) -> Statement:
    """The statement in a text whose signature was right.

    Raises:
        VerificationError: it is no statement about a package.
    """
    try:
        value = parse_json(text)
        files = {subject["name"]: subject["digest"]["sha256"] for subject in value["subject"]}
        statement = Statement(files, value["predicate"])
        if statement.text() == text:
            return statement
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise VerificationError("what was signed is no statement about a package of this format", remedy=REMEDY)


def predicate_of(manifest: dict[str, Any], frames: FrameTable, source_root: str) -> dict[str, Any]:
    """What a statement says of a release beside its files; of the source it holds one root of salted commitments."""
    policy = manifest["policy"]
    return {
        "tool": manifest["tool"],
        "policy": {name: policy[name] for name in ("name", "sha256")},
        "plan": manifest["plan"]["sha256"],
        "models": [{name: model[name] for name in ("name", "sha256", "role")} for model in manifest["models"]],
        "frames": {"count": len(frames), "root": frames.root(), "leaf": FRAME_LEAF},
        "source": {"count": manifest["video"]["frames"], "root": source_root, "leaf": SOURCE_LEAF},
    }
