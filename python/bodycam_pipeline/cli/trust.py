"""Whose signature is believed, as options."""

from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.evidence.keys import read_public_key
from bodycam_pipeline.package.check import Trust

Key = Annotated[Path | None, typer.Option("--key", help="The publisher's public key (PEM).")]
Fingerprint = Annotated[
    str | None, typer.Option("--fingerprint", help="Of the publisher's public key, as the publisher makes it known.")
]


def read_trust(key: Path | None, fingerprint: str | None) -> Trust:
    """What was asked for; both are held against the package where both are given.

    Raises:
        KeyFileError: the key cannot be read.
    """
    return Trust(read_public_key(key) if key else None, fingerprint)
