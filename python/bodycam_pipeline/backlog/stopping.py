"""Asked to stop: by Ctrl-C, by the service manager, or by the clock. What is in hand is finished first."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NOTICE = "stopping: the segments in hand are finished first (Ctrl-C again to leave at once)\n"


class Asked:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.yes = False

    def __call__(self) -> bool:
        """Whether."""
        return self.yes


@contextmanager
def asked_to_stop() -> Iterator[Asked]:
    """Turn the first SIGINT or SIGTERM into a question that is asked before every segment; the second one is obeyed."""
    asked = Asked()

    def answer(_number: int, _frame: FrameType | None) -> None:
        if asked.yes:
            raise KeyboardInterrupt
        asked.yes = True
        sys.stderr.write(_NOTICE)

    before = {number: signal.signal(number, answer) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
