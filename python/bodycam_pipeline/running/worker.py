"""A worker process: it has the code and the networks, does tasks one after the other, and never reads a recording.

python -m bodycam_pipeline.running.worker DESCRIPTOR
"""

import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from bodycam_pipeline.running.attempts import Lost
from bodycam_pipeline.running.box import boxed

NO_ANSWER = b""
"""What a worker says of a task that ended the process that it was done in."""


def main() -> None:
    """Answer tasks until the driver closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    pipe = Connection(int(sys.argv[1]))
    os.set_inheritable(pipe.fileno(), False)
    with suppress(EOFError, OSError):
        sys.path[:] = pipe.recv()
        while True:
            step, task = pipe.recv()
            answer = boxed(step, task, pipe)
            pipe.send_bytes(NO_ANSWER if isinstance(answer, Lost) else answer)


if __name__ == "__main__":
    main()
