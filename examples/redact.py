"""Redact one recording: ``python examples/redact.py RECORDING OUT``."""

import sys
from pathlib import Path

from bodycam_pipeline import LocalRunner, Order, Policy, redact


def main() -> None:
    """Redact under the shipped policy, with two worker processes."""
    recording, out = sys.argv[1], Path(sys.argv[2])
    with LocalRunner(workers=2) as runner:
        published = redact(Order(recording, out, Policy()), runner)
    print(published.folders.release / published.folders.video_name)


if __name__ == "__main__":
    main()
