"""Print what a plan hides, how long and why: ``python examples/read_the_plan.py OUT/NAME.internal/plan.parquet``."""

import sys
from collections import Counter

import pyarrow.parquet as pq


def main() -> None:
    """A plan is a Parquet file that any tool reads; docs/plan-format.md has its columns."""
    rows = pq.read_table(sys.argv[1]).to_pylist()
    seen = Counter((row["track"], row["kind"], row["reason"]) for row in rows)
    for (track, kind, reason), frames in sorted(seen.items(), key=str):
        print(f"track {track}: a {kind} in {frames} frames, hidden for {reason}")


if __name__ == "__main__":
    main()
