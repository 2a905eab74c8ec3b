"""`bodycam verify`: is this release what its manifest says?"""

import os
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.checking import check_release
from bodycam_pipeline.cli.output import AsJson, tell, watched
from bodycam_pipeline.running.local import LocalRunner


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(verify)


def verify(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release folder.")],
    workers: Annotated[int, typer.Option("--workers", "-j", min=1, help="Worker processes.")] = os.cpu_count() or 1,
    as_json: AsJson = False,
) -> None:
    """Decode a release again and hold every frame, file and stream against its manifest."""
    with LocalRunner(workers) as runner, watched(as_json=as_json) as watch:
        frames = check_release(release, runner, watch)
    facts = {"state": "verified", "release": release, "frames": frames}
    tell(facts, f"verified: {frames} frames decode to the digests of {release / 'manifest.json'}", as_json=as_json)
