"""`bodycam bench`: how fast, beside what, and how much is hidden."""

import os
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.console import Console

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.demo.touched import compose_touched
from bodycam_pipeline.measuring import speed_table
from bodycam_pipeline.measuring.benchmark import run_benchmark
from bodycam_pipeline.measuring.tools import tools
from bodycam_pipeline.measuring.truth import made_up_truth
from bodycam_pipeline.mp4.made_up import Codec

CODECS: tuple[Codec, ...] = get_args(Codec)
WIDE_ENOUGH = 150
"""Columns that the table needs; a terminal that has more keeps its own width."""

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}

Given = Annotated[
    Path | None, typer.Argument(metavar="[RECORDING]", exists=True, dir_okay=False, help="None: made-up ones.")
]
Truth = Annotated[
    Path | None, typer.Option("--truth", exists=True, help="Its truth, as `bodycam demo` writes it beside a recording.")
]
Touched = Annotated[
    list[int] | None, typer.Option("--touched", min=0, max=100, help="Made up: percent of GOPs. Repeat it.")
]
Sizes = Annotated[list[str] | None, typer.Option("--size", help="Made up: 720p, 1080p or 4k. Repeat it.")]
Codecs = Annotated[list[str] | None, typer.Option("--codec", help="Made up: h264 or hevc. Repeat it.")]
Gops = Annotated[int, typer.Option("--gops", min=1, help="Made up: length in GOPs of two seconds.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Timed runs of each program, in turn.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the rows (Parquet, Markdown) and the plot.")]


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(bench)


def bench(
    recording: Given = None,
    truth: Truth = None,
    touched: Touched = None,
    size: Sizes = None,
    codec: Codecs = None,
    gops: Gops = 5,
    rounds: Rounds = 1,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Time this product, deface, a plain transcode and decoding alone, in turn; every output is checked."""
    for said, known, option in ((size, SIZES, "--size"), (codec, CODECS, "--codec")):
        if unknown := set(said or ()) - set(known):
            raise typer.BadParameter(f"{', '.join(unknown)} is unknown: use {', '.join(known)}", param_hint=option)
    if find_spec("deface") is None:
        typer.echo("deface is not measured: pip install 'bodycam-pipeline[bench]' brings it", err=True)
    rows: list[speed_table.Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = [(recording, truth)] if recording else _made_up(folder, touched or [0, 20, 100], size, codec, gops)
        for path, boxes in given:
            truth_known = made_up_truth(boxes) if boxes else None
            results = run_benchmark(tools(path.absolute(), folder / "left", truth_known), rounds)
            rows += speed_table.rows(path.stem, results)
    if out:
        speed_table.write(rows, machine(), out)
    if as_json:
        tell({"machine": machine(), "rows": rows}, "", as_json=True)
    else:
        console = Console()
        Console(width=max(console.width, WIDE_ENOUGH)).print(machine(), speed_table.table(rows))


def machine() -> str:
    """What was measured on: processors and the instruction sets that matter here."""
    wanted = ("avx2", "avx512f", "sha_ni", "asimd", "sha2")
    try:
        words = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        words = set()
    found = ", ".join(word for word in wanted if word in words) or "unknown instruction sets"
    return f"{len(os.sched_getaffinity(0))} processors ({found})"


def _made_up(
    folder: Path, touched: list[int], sizes: list[str] | None, codecs: list[str] | None, gops: int
) -> Iterator[tuple[Path, Path | None]]:
    for size, codec, percent in product(sizes or ["1080p"], codecs or ["h264"], touched):
        path = folder / f"{size}-{codec}-{percent}-percent.mp4"
        compose_touched(path, percent, gops=gops, size=SIZES[size], codec=cast("Codec", codec))
        yield path, path.with_suffix(".truth.json")
