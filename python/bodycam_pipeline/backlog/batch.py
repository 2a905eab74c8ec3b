"""Work a queue off: one recording after the other, its segments on all workers, and none of them stops the rest.

The driver holds one recording at a time, whatever the queue's length. What could crash on a hostile file runs in a
worker; what a worker cannot survive twice quarantines that recording, with the reason.
"""

import shutil
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bodycam_pipeline.addresses.naming import stem_of
from bodycam_pipeline.addresses.opening import size_and_time
from bodycam_pipeline.backlog.orders import order_of
from bodycam_pipeline.custody.desk import announced
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.media.probe import probe
from bodycam_pipeline.pipeline import Order, key_of, redact_probed
from bodycam_pipeline.running.ledger import Ending, Lease, Ledger
from bodycam_pipeline.running.recorded import RecordedRunner, Stop, StoppedError
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.errors import BodycamError, LedgerError, StorageError
from bodycam_pipeline.values.recording import Recording

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
        told: Called after every recording.
    """

    ledger: Ledger
    run: int
    runner: Runner
    out: Path
    stop: Stop
    cap_seconds: float
    told: Callable[[], None]


def work_off(backlog: Backlog) -> bool:
    """Work until nothing waits (True) or the stop was asked for (False).

    Raises:
        StorageError: the disk takes nothing more; what was in hand is back in the queue.
        LedgerError: the ledger is damaged or was taken over.
    """
    while not backlog.stop():
        lease = backlog.ledger.take(backlog.run)
        if lease is None:
            return True
        _OneRecording(backlog, lease).work()
        backlog.told()
    return not backlog.ledger.counts(backlog.run).get("queued", 0)


class _OneRecording:
    """One leased job, from the queue to its end."""

    def __init__(self, backlog: Backlog, lease: Lease) -> None:
        self._backlog, self._lease, self._ledger = backlog, lease, backlog.ledger
        self._deadline = time.monotonic() + backlog.cap_seconds
        self._runner = RecordedRunner(backlog.runner, backlog.ledger, lease, self._no_more)

    def work(self) -> None:
        """Publish it, or say why not; only what concerns every recording is raised."""
        try:
            self._publish()
        except StoppedError:
            self._stopped()
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
        order = replace(order, address=announced(order.address, "redaction"))
        recording = self._probed(order)
        identity = self._ledger.identify(self._lease, key_of(order, recording), stem_of(order.address))
        if identity.elsewhere:
            return
        published = redact_probed(replace(order, name=identity.name), recording, self._runner)
        self._ledger.finish(self._lease, "published", frames=published.plan.frames)

    def _probed(self, order: Order) -> Recording:
        (outcome,) = self._runner.run(probe, [order.address])
        if outcome.error is not None:
            raise outcome.error
        assert outcome.result is not None  # noqa: S101 - no error, so a result
        return outcome.result

    def _no_more(self) -> bool:
        return self._backlog.stop() or time.monotonic() >= self._deadline

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
