"""What a person or a program reads: one JSON object on standard output, or sentences; everything else on stderr."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bodycam_pipeline.passes import Phase, Watch, watch_nothing
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.printable import printable

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of sentences.")]

_LAYOUT = "\n"
"""What an answer of several lines is laid out with."""

_PHASES: dict[Phase, str] = {"detect": "looking", "render": "redacting", "verify": "verifying", "audit": "second look"}


def tell(facts: Mapping[str, object], sentences: str, *, as_json: bool) -> None:
    """Print a command's answer; what a terminal would obey, in a name or a reason, is spelled out."""
    sys.stdout.write(f"{json.dumps(facts, indent=2, default=str) if as_json else printable(sentences, _LAYOUT)}\n")
    sys.stdout.flush()  # a service's journal is a pipe, and what watches a folder does not end


def note_hand_drawn(policy: Policy) -> None:
    """Say on stderr, before work begins, which kinds no detector finds."""
    if policy.drawn_by_hand_only:
        sys.stderr.write(f"drawn by hand only: {', '.join(policy.drawn_by_hand_only)} (no detector looks for them)\n")


def report_error(error: BodycamError, *, as_json: bool) -> None:
    """Print what happened, where, and what to do."""
    place = {name: getattr(error.where, name) for name in ("recording", "segment", "pts")}
    if as_json:
        facts = {"error": error.code, "what": error.what, "where": place, "remedy": error.remedy}
        sys.stdout.write(f"{json.dumps({'state': state_of(error)} | facts, indent=2)}\n")
        return
    lines = [f"{state_of(error)}: {error.what}"]
    lines += [f"  where:  {error.where}"] if str(error.where) else []
    sys.stderr.write("\n".join(printable(line, _LAYOUT) for line in [*lines, f"  remedy: {error.remedy}"]) + "\n")


def state_of(error: BodycamError) -> str:
    """The word for how a job ended that this error ended."""
    return {2: "bad usage", 3: "needs review"}.get(error.exit_code, "refused")


@contextmanager
def show_progress(*, as_json: bool) -> Iterator[Watch]:
    """Show a bar per phase with frames per second and the time left, on a terminal's stderr."""
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield watch_nothing
        return
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} frames"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars: dict[Phase, TaskID] = {}

        def watch(phase: Phase, done: int, frames: int) -> None:
            bar = bars.get(phase)
            if bar is None:
                bar = bars[phase] = progress.add_task(_PHASES[phase], total=frames, rate="")
            elapsed = progress.tasks[list(bars).index(phase)].elapsed or 0.0
            progress.update(bar, completed=done, rate=f"{done / elapsed:.1f} frames/s" if elapsed else "")

        yield watch
