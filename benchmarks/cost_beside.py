"""What two checkouts cost on the same recordings, taking turns: processor time and time by the clock, as ratios.

    python -m benchmarks.cost_beside BEFORE AFTER RECORDING... [--rounds 3]

BEFORE and AFTER are as for `benchmarks.same_releases`. ``detect`` looks and plans, ``redact`` is the whole job; both
are run from nothing, start and all. Printed are the medians of the ratios within a round.
"""

import argparse
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.same_releases import run_with

VERBS = ("detect", "redact")


@dataclass(frozen=True)
class Cost:
    """What one run took.

    Attributes:
        processor: Seconds of all its processes.
        clock: Seconds.
    """

    processor: float
    clock: float


def cost_of(checkout: Path, verb: str, recording: Path) -> Cost:
    """Run a verb of a checkout from nothing.

    Raises:
        RuntimeError: it failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = run_with(checkout, verb, recording, Path(folder))
        clock, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{verb} of {checkout} failed on {recording}: {(done.stdout + done.stderr)[-300:]}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock)


def main() -> None:
    """Run both in turn, print a row for each recording and verb."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print("| recording | what | processor s, before | after | ratio | ratio by the clock |\n|---|---|---|---|---|---|")
    for path in options.recordings:
        for verb in VERBS:
            rounds = [
                (cost_of(options.before, verb, path), cost_of(options.after, verb, path)) for _ in range(options.rounds)
            ]
            seconds = [statistics.median(pair[side].processor for pair in rounds) for side in (0, 1)]
            processor = statistics.median(after.processor / before.processor for before, after in rounds)
            clock = statistics.median(after.clock / before.clock for before, after in rounds)
            row = (path.name, verb, *(f"{s:.1f}" for s in seconds), f"{processor:.2f}", f"{clock:.2f}")
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
