"""`bodycam verify`: is this package, or release, what its signature, or manifest, says?"""

import os
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.checking import check_release
from bodycam_pipeline.cli.output import AsJson, show_progress, tell
from bodycam_pipeline.cli.trust import Fingerprint, Key, read_trust
from bodycam_pipeline.package.check import Trust, check_package, is_package
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.errors import VerificationError


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(verify)


def verify(
    package: Annotated[Path, typer.Argument(metavar="PACKAGE", help="A package (folder or ZIP), or a release folder.")],
    key: Key = None,
    fingerprint: Fingerprint = None,
    workers: Annotated[int, typer.Option("--workers", "-j", min=1, help="Worker processes.")] = os.cpu_count() or 1,
    as_json: AsJson = False,
) -> None:
    """Hold every file and every decoded frame against what was signed; needs no network."""
    trust = read_trust(key, fingerprint)
    if not is_package(package):
        _verify_unsigned(package, trust, workers, as_json=as_json)
        return
    with LocalRunner(workers) as runner, show_progress(as_json=as_json) as watch:
        found = check_package(package, trust, runner, watch)
    facts = {"state": "verified", "package": package, "frames": found.frames, "fingerprint": found.fingerprint}
    sentences = (
        f"verified: signed with {found.fingerprint}\n"
        f"  every file is as signed, nothing is added, and {found.frames} frames decode to the digests that were signed"
    )
    tell(facts, sentences, as_json=as_json)


def _verify_unsigned(release: Path, trust: Trust, workers: int, *, as_json: bool) -> None:
    if trust != Trust():
        raise VerificationError(
            f"{release} bears no signature", remedy="Ask the publisher for the package, with its statement.dsse.json."
        )
    with LocalRunner(workers) as runner, show_progress(as_json=as_json) as watch:
        frames = check_release(release, runner, watch)
    facts = {"state": "verified", "release": release, "frames": frames, "fingerprint": None}
    sentences = (
        f"verified: {frames} frames decode to the digests of {release / 'manifest.json'}\n"
        "  unsigned: whoever made this folder could have made another; `bodycam package` signs it"
    )
    tell(facts, sentences, as_json=as_json)
