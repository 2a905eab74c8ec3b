"""How many threads a box may have: no limit of the kernel's counts them for one process, so its parent looks."""

import os
from pathlib import Path

from bodycam_pipeline.values.errors import WorkerError

LOOK_SECONDS = 0.05
"""In this time one makes some thousand threads, of which each costs the kernel thirty kilobytes."""

MOST_THREADS = 64 + 16 * (os.cpu_count() or 1)
"""A decoder, an encoder and the networks' pools take some for each core."""

_REMEDY = "Nothing was published. If it ends here again, this recording needs a look."


def refuse_threads(box: int) -> None:
    """Refuse a process that has more threads than any step needs.

    Raises:
        WorkerError: it has.
    """
    try:
        count = Path(f"/proc/{box}/task").stat().st_nlink - 2
    except OSError:  # it is gone, or this system has no such folder
        return
    if count > MOST_THREADS:
        raise WorkerError(f"a step started {count} threads; the limit is {MOST_THREADS}", remedy=_REMEDY)
