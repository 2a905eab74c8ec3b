"""Asked to stop: by Ctrl-C, by the service manager, or by the clock. What is in hand is finished first.

Both signals are answered by handlers of our own, also where whoever started us had them ignored (`nohup`, a shell's
``&``): Python would then never hear of them, and what watches a folder would go on for ever.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

SEGMENTS = "stopping: the segments in hand are finished first (Ctrl-C again to leave at once)\n"
FILES = "stopping: the file in hand is finished first if that takes a second at most, and else left (it is kept)\n"
FILE_SECONDS = 1.0
KEPT = "interrupted: what was finished is kept; the same command goes on from there\n"

_POLL_SECONDS = 0.2
"""How often somebody who waits looks whether to stop."""


class StopSignalError(KeyboardInterrupt):
    """A signal that is obeyed at once."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class StopFlag:
    """Know whether somebody asked to stop."""

    def __init__(self) -> None:
        self.by = 0

    def __call__(self) -> bool:
        """True once a stop was requested."""
        return self.by != 0

    @property
    def exit_code(self) -> int:
        """130 for SIGINT, 143 for SIGTERM."""
        return 128 + self.by

    def wait(self, seconds: float) -> None:
        """Wait, but not after somebody asked."""
        end = time.monotonic() + seconds
        while not self() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _POLL_SECONDS))


@contextmanager
def catch_stop_signals(notice: str = SEGMENTS, seconds: float | None = None) -> Iterator[StopFlag]:
    """Turn the first SIGINT or SIGTERM into a question that is asked before every segment; the second one is obeyed.

    Args:
        notice: What is said when the first one comes.
        seconds: How long after the first one it is obeyed, without a second one; for ever by default.
    """
    flag = StopFlag()

    def answer(number: int, _frame: FrameType | None) -> None:
        if flag.by:
            raise StopSignalError(number)
        flag.by = number
        sys.stderr.write(notice)
        if seconds is not None:
            signal.setitimer(signal.ITIMER_REAL, seconds)

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise StopSignalError(flag.by)

    answers = {signal.SIGINT: answer, signal.SIGTERM: answer}
    with _answering(answers if seconds is None else answers | {signal.SIGALRM: leave}):
        try:
            yield flag
        finally:
            if flag.by and seconds is not None:
                signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def leave_on_signal() -> Iterator[None]:
    """Obey SIGINT and SIGTERM at once: what is open is closed on the way out.

    Raises:
        StopSignalError: inside, when one comes.
    """

    def answer(number: int, _frame: FrameType | None) -> None:
        raise StopSignalError(number)

    with _answering({signal.SIGINT: answer, signal.SIGTERM: answer}):
        yield


@contextmanager
def _answering(answers: Mapping[signal.Signals, Callable[[int, FrameType | None], None]]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # the only one that may, and that is told
        yield
        return
    before = {number: signal.signal(number, answer) for number, answer in answers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
