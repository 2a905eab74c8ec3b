"""One batch or night: hold the ledger, enter what was asked, work it off, write down what became of it."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from bodycam_pipeline.backlog.batch import Backlog, work_off
from bodycam_pipeline.backlog.orders import WorkItem, queue_item
from bodycam_pipeline.backlog.report import write_page
from bodycam_pipeline.backlog.summary import Summary, summarize, write_summary
from bodycam_pipeline.durable import make_folder, make_private_folder
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.recorded import Stop
from bodycam_pipeline.running.runner import SharedRunner

CAP_SECONDS = 12 * 3600.0
"""A shift's recording takes hours on a small machine; what is at work for half a day is not going to end."""

Watcher = Callable[[Ledger, int], None]
"""Told the ledger and the run after every recording."""


@dataclass(frozen=True)
class RunOptions:
    """What a run was asked for.

    Attributes:
        kind: A batch works on what it was given; a night also on everything that still waits in the ledger.
        out: The folder that takes the releases.
        ledger: The ledger's file.
        report: Where ``summary.json`` and ``report.html`` go; ``{run}`` is its number.
        stop: Whether no more work is to be begun.
        cap_seconds: What takes longer than this is quarantined.
        own_names: Whether releases are called as their recordings are, and not by request or key.
    """

    kind: Literal["batch", "nightly"]
    out: Path
    ledger: Path
    report: str
    stop: Stop
    cap_seconds: float = CAP_SECONDS
    own_names: bool = False


@dataclass(frozen=True)
class Ended:
    """How a run ended: its totals, and where they are written down."""

    summary: Summary
    folder: Path
    empty: bool


def carry_out(options: RunOptions, items: Iterable[WorkItem], runner: SharedRunner, watch: Watcher) -> Ended:
    """Work off what was asked for; whatever happens to single recordings, the rest goes on.

    Raises:
        LedgerError: another batch holds the ledger.
        StorageError: the disk takes nothing more; what was in hand is back in the queue.
        WorkListError, PolicyError, ModelError: what was asked for is not clear; nothing was begun.
    """
    make_folder(options.out)
    with Ledger(options.ledger) as ledger, ledger.locked():
        run, started = ledger.begin_run(options.kind), time.time()
        ledger.enter(run, map(queue_item, items), again=options.kind == "batch")
        if options.kind == "nightly":
            ledger.ask_for_all(run)
        tick = partial(watch, ledger, run)
        backlog = Backlog(ledger, run, runner, options.out, options.stop, options.cap_seconds, tick, options.own_names)
        watch(ledger, run)
        empty = False
        try:
            empty = work_off(backlog)
        finally:
            summary = summarize(ledger, run, options.kind, started, time.time())
            folder = _written_down(ledger, run, summary, options)
        return Ended(summary, folder, empty)


def _written_down(ledger: Ledger, run: int, summary: Summary, options: RunOptions) -> Path:
    ledger.end_run(run, json.dumps(summary.as_json()))
    folder = options.out / options.report.format(run=run)
    make_private_folder(folder.parent)
    make_private_folder(folder)
    write_summary(ledger, run, summary, folder / "summary.json")
    write_page(ledger, run, summary, folder / "report.html", options.out)
    return folder


@contextmanager
def runner_for(ray: str | None, workers: int | None, out: Path, cap_seconds: float) -> Iterator[SharedRunner]:
    """The runner that was asked for: worker processes here, or a Ray cluster.

    Raises:
        WorkerError: the cluster cannot be reached.
    """
    if ray is None:
        with LocalRunner(workers or os.cpu_count() or 1, task_limit_seconds=min(cap_seconds, 1800.0)) as local:
            yield local
        return
    from bodycam_pipeline.running.ray import RayRunner

    with RayRunner(
        ray, workers=workers, task_folder=out.absolute(), task_limit_seconds=min(cap_seconds, 1800.0)
    ) as cluster:
        yield cluster
