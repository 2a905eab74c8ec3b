"""What the start of the program takes: the driver alone, and a whole `bodycam redact` of a recording of one frame.

    python -m benchmarks.start [--rounds 5]

The recording is grey, 320 by 180: what decoding, looking, rendering and verifying it take is little beside the start of
the driver, of the process that boxes are forked from, and of one worker. The shipped default looks, and looks twice.
Prints the median wall and processor seconds. The driver alone is `bodycam redact --help`.
"""

import argparse
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from bodycam_pipeline.measuring.benchmark import Found, Result, Tool, run_benchmark
from bodycam_pipeline.mp4.write_recording import write_recording

SOUND_HZ = 8000


def main() -> None:
    """Write one frame, start, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        results = run_benchmark(_tools(Path(name)), options.rounds)
    print("| what | wall s | processor s |")
    print("|---|---|---|")
    for result in results:
        print(f"| {result.tool.name} | {_seconds(result)} |")


def _tools(folder: Path) -> list[Tool]:
    """The driver alone, and a whole job."""
    recording, out, nothing = folder / "frame.mp4", folder / "out", folder / "nothing"
    grey, silence = np.full((180, 320, 3), 128, np.uint8), np.zeros(SOUND_HZ // 25, np.float32)
    write_recording(recording, [grey], frame_rate=Fraction(25), sound=silence, sound_hz=SOUND_HZ)
    bodycam: list[str | Path] = [sys.executable, "-m", "bodycam_pipeline.cli.main", "redact"]

    def check() -> Found:
        """The release was published."""
        assert (out / "frame.release" / "manifest.json").exists()
        return Found()

    return [
        Tool("the driver alone", [*bodycam, "--help"], nothing, 1, Found),
        Tool("one frame, one worker", [*bodycam, recording, "--out", out, "--workers", "1"], out, 1, check),
    ]


def _seconds(result: Result) -> str:
    """Wall and processor time."""
    return f"{result.median(lambda cost: cost.wall_seconds):.2f} | {result.median(lambda cost: cost.cpu_seconds):.2f}"


if __name__ == "__main__":
    main()
