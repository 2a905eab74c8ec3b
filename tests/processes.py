"""Processes that a test starts, none of which outlives its limit: whoever waits for one waits so long at most."""

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import Any

LIMIT_SECONDS = 3600
"""Above what the longest proof takes; a test that knows better says so itself."""


class LimitedPopen(subprocess.Popen):  # type: ignore[type-arg]
    """A `Popen` that is killed when its time is up, with all that it started in a session of its own."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._leads = bool(options.get("start_new_session"))
        self._limit = threading.Timer(LIMIT_SECONDS, self.end)
        self._limit.daemon = True
        self._limit.start()

    def wait(self, timeout: float | None = None) -> int:
        status = super().wait(timeout)
        self._limit.cancel()
        return status

    def end(self) -> None:
        """Kill it, if it still runs."""
        if self.poll() is None:
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL) if self._leads else self.kill()
