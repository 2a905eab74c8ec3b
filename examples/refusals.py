"""Redact what can be, and say what became of the rest: ``python examples/refusals.py OUT RECORDING...``."""

import sys
from pathlib import Path

from bodycam_pipeline import BodycamError, LocalRunner, NeedsReviewError, Order, RecordingError, redact


def main() -> None:
    """Nothing that looks like a release is left of a recording that was refused."""
    out, recordings = Path(sys.argv[1]), sys.argv[2:]
    with LocalRunner(workers=2) as runner:
        for recording in recordings:
            try:
                print(f"published {redact(Order(recording, out), runner).folders.release}")
            except NeedsReviewError as error:
                print(f"a person decides about {recording}: {error.remedy}")
            except RecordingError as error:
                print(f"no recording that can be redacted: {error.what}. {error.remedy}")
            except BodycamError as error:
                print(f"{error.code}: {error}")


if __name__ == "__main__":
    main()
