"""`bodycam eval`: detectors on labelled pictures, and what is hidden of labelled recordings, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.measuring.clip_table import CLIPS_SCHEMA, clip_row, clip_table
from bodycam_pipeline.measuring.clips import Hider, by_boxes, by_plans, clips_in
from bodycam_pipeline.measuring.labels.find import find_datasets
from bodycam_pipeline.measuring.pictures import Measured, Watch, measure_pictures
from bodycam_pipeline.measuring.plot import write_plot
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.measuring.speed import measure_speed
from bodycam_pipeline.measuring.tables import PICTURES_SCHEMA, Row, picture_rows, picture_table, write_rows
from bodycam_pipeline.measuring.truth import TRUTH
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.detection import Kind, check_kind
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import Truth
from bodycam_pipeline.vision.registry import ready_model

Folder = Annotated[Path, typer.Argument(metavar="DATASET", exists=True, file_okay=False, help="A folder with labels.")]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", "-m", help="A detector (name or file), or several that look together: a+b. Repeat it."),
]
Called = Annotated[list[str] | None, typer.Option("--call", metavar="WORD=KIND", help="What a label's word means.")]
Rates = Annotated[list[float] | None, typer.Option("--false", help="False positives per picture. Repeat it.")]
Sides = Annotated[
    list[int] | None,
    typer.Option("--long-side", min=64, max=4096, help="Longer side as detectors see it. For recordings: repeat it."),
]
Clips = Annotated[
    list[str] | None, typer.Option("--clip", metavar="NAME", help="For recordings: only this one. Repeat it.")
]
Boxes = Annotated[
    list[str] | None,
    typer.Option(
        "--boxes",
        metavar="NAME=FOLDER",
        help="For recordings: what somebody hid before, as CLIP.json (a peer's boxes) or CLIP.internal/plan.parquet; "
        "nobody looks unless --model says who. Repeat it.",
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the rows (Parquet) and the plot.")]
Workers = Annotated[int, typer.Option("--workers", "-j", min=1, help="For recordings: how many workers.")]

WIDE_ENOUGH = 200
"""Columns that the tables need; a terminal that has more keeps its own width."""

SHIPPED = "shipped default"
FALSE_RATES = (1.0, 0.1)

PICTURES_SIDE_PX = 640


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("eval")(evaluate)


def evaluate(
    dataset: Folder,
    model: Models = None,
    call: Called = None,
    false: Rates = None,
    long_side: Sides = None,
    clip: Clips = None,
    boxes: Boxes = None,
    out: Out = None,
    workers: Workers = 1,
    as_json: AsJson = False,
) -> None:
    """Measure detectors on labelled pictures (COCO, YOLO, VOC, labels.json) or recordings (truth.json).

    Pictures: recall and precision by height of the box, each detector at the same false positives per picture, and
    frames per second of this machine. Recordings: what shows that must be hidden, what is hidden for nothing, and
    whether things keep their tracks.
    """
    if (dataset / TRUTH).is_file():
        folders, policies = _folders(boxes or []), _policies(model or [], long_side)
        with LocalRunner(workers) as runner:
            hiders = {who: by_boxes(folder) for who, folder in folders.items()}
            if policies or not hiders:
                planned = policies or {SHIPPED: Policy().with_models(Policy().detection.models, long_side or ())}
                hiders |= {who: by_plans(dataset, policy, runner) for who, policy in planned.items()}
            report = _recordings(clips_in(dataset, clip or []), hiders)
    else:
        names = model or list(Policy().detection.models)
        measured, report = _pictures(dataset, names, _meanings(call or []), false or FALSE_RATES, _one_side(long_side))
        if out:
            out.mkdir(parents=True, exist_ok=True)
            write_plot(measured, out / "recall.svg")
    if out:
        out.mkdir(parents=True, exist_ok=True)
        write_rows(report.rows, report.schema, out / "measured.parquet")
    if as_json:
        tell({"rows": report.rows} | ({"totals": report.totals} if report.totals else {}), "", as_json=True)
    else:
        console = Console()
        Console(width=max(console.width, WIDE_ENOUGH)).print(*report.tables)


@dataclass(frozen=True)
class _Report:
    """What was measured: for people, for Parquet, and summed."""

    tables: list[Table]
    rows: list[Row]
    schema: pa.Schema
    totals: list[Row] = field(default_factory=list)


def _pictures(
    folder: Path, names: Sequence[str], called: dict[str, Kind], rates: Sequence[float], long_side: int
) -> tuple[list[Measured], _Report]:
    from bodycam_pipeline.vision.detector import SUPPRESS_IOU  # load ONNX Runtime, for whoever measures
    from bodycam_pipeline.vision.still import StillDetector

    detectors = {found.name: StillDetector(found, long_side, SUPPRESS_IOU) for found in map(ready_model, names)}
    speeds = measure_speed(detectors, long_side)
    measured: list[Measured] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        watch = _watch(progress)
        for each in find_datasets(folder, called):
            measured += measure_pictures(each, detectors, rates, watch)
    rows = list(picture_rows(measured, speeds, long_side))
    return measured, _Report([picture_table(rows, long_side)], rows, PICTURES_SCHEMA)


def _recordings(clips: dict[str, Truth], hiders: dict[str, Hider]) -> _Report:
    report = _Report([], [], CLIPS_SCHEMA)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        watch = _watch(progress)
        for who, hide in hiders.items():
            scores = {}
            for number, (clip, truth) in enumerate(clips.items(), start=1):
                scores[clip] = score(truth, hide(clip, truth))
                watch(who, number, len(clips))
            report.tables.append(clip_table(who, scores))
            report.rows.extend(clip_row(who, clip, found) for clip, found in scores.items())
            report.totals.append(clip_row(who, "total", sum(scores.values(), Score())))
    return report


def _one_side(sides: Sequence[int] | None) -> int:
    if sides and len(sides) > 1:
        raise typer.BadParameter("pictures are looked at once: name one side", param_hint="--long-side")
    return sides[0] if sides else PICTURES_SIDE_PX


def _policies(together: Sequence[str], scales: Sequence[int] | None) -> dict[str, Policy]:
    """The shipped policy with other models, by what they are called."""
    return {names: Policy().with_models(names.split("+"), scales or ()) for names in together}


def _watch(progress: Progress) -> Watch:
    bars: dict[str, TaskID] = {}

    def watch(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = progress.add_task(name, total=total)
        progress.update(bars[name], completed=done)

    return watch


def _meanings(given: Sequence[str]) -> dict[str, Kind]:
    pairs = [each.rpartition("=") for each in given]
    if wrong := [kind for word, _, kind in pairs if not word]:
        raise typer.BadParameter(f"{', '.join(wrong)}: say WORD=KIND, as in human_face=face", param_hint="--call")
    try:
        return {word: check_kind(kind) for word, _, kind in pairs}
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--call") from None


def _folders(given: Sequence[str]) -> dict[str, Path]:
    pairs = {each: each.partition("=") for each in given}
    if wrong := [each for each, (name, _, folder) in pairs.items() if not name or not Path(folder or "?").is_dir()]:
        raise typer.BadParameter(f"{', '.join(wrong)}: say NAME=FOLDER, a folder that is there", param_hint="--boxes")
    return {name: Path(folder) for name, _, folder in pairs.values()}
