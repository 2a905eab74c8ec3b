"""What only a cluster can do wrong: tell strangers, lose a node, and trust anybody."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.running.ledger import Entry, Ledger
from bodycam_pipeline.running.ray import RayRunner
from bodycam_pipeline.running.recorded import RecordedRunner
from bodycam_pipeline.values.errors import WorkerError
from tests.running import steps

NAME = "officer-badge-4711-kitchen"


def test_no_name_reaches_rays_logs_or_its_store(tmp_path: Path) -> None:
    with RayRunner("local", workers=1, letters=tmp_path) as runner:
        (outcome,) = runner.run(steps.say_aloud, [NAME])
        assert outcome.result == NAME * 40_000
        session = Path(runner.ray._private.worker._global_node.get_session_dir_path())
    files = [path for path in session.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if NAME.encode() in path.read_bytes()]
    assert list(tmp_path.iterdir()) == [], "a letter was left lying about"


@pytest.mark.slow
def test_a_stranger_without_the_token_is_refused() -> None:
    with RayRunner("local", workers=1) as runner:
        address = runner.ray.get_runtime_context().gcs_address
        code = f"import ray; ray.init(address={address!r}, log_to_driver=False)"
        env = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
        stranger = [sys.executable, "-c", code]
        done = subprocess.run(stranger, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0
    assert "uthenticat" in done.stderr


def test_a_cluster_that_is_not_there_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_connect_timeout_s", "1")
    with pytest.raises(WorkerError, match="no Ray cluster") as refused:
        RayRunner("ray://127.0.0.1:1")
    assert "ray start" in refused.value.remedy


def test_a_node_with_another_version_is_told_so(tmp_path: Path) -> None:
    import pickle

    letter = tmp_path / "letter"
    letter.write_bytes(pickle.dumps(("0.0.0", steps.double, 1)))
    code = f"from bodycam_pipeline.running.ray import _carry_out; import sys; sys.exit(_carry_out({str(letter)!r}))"
    # in a process of its own: carrying out a letter closes the standard streams
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert not letter.with_suffix(".answer").exists()


@pytest.mark.slow
def test_a_node_removed_in_the_middle_costs_nothing_but_time(two_nodes: Any, tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger, RayRunner(two_nodes.address, letters=tmp_path) as runner:
        run = ledger.begin_run("batch")
        ledger.enter(run, [Entry("a", "a.mp4", "o", "{}", 0.0)])
        job = ledger.take(run)
        assert job is not None
        assert runner.workers == 2
        outcomes = {}
        for outcome in RecordedRunner(runner, ledger, job, lambda: False).run(steps.take_a_while, range(40)):
            outcomes[outcome.number] = outcome.result
            if len(outcomes) == 10:
                two_nodes.remove_node(two_nodes.list_all_nodes()[1], allow_graceful=False)
        print(f"40 segments, a node removed after 10: tries {ledger.tries()}, results all right")
        assert outcomes == {n: 2 * n for n in range(40)}
        assert ledger.tries()["done"] == 40
        assert ledger.tries().get("again", 0) == 0
