"""The jobs that wait for a person: one that was named, or all of a backlog."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bodycam_pipeline.page.review import Review
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import WORK, read_work
from bodycam_pipeline.review.history import history_of, review_state_of
from bodycam_pipeline.running.lasting import LastingBoxes
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.runner import Runner, SharedRunner
from bodycam_pipeline.running.totals import Row
from bodycam_pipeline.tasks.viewing import open_viewer
from bodycam_pipeline.values.address import absolute, name_of
from bodycam_pipeline.values.errors import BodycamError, PackageError

LEDGER = "ledger.sqlite"
OUT = "out"
"""Where the command line puts jobs unless it is told."""


@dataclass(frozen=True)
class Item:
    """One job of the queue.

    Attributes:
        folders: Where it is.
        request, due: As the work list says.
        recording: Its file's name, or "".
        ended: How the batch left it, or "".
    """

    folders: Folders
    request: str = ""
    due: str = ""
    ended: str = ""
    recording: str = ""


class Queue:
    """The jobs of one server, by their position; the client never names a path. For any thread."""

    def __init__(self, items: list[Item], workers: int = 1) -> None:
        self.items = items
        self._workers = workers
        self._runner: LocalRunner | None = None
        self.boxes = LastingBoxes(open_viewer)
        self._open: dict[int, Review] = {}
        self._lock = threading.RLock()

    @classmethod
    def of(cls, path: Path, workers: int = 1) -> "Queue":
        """The queue of a backlog's folder, of the one job that somebody names, or of the jobs of a recording.

        Args:
            path: The folder, the job, or the recording.
            workers: Processes for rendering and following.

        Raises:
            PackageError: none of these, or a recording that was not detected.
        """
        if (path / LEDGER).exists():
            with Ledger(path / LEDGER) as ledger:
                rows = {row.job: row for run in range(1, ledger.last_run() + 1) for row in ledger.rows(run)}
            items = [_item(path, row) for row in rows.values() if row.name]
            return cls(sorted(items, key=lambda item: (item.due or "9999", item.request, item.folders.name)), workers)
        if path.is_file():
            return cls([Item(folders) for folders in jobs_of(path)], workers)
        folders = Folders.of(path)
        if not (folders.internal / WORK).exists():
            raise PackageError(
                f"there is nothing to review at {path}",
                remedy="Name OUT/NAME of a job that `bodycam detect` or `redact` worked on, a backlog's folder, or a "
                "recording.",
            )
        return cls([Item(folders)], workers)

    def review(self, number: int) -> Review:
        """Open one job.

        Raises:
            IndexError: there is no such job.
            BodycamError: it cannot be read.
        """
        with self._lock:
            if number not in self._open:
                self._open[number] = Review(self.items[number].folders, self.boxes, self.runner, self._patient)
            return self._open[number]

    def runner(self) -> SharedRunner:
        """The workers; started when they are first needed."""
        with self._lock:
            if self._runner is None:
                self._runner = LocalRunner(self._workers)
            return self._runner

    def _patient(self) -> Runner:
        """The same workers, behind whatever a person waits for."""
        return self.runner().in_turn(1)

    def rows(self) -> list[dict[str, Any]]:
        """Every job: what it is, when it is due, and where it stands."""
        return [
            {
                "job": number,
                "name": item.folders.name,
                "recording": item.recording,
                "request": item.request,
                "due": item.due,
                "state": state_of(item),
                "last_by": last_person(item.folders),
            }
            for number, item in enumerate(self.items)
        ]

    def close(self) -> None:
        """End the boxes and the workers."""
        self.boxes.close()
        with self._lock:
            if self._runner is not None:
                self._runner.close()


def jobs_of(recording: Path) -> list[Folders]:
    """The jobs of a recording, in the places where `bodycam detect` leaves them: here, beside it, and in ``out``.

    Raises:
        PackageError: there is none.
    """
    places = [near / below for near in (Path.cwd(), recording.resolve().parent) for below in (".", OUT)]
    works = {found.resolve() for place in places for found in place.glob(f"*.internal/{WORK}")}
    jobs = [folders for folders in map(Folders.of, sorted(work.parent for work in works)) if _is_of(folders, recording)]
    if not jobs:
        raise PackageError(
            f"nothing was detected of {recording} in {', '.join(sorted({str(place.resolve()) for place in places}))}",
            remedy=f"Run `bodycam detect {recording}` first, or name OUT/NAME of its job.",
        )
    return jobs


def _is_of(folders: Folders, recording: Path) -> bool:
    try:
        return read_work(folders)[0].address == absolute(str(recording))
    except BodycamError:
        return False


def state_of(item: Item) -> str:
    """Where a job stands: as its release does, or else as the batch left it."""
    if item.folders.release.exists():
        try:
            now = review_state_of(item.folders)
            return "needs changes" if now.sent_back_by else now.state
        except BodycamError as error:
            return f"refused: {error.what}"
    if (item.folders.internal / "second-look" / "findings.json").exists():
        return "needs review"
    return item.ended or "planned"


def last_person(folders: Folders) -> str:
    """Who did something to a job last, by its history; "" where nobody did, or it cannot be believed."""
    with suppress(BodycamError):
        return next((event.by for event in reversed(history_of(folders)) if event.what != "worked"), "")
    return ""


def _item(out: Path, row: Row) -> Item:
    return Item(Folders(out, row.name or ""), row.request or "", row.due or "", row.state, name_of(row.address))
