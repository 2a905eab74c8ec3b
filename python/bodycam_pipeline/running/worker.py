"""A worker process: it has the code and the networks, does tasks one after the other, and never reads a recording.

python -m bodycam_pipeline.running.worker DESCRIPTOR ENVIRONMENT
"""

import signal
from contextlib import suppress

from bodycam_pipeline.running.box import boxed
from bodycam_pipeline.running.starting import begun


def main() -> None:
    """Answer tasks until the driver closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    with suppress(EOFError, OSError):
        pipe = begun()
        while True:
            step, task = pipe.recv()
            boxed(step, task, pipe)


if __name__ == "__main__":
    main()
