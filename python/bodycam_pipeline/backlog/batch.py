"""Work a queue off: recordings in their order, their segments on all workers, and none of them stops the rest.

The next recording is begun when a worker has nothing to do: while the last segments of one are at work, while its
tracks are linked and its file is joined. Its segments wait until those of the earlier ones are out. So the driver holds
a few recordings at a time, whatever the queue's length: as many as fill the workers. What could crash on a hostile file
runs in a worker; what a worker cannot survive twice quarantines that recording, with the reason.
"""

import shutil
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from bodycam_pipeline.backlog.orders import name_mark, order_of, release_name
from bodycam_pipeline.custody.session import log_read
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.passes import probe_in_worker
from bodycam_pipeline.pipeline import key_of, redact_probed
from bodycam_pipeline.running.job_queue import Ending
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.running.recorded import RecordedRunner, Stop, StoppedError
from bodycam_pipeline.running.runner import GivenUpError, SharedRunner
from bodycam_pipeline.schemes import size_and_time
from bodycam_pipeline.values.errors import BodycamError, LedgerError, StorageError

MOST_AT_ONCE = 64
"""Recordings that the driver holds at once: indexes of 100 bytes per frame, and their half-done files."""

_LOOK_SECONDS = 0.05
"""How often the driver looks whether a worker has nothing to do."""

_TRIAL_BYTES = 1 << 20
"""A folder that does not take a megabyte is full, whatever its recording was."""

_STAGED_AND_PUBLISHED = 2
"""A release is seldom larger than its recording, and lies there twice while it is joined."""

_NEEDS_A_PERSON = 3
"""The exit code of errors that a person's decision resolves."""


@dataclass(frozen=True)
class Backlog:
    """Everything that one batch or night works with.

    Attributes:
        ledger: Open, and held by this process.
        run: Which run of the ledger this is.
        runner: Where segments go.
        out: The folder that takes the releases.
        stop: Whether no more work is to be begun.
        cap_seconds: What takes longer than this is quarantined.
        tick: Called after every recording.
        own_names: Whether releases are called as their recordings are, and not by request or key.
    """

    ledger: Ledger
    run: int
    runner: SharedRunner
    out: Path
    stop: Stop
    cap_seconds: float
    tick: Callable[[], None]
    own_names: bool = False


def work_off(backlog: Backlog) -> bool:
    """Work until nothing waits (True) or the stop was asked for (False).

    Raises:
        StorageError: the disk takes nothing more; what was in hand is back in the queue.
        LedgerError: the ledger is damaged or was taken over.
    """
    with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="recording") as threads:
        at_work = _AtWork(backlog, threads)
        try:
            at_work.go_on_until_nothing_waits()
            at_work.finish()
        except Exception:
            at_work.finish()
            raise
        except BaseException:  # told to leave at once
            at_work.leave()
            raise
    return not backlog.ledger.counts(backlog.run).get("queued", 0)


class _AtWork:
    """The recordings that are at work, each in a thread of the driver that mostly waits for workers."""

    def __init__(self, backlog: Backlog, threads: ThreadPoolExecutor) -> None:
        self._backlog, self._threads = backlog, threads
        self._ending = threading.Event()
        self._begun: set[Future[None]] = set()
        self._most = min(backlog.runner.workers + 1, MOST_AT_ONCE)

    def go_on_until_nothing_waits(self) -> None:
        """Begin what waits, whenever there is room."""
        while not self._stop():
            if self._has_room():
                lease = self._backlog.ledger.take(self._backlog.run)
                if lease is not None:
                    self._begun.add(self._threads.submit(_OneRecording(self._backlog, lease, self._stop).work))
                    continue
                if not self._begun:
                    return
                self._collect(None)  # what waits now, if anything, is what ends with one of these
            else:
                self._collect(_LOOK_SECONDS)

    def finish(self) -> None:
        """Let those that are at work come to their end; after a stop, to the end of their segments in hand."""
        while self._begun:
            self._collect(None)

    def leave(self) -> None:
        """Give up what is at work."""
        self._ending.set()
        self._backlog.runner.close()

    def _stop(self) -> bool:
        return self._ending.is_set() or self._backlog.stop()

    def _has_room(self) -> bool:
        return not self._begun or (len(self._begun) < self._most and self._backlog.runner.has_room())

    def _collect(self, seconds: float | None) -> None:
        ended, self._begun = wait(self._begun, seconds, FIRST_COMPLETED)
        for one in ended:
            if one.exception() is not None:
                self._ending.set()
        for one in ended:
            one.result()
            self._backlog.tick()


class _OneRecording:
    """One leased job, from the queue to its end."""

    def __init__(self, backlog: Backlog, lease: Lease, stop: Stop) -> None:
        self._backlog, self._lease, self._stop, self._ledger = backlog, lease, stop, backlog.ledger
        self._deadline = time.monotonic() + backlog.cap_seconds
        self._runner = RecordedRunner(backlog.runner.in_turn(lease.token), backlog.ledger, lease, self._no_more)

    def work(self) -> None:
        """Publish it, or say why not; only what concerns every recording is raised."""
        try:
            self._publish()
        except StoppedError:
            self._stopped()
        except GivenUpError:
            self._ledger.give_back(self._lease, "interrupted")
        except LedgerError:
            raise
        except StorageError as error:
            self._refused_by_the_disk(error)
        except BodycamError as error:
            self._end("needs review" if error.exit_code == _NEEDS_A_PERSON else "quarantined", str(error))
        except Exception as defect:
            where = traceback.extract_tb(defect.__traceback__)[-1]
            self._end("quarantined", f"a defect: {type(defect).__name__} in {where.name}: {defect}. Please report it.")
        except BaseException:
            self._ledger.give_back(self._lease, "interrupted")
            raise

    def _publish(self) -> None:
        order = order_of(self._lease, self._backlog.out)
        order = replace(order, address=log_read(order.address, "redaction"))
        recording = probe_in_worker(self._runner, order.address)
        key = key_of(order, recording)
        mark = name_mark(self._backlog.out, key)
        wanted = release_name(self._lease, mark, own_names=self._backlog.own_names)
        identity = self._ledger.identify(self._lease, key, wanted, mark)
        if identity.elsewhere:
            return
        published = redact_probed(replace(order, name=identity.name), recording, self._runner)
        self._ledger.finish(self._lease, "published", frames=published.plan.frames)

    def _no_more(self) -> bool:
        return self._stop() or time.monotonic() >= self._deadline

    def _stopped(self) -> None:
        if time.monotonic() < self._deadline:
            self._ledger.give_back(self._lease)
            return
        minutes = self._backlog.cap_seconds / 60
        self._end(
            "quarantined", f"took longer than its cap of {minutes:g} minutes. Run it alone, or raise --cap-minutes."
        )

    def _refused_by_the_disk(self, error: StorageError) -> None:
        """One unwritable file is that recording's trouble; a full or broken disk is everybody's."""
        if _takes_more(self._backlog.out, self._lease.address):
            self._end("quarantined", str(error))
            return
        self._ledger.give_back(self._lease, error.what)
        raise error

    def _end(self, state: Ending, why: str) -> None:
        self._ledger.finish(self._lease, state, why)


def _takes_more(folder: Path, recording: str) -> bool:
    """Whether a folder could take what a recording needs: room for it, and a small file to prove it."""
    trial = folder / ".trial"
    try:
        size = size_and_time(recording)[0] or 0
        write_atomically(trial, bytes(_TRIAL_BYTES))
        trial.unlink()
        return shutil.disk_usage(folder).free > _STAGED_AND_PUBLISHED * size
    except (StorageError, OSError):
        return False
