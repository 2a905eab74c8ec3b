"""How many instructions the kernels take, beside those that were recorded for the last release.

    python -m benchmarks.instructions [--record]

A slowdown shows here on machines where time is too noisy to tell one: each kernel is run once, on the same input every
time (`rust/redact-core/examples/kernel.rs`), and callgrind counts what it executes. valgrind 3.19 shows a program a CPU
with AVX2 at most, without AVX-512 and without SHA extensions, so that it is these paths that are counted, the same on
every machine that has AVX2. Waiting for memory does not show.

Prints each count and its ratio to the recorded one, and fails if one is above `MOST`. Counts of another compiler, or of
another CPU as valgrind shows it, are printed and not judged. ``--record`` writes `instructions.json`.
"""

import argparse
import json
import re
import subprocess
from pathlib import Path

RECORDED = Path(__file__).with_suffix(".json")
MOST = 1.03
"""Ratio to the recorded count."""


def main() -> None:
    """Build, count, print, and record or judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", action="store_true", help="what is counted, as the last release's")
    options = parser.parse_args()
    program = _built()
    cpu, *kernels = _output("valgrind", "--quiet", "--tool=none", program).splitlines()
    under = {"compiler": _output("rustc", "--version").strip(), "cpu": cpu}
    counts = {kernel: _counted(program, kernel) for kernel in kernels}
    if options.record:
        RECORDED.write_text(json.dumps({"under": under, "counts": counts}, indent=2) + "\n")
    recorded = json.loads(RECORDED.read_text())
    _print(counts, recorded["counts"])
    if recorded["under"] == under:
        _judge(counts, recorded["counts"])
    else:
        print(f"\nnot judged: recorded under {recorded['under']}, counted under {under}")


def _built() -> str:
    """The path of the program that runs one kernel."""
    build = "cargo build --release --quiet --package redact-core --example kernel --message-format json"
    artifacts = map(json.loads, _output(*build.split()).splitlines())
    return next(str(artifact["executable"]) for artifact in artifacts if artifact.get("executable"))


def _counted(program: str, kernel: str) -> int:
    """Instructions inside the program's function `counted`, and what it calls."""
    callgrind = ["valgrind", "--tool=callgrind", "--toggle-collect=*kernel*counted*", "--callgrind-out-file=/dev/null"]
    ran = subprocess.run([*callgrind, program, kernel], check=True, capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", ran.stderr)
    assert collected, ran.stderr
    return int(collected[1])


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _print(counts: dict[str, int], recorded: dict[str, int]) -> None:
    print("| kernel | instructions | x recorded |\n|---|---|---|")
    for kernel, count in counts.items():
        ratio = f"{count / recorded[kernel]:.3f}" if kernel in recorded else "not recorded"
        print(f"| {kernel} | {count} | {ratio} |")


def _judge(counts: dict[str, int], recorded: dict[str, int]) -> None:
    ratios = {kernel: counts[kernel] / recorded[kernel] for kernel in counts.keys() & recorded.keys()}
    slower = [f"{kernel} takes {ratio:.3f} times" for kernel, ratio in sorted(ratios.items()) if ratio > MOST]
    if slower:
        raise SystemExit(
            f"\n{', '.join(slower)} the instructions recorded in {RECORDED.name}; the limit is {MOST}. "
            "Find what made it slower; if that is wanted, `make instructions-record` records it."
        )


if __name__ == "__main__":
    main()
