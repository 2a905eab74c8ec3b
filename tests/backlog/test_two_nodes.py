"""A batch on two real nodes of which one is taken away: the same bytes, and no segment done twice."""

from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.backlog.run import Ended, RunOptions, Watcher, carry_out
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.ray import RayRunner
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.policy import Policy
from tests.backlog.machine import release_bytes
from tests.backlog.test_batch import nobody
from tests.clips import clip

RECORDINGS = 4


def batch(out: Path, dock: Path, runner: Runner, policy: Policy, watch: Watcher = nobody) -> Ended:
    options = RunOptions("batch", out, out / "ledger.sqlite", "reports", lambda: False, own_names=True)
    return carry_out(options, work_items([str(dock)], policy), runner, watch)


@pytest.mark.slow
def test_a_node_removed_in_the_middle_of_a_batch_changes_no_byte(two_nodes: Any, tmp_path: Path, fast: Policy) -> None:
    dock = tmp_path / "dock"
    dock.mkdir()
    for number in range(RECORDINGS):
        clip(dock / f"{number}.mp4", frames=800 + number, options={"g": "25"})
    with LocalRunner(1) as local:
        batch(tmp_path / "reference", dock, local, fast)

    def remove_one_node(ledger: Ledger, run: int) -> None:
        if ledger.counts(run).get("published") == 1 and len(two_nodes.list_all_nodes()) == 2:
            removed = two_nodes.list_all_nodes()[1]
            two_nodes.remove_node(removed, allow_graceful=False)

    with RayRunner(two_nodes.address, task_folder=tmp_path / "out") as cluster:
        ended = batch(tmp_path / "out", dock, cluster, fast, remove_one_node)
        left = cluster.workers
    with Ledger(tmp_path / "out" / "ledger.sqlite") as ledger:
        tries = ledger.tries()
    print(f"{ended.summary.states}, tries {tries}, {left} of 2 nodes at the end")
    assert ended.summary.states == {"published": RECORDINGS}
    assert release_bytes(tmp_path / "out") == release_bytes(tmp_path / "reference") != {}
    assert tries.get("again", 0) == 0
    assert not list((tmp_path / "out").glob(".letters-*"))
