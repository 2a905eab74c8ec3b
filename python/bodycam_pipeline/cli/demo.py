"""`bodycam demo`: a recording made up on the spot, redacted before your eyes."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline import pipeline
from bodycam_pipeline.cli.output import AsJson, show_progress, tell
from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.pipeline import Order
from bodycam_pipeline.running.local import LocalRunner


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(demo)


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the recording and its release.")] = Path("demo"),
    seconds: Annotated[int, typer.Option(min=1, max=600, help="Length of the recording.")] = 6,
    as_json: AsJson = False,
) -> None:
    """Write a demo recording with faces and plates in motion, redact it, and say where to look."""
    out.mkdir(parents=True, exist_ok=True)
    recording = out / "demo.mp4"
    if not recording.exists():
        compose_demo(recording, seconds=seconds)
    with LocalRunner(os.cpu_count() or 1) as runner, show_progress(as_json=as_json) as watch:
        published = pipeline.redact(Order(str(recording), out), runner, watch)
    folders = published.folders
    video, report = folders.release / folders.video_name, folders.internal / "report.html"
    facts = {"state": "published", "recording": recording, "release": folders.release, "video": video, "report": report}
    sentences = f"watch   {recording}\nbeside  {video}\nread    {report}"
    tell(facts | {"tracks": published.plan.tracks()}, sentences, as_json=as_json)
