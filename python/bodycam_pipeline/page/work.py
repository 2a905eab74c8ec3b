"""Long work that the page asks for, in a thread of its own: one at a time, with progress, and an end that is told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bodycam_pipeline.passes import Phase, Watch
from bodycam_pipeline.values.errors import BodycamError, StateError

WORDS: dict[Phase, str] = {
    "detect": "looking",
    "render": "redacting",
    "verify": "verifying",
    "audit": "second look",
}


@dataclass(frozen=True)
class Progress:
    """How far the work is.

    Attributes:
        what: ``rendering`` or the like.
        phase: Which pass over the recording.
        done, frames: Of that pass.
        running: Whether it goes on.
        error: What ended it, as the page tells errors; None where it ended well or goes on.
    """

    what: str
    phase: str = ""
    done: int = 0
    frames: int = 0
    running: bool = True
    error: dict[str, str] | None = None

    def facts(self) -> dict[str, Any]:
        """The same as JSON."""
        return dict(vars(self))


class Work:
    """What one server works on. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[int, Progress] = {}
        self._thread: threading.Thread | None = None

    def progress(self, job: int) -> dict[str, Any] | None:
        """How far the last work on a job is; None where there was none."""
        found = self._of.get(job)
        return None if found is None else found.facts()

    def start(self, job: int, what: str, act: Callable[[Watch], None]) -> None:
        """Begin; returns at once.

        Raises:
            StateError: something is being worked on.
        """
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise StateError("another recording is being rendered", remedy="Wait for it to end.")
            self._of[job] = Progress(what)
            self._thread = threading.Thread(target=self._run, args=(job, what, act), daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait for what is in hand."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, job: int, what: str, act: Callable[[Watch], None]) -> None:
        def watch(phase: Phase, done: int, frames: int) -> None:
            self._of[job] = Progress(what, WORDS[phase], done, frames)

        try:
            act(watch)
        except BodycamError as error:
            ended = {"error": error.code, "what": error.what, "remedy": error.remedy}
            self._of[job] = Progress(what, running=False, error=ended)
        except Exception:
            ended = {
                "error": "defect",
                "what": "a defect of ours ended it",
                "remedy": "Report what the terminal shows.",
            }
            self._of[job] = Progress(what, running=False, error=ended)
            raise
        else:
            self._of[job] = Progress(what, running=False)
