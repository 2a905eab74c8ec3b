"""`bodycam eval`: how well detectors find what is labelled, side by side, and how fast."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.measuring.clips import TRUTH, Eyes, clips_in, cover, look_at
from bodycam_pipeline.measuring.labels.find import find_datasets
from bodycam_pipeline.measuring.pictures import Measured, Watch, measure_pictures
from bodycam_pipeline.measuring.plot import write_plot
from bodycam_pipeline.measuring.speed import measure_speed
from bodycam_pipeline.measuring.tables import (
    CLIPS_SCHEMA,
    PICTURES_SCHEMA,
    Row,
    clip_rows,
    clip_table,
    picture_rows,
    picture_table,
    write_rows,
)
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.registry import ready_model
from bodycam_pipeline.vision.still import StillDetector

Folder = Annotated[Path, typer.Argument(metavar="DATASET", exists=True, file_okay=False, help="A folder with labels.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", help="A detector (name or file), or several that look together: a+b. Repeat it."),
]
Called = Annotated[list[str] | None, typer.Option("--call", metavar="WORD=KIND", help="What a label's word means.")]
Rates = Annotated[list[float] | None, typer.Option("--false", help="False positives per picture. Repeat it.")]
Side = Annotated[int, typer.Option("--long-side", min=64, max=4096, help="Pictures' longer side as detectors see it.")]
Sides = Annotated[
    list[int] | None, typer.Option("--scale", min=64, max=4096, help="For recordings: the scales. Repeat it.")
]
Empty = Annotated[list[str] | None, typer.Option("--empty", help="A recording with nothing to find. Repeat it.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the rows (Parquet) and the plot.")]
Workers = Annotated[int, typer.Option("--workers", "-j", min=1, help="For recordings: how many workers.")]

WIDE_ENOUGH = 170
"""Columns that the table needs; a terminal that has more keeps its own width."""


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("eval")(evaluate)


def evaluate(
    dataset: Folder,
    model: Models = None,
    call: Called = None,
    false: Rates = None,
    long_side: Side = 640,
    scale: Sides = None,
    empty: Empty = None,
    out: Out = None,
    workers: Workers = 1,
    as_json: AsJson = False,
) -> None:
    """Measure detectors on labelled pictures (COCO, YOLO, VOC, labels.json) or recordings (ground_truth.json).

    Pictures: recall and precision by height of the box, each detector at the same false positives per picture, and
    frames per second of this machine. Recordings: boxes hidden, things that show, false tracks on empty ones.
    """
    names = model or list(Policy().detection.models)
    if (dataset / TRUTH).is_file():
        rows = _recordings(dataset, names, scale, empty or [], workers)
        table = clip_table(rows)
    else:
        measured, rows = _pictures(dataset, names, _meanings(call or []), false or [1.0, 0.1], long_side)
        table = picture_table(rows, long_side)
        if out:
            out.mkdir(parents=True, exist_ok=True)
            write_plot(measured, out / "recall.svg")
    if out:
        out.mkdir(parents=True, exist_ok=True)
        recordings = (dataset / TRUTH).is_file()
        write_rows(rows, CLIPS_SCHEMA if recordings else PICTURES_SCHEMA, out / "measured.parquet")
    if as_json:
        tell({"rows": rows}, "", as_json=True)
    else:
        console = Console()
        Console(width=max(console.width, WIDE_ENOUGH)).print(table)


def _pictures(
    folder: Path, names: Sequence[str], called: dict[str, Kind], rates: Sequence[float], long_side: int
) -> tuple[list[Measured], list[Row]]:
    iou = Policy().detection.suppress_iou
    detectors = {found.name: StillDetector(found, long_side, iou) for found in map(ready_model, names)}
    speeds = measure_speed(detectors, long_side)
    measured: list[Measured] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        watch = _watch(progress)
        for each in find_datasets(folder, called):
            measured += measure_pictures(each, detectors, rates, watch)
    return measured, list(picture_rows(measured, speeds, long_side))


def _recordings(
    folder: Path, names: Sequence[str], scales: Sequence[int] | None, empty: Sequence[str], workers: int
) -> list[Row]:
    wanted = {"long_sides_px": tuple(scales)} if scales else {}
    clips, rows = clips_in(folder, empty), list[Row]()
    with LocalRunner(workers) as runner, Progress(console=Console(stderr=True), transient=True) as progress:
        watch = _watch(progress)
        for together in names:
            covered = []
            policy = Policy.model_validate({"detection": {"models": together.split("+"), **wanted}})
            with tempfile.TemporaryDirectory() as kept:
                models = [ready_model(name) for name in policy.detection.models]
                eyes = Eyes(models, policy.detection, runner, Path(kept))
                for number, (name, boxes) in enumerate(clips.items(), start=1):
                    covered.append(cover(look_at(folder / name, boxes, eyes), policy))
                    watch(together, number, len(clips))
            rows += clip_rows("+".join(found.name for found in eyes.models), covered)
    return rows


def _watch(progress: Progress) -> Watch:
    bars: dict[str, TaskID] = {}

    def watch(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = progress.add_task(name, total=total)
        progress.update(bars[name], completed=done)

    return watch


def _meanings(given: Sequence[str]) -> dict[str, Kind]:
    pairs = [each.rpartition("=") for each in given]
    wrong = [f"{word}={kind}" for word, _, kind in pairs if not word or kind not in get_args(Kind)]
    if wrong:
        raise typer.BadParameter(f"{', '.join(wrong)}: say WORD=face or WORD=plate", param_hint="--call")
    return {word: kind for word, _, kind in pairs if kind in get_args(Kind)}  # type: ignore[misc]
