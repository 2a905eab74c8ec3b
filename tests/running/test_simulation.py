"""A hundred thousand segments, workers that vanish, drivers that crash, late answers: nothing lost, nothing twice."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.running.recorded import RecordedRunner, StoppedError
from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.running.segment_leases import SegmentLease
from bodycam_pipeline.values.errors import LateResultError, WorkerError

SEED = 20261123
RECORDINGS, SEGMENTS, COPIES = 1000, 100, 50
PHASES = ("detect", "render")
LOST, REFUSED_FOR_GOOD, CRASH, STOP, LATE = 0.02, 0.0002, 0.0005, 0.0005, 0.01
"""Chances per segment: of a lost worker, a lost segment, a crashed driver, a stop, and of an answer that comes late."""


class CrashError(Exception):
    """The driver is gone, in the middle of anything."""


class Remembering(Ledger):
    """Keeps the latest segment leases, for answers that come late."""

    past: list[SegmentLease]

    def lease_segment(self, lease: Lease, phase: str, number: int) -> SegmentLease:
        segment = super().lease_segment(lease, phase, number)
        self.past = [*getattr(self, "past", [])[-20:], segment]
        return segment


class Unreliable:
    """A runner of three imagined workers whose tasks end out of order, die, and take the driver with them."""

    workers = 3

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        waiting, hand = list(range(len(tasks)))[::-1], []
        while waiting or hand:
            while waiting and len(hand) < self.workers:
                number = waiting.pop()
                hand.append((number, tasks[number]))
            number, task = hand.pop(self.dice.randrange(len(hand)))
            if self.dice.random() < CRASH:
                raise CrashError
            if self.dice.random() < LOST:
                task = tasks[number]
            if self.dice.random() < REFUSED_FOR_GOOD:
                yield Outcome(number, error=WorkerError("a step ended its worker process, 2 times", remedy="Look."))
            else:
                yield Outcome(number, step(task))


def detect_segment(task: int) -> int:
    return task


def render_segment(task: int) -> int:
    return task


class Night:
    """One driver's life, and what a bystander saw of it."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.path, self.dice = path, dice
        self.published: Counter[str] = Counter()
        self.order: list[tuple[bool, str, float]] = []
        self.late = self.crashes = self.stops = 0

    def live(self, run: int) -> bool:
        """Work until the queue is empty (True) or the driver crashes."""
        with Remembering(self.path) as ledger, ledger.locked():
            while job := ledger.take(run):
                try:
                    self._one(ledger, job)
                except CrashError:
                    self.crashes += 1
                    return False
                except StoppedError:
                    self.stops += 1
                    ledger.give_back(job)
            return True

    def _one(self, ledger: Remembering, job: Lease) -> None:
        name, due, since = job.address.split("|")
        self.order.append((due == "", due, float(since)))
        identity = ledger.identify(job, f"key {name}", name)
        if identity.elsewhere:
            return
        runner = RecordedRunner(Unreliable(self.dice), ledger, job, lambda: self.dice.random() < STOP)
        try:
            for step in (detect_segment, render_segment):
                for outcome in runner.run(step, range(SEGMENTS // len(PHASES))):
                    self._say_something_late(ledger)
                    if outcome.error is not None:
                        raise outcome.error
        except WorkerError as error:
            ledger.finish(job, "quarantined", str(error))
            return
        self.published[name] += 1
        ledger.finish(job, "published", frames=SEGMENTS)

    def _say_something_late(self, ledger: Remembering) -> None:
        if self.dice.random() >= LATE:
            return
        for segment in ledger.past:
            alive = ledger._read("SELECT 1 FROM attempts WHERE token = ? AND outcome = 'at work'", segment.token)
            if not alive:
                with pytest.raises(LateResultError):
                    ledger.end_segment(segment, "done", 1.0)
                self.late += 1


def entries(dice: random.Random) -> Iterator[QueueItem]:
    for number in range(RECORDINGS + COPIES):
        due = dice.choice([None, "2026-12-01", "2026-12-05", "2026-12-09"])
        since = float(dice.randrange(10**6))
        address = f"{number % RECORDINGS}|{due or ''}|{since}"
        yield QueueItem(str(number), address, "order", "{}", since, due)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """In memory where there is such a disk: what is under test is order and arithmetic, not the disk's patience."""
    memory = Path("/dev/shm")  # noqa: S108
    return memory if memory.is_dir() else tmp_path


@pytest.mark.slow
def test_a_hundred_thousand_segments_are_each_done_once_and_in_fair_order(folder: Path) -> None:
    dice = random.Random(SEED)  # noqa: S311
    path = folder / f"simulation-{time.monotonic_ns()}.sqlite"
    night = Night(path, dice)
    began = time.monotonic()
    try:
        with Ledger(path) as ledger:
            run = ledger.begin_run("nightly")
            ledger.enter(run, entries(dice))
        while not night.live(run):
            pass
        with Ledger(path) as ledger:
            counts, tries = ledger.counts(run), ledger.tries()
            rows = list(ledger.rows(run))
    finally:
        for left in folder.glob(f"{path.name}*"):
            left.unlink()
    print(
        f"seed {SEED}: {counts}, segments {tries}, {night.crashes} crashed drivers, {night.stops} stops, "
        f"{night.late} late results refused, {time.monotonic() - began:.0f} s"
    )
    assert sum(counts.values()) == RECORDINGS + COPIES
    assert set(counts) == {"published", "quarantined"}
    assert all(n == 1 for n in night.published.values()), "published twice"
    done = {row.address.split("|")[0] for row in rows if row.state == "published"}
    assert done == set(night.published), "the ledger and the bystander differ"
    assert tries["done"] >= len(night.published) * SEGMENTS
    assert night.order == sorted(night.order), "somebody jumped the queue"
    assert min(night.crashes, night.stops, night.late, tries["lost"], tries["again"]) > 10
