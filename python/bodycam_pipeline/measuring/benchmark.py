"""Programs on the same recording, in turn, round by round, so that a machine that drifts does so for all of them."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bodycam_pipeline import _native
from bodycam_pipeline.measuring import stopwatch
from bodycam_pipeline.values.errors import MeasuringError


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took, children included."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a run left; None where nobody can tell.

    Attributes:
        hidden: The share of the boxes that must be hidden which are.
        needed: The mean share of the frame that is to be hidden.
        excess: The mean share of it that is hidden for nothing.
        copied: The share of frames that were stream-copied.
    """

    hidden: float | None = None
    needed: float | None = None
    excess: float | None = None
    copied: float | None = None


@dataclass(frozen=True)
class Tool:
    """A program.

    Attributes:
        name: For people.
        command: Writes into `folder`, which is empty before every run.
        folder: Where what it leaves lies.
        frames: How many it gets through.
        check: Raises `MeasuringError` if what it left is not what was asked for.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    frames: int
    check: Callable[[], Found]


@dataclass
class Result:
    """A tool, what it hid, and its counted runs."""

    tool: Tool
    found: Found = Found()
    costs: list[Cost] = field(default_factory=list)

    def median(self, what: Callable[[Cost], float]) -> float:
        """The median over the rounds."""
        return median(what(cost) for cost in self.costs)

    def per_frame(self, what: Callable[[Cost], float]) -> float:
        """The same by frame."""
        return self.median(what) / self.tool.frames

    def times_as_fast_as(self, other: "Result") -> float:
        """The median of the ratios, frame by frame, round by round."""
        pairs = zip(self.costs, other.costs, strict=True)
        frames = self.tool.frames / other.tool.frames
        return frames * median(theirs.wall_seconds / mine.wall_seconds for mine, theirs in pairs)


def run_benchmark(tools: Sequence[Tool], rounds: int) -> list[Result]:
    """Time them in turn; what each run left is checked when its clock has stopped.

    Raises:
        MeasuringError: a debug build, a program that fails, or one that leaves something wrong.
    """
    if _native.build_profile != "release":
        raise MeasuringError(
            "this is a debug build, whose times mean nothing", remedy="Build it with `make .venv/built`."
        )
    results = [Result(tool) for tool in tools]
    for _ in range(rounds):
        for result in results:
            result.costs.append(run(result.tool))
            result.found = result.tool.check()
    return results


def run(tool: Tool) -> Cost:
    """Run once, from an empty folder.

    Raises:
        MeasuringError: it fails.
    """
    shutil.rmtree(tool.folder, ignore_errors=True)
    tool.folder.mkdir(parents=True)
    command = [sys.executable, "-I", "-S", stopwatch.__file__, *map(str, tool.command)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - never from a shell
    wall, cpu, peak, status = json.loads(done.stdout)
    if status != 0:
        said = " ".join(map(str, tool.command))
        raise MeasuringError(f"{tool.name} ended with {status}", remedy=f"See what it says: {said}")
    return Cost(wall, cpu, peak)
