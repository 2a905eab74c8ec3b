"""The ledger under every order of events that hypothesis can think of, against a model of five lines."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.running.segment_leases import SegmentLease
from bodycam_pipeline.values.errors import LateResultError

FILES = st.integers(0, 7)
CONTENTS = 4
"""Eight files hold four recordings: every recording has a copy."""


class LedgerMachine(RuleBasedStateMachine):
    """Two drivers' worth of leases on one ledger; crashes, renames, copies and late answers at will."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.sqlite"
        self.ledger = Ledger(self.path)
        self.run = self.ledger.begin_run("batch")
        self.entered: set[int] = set()
        self.leases: list[Lease] = []
        self.dead: list[Lease] = []
        self.tries: list[SegmentLease] = []
        self.published: list[str] = []
        self.names: dict[int, str] = {}

    def teardown(self) -> None:
        self.ledger.__exit__(None, None, None)
        self.folder.cleanup()

    @rule(file=FILES, due=st.sampled_from([None, "2026-12-01", "2026-12-02"]))
    def ask(self, file: int, due: str | None) -> None:
        self.ledger.enter(self.run, [QueueItem(str(file), str(file), "o", "{}", float(file), due)])
        self.entered.add(file)

    @rule()
    def take(self) -> None:
        lease = self.ledger.take(self.run)
        if lease is not None:
            assert all(lease.token > older.token for older in self.leases + self.dead)
            self.leases.append(lease)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def identify(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        content = int(lease.address) % CONTENTS
        identity = self.ledger.identify(lease, f"key {content}", lease.address)
        assert self.names.setdefault(content, identity.name) == identity.name, "renaming changed the release's name"
        if identity.elsewhere:
            self._end(lease)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), number=st.integers(0, 2))
    def try_a_segment(self, data: st.DataObject, number: int) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.ledger.plan_segments(lease, "render", 3)
        self.tries.append(self.ledger.lease_segment(lease, "render", number))

    @precondition(lambda self: self.tries)
    @rule(data=st.data(), tried=st.sampled_from(["done", "refused", "lost"]))
    def answer(self, data: st.DataObject, tried: str) -> None:
        segment = data.draw(st.sampled_from(self.tries))
        newest = [t for t in self.tries if (t.job.job, t.number) == (segment.job.job, segment.number)][-1]
        try:
            self.ledger.end_segment(segment, tried, 1.0)  # type: ignore[arg-type]
        except LateResultError:
            return
        assert segment.token == newest.token, "a late result was taken"
        assert segment.job in self.leases, "a result was taken under a lease that had ended"

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), state=st.sampled_from(["quarantined", "needs review", "published"]))
    def finish(self, data: st.DataObject, state: str) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        if state == "published":
            content = int(lease.address) % CONTENTS
            if self.ledger.identify(lease, f"key {content}", lease.address).elsewhere:
                self._end(lease)
                return
            self.published.append(f"key {content}")
        self.ledger.finish(lease, state, "because")  # type: ignore[arg-type]
        self._end(lease)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.ledger.give_back(lease)
        self._end(lease)

    @precondition(lambda self: self.dead)
    @rule(data=st.data())
    def come_back_late(self, data: st.DataObject) -> None:
        try:
            self.ledger.finish(data.draw(st.sampled_from(self.dead)), "published")
        except LateResultError:
            return
        raise AssertionError("an ended lease published a job")

    @rule()
    def crash(self) -> None:
        self.ledger.__exit__(None, None, None)
        self.ledger = Ledger(self.path)
        with self.ledger.locked():
            pass
        self.dead += self.leases
        self.leases = []

    def _end(self, lease: Lease) -> None:
        self.leases.remove(lease)
        self.dead.append(lease)

    @invariant()
    def nothing_is_lost(self) -> None:
        assert sum(self.ledger.counts().values()) == len(self.entered)
        assert self.ledger.counts().get("leased", 0) == len(self.leases)

    @invariant()
    def nothing_is_published_twice(self) -> None:
        assert len(self.published) == len(set(self.published))


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
