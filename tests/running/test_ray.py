"""What only a cluster can do wrong: tell strangers, lose a node, and trust anybody."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.running.attempts import Lost
from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.ray import _VERSION, RayRunner, _believed, _code, _TaskFile
from bodycam_pipeline.running.recorded import RecordedRunner
from tests.running import steps

NAME = "officer-badge-4711-kitchen"


def test_no_name_reaches_rays_logs_or_its_store(tmp_path: Path) -> None:
    with RayRunner("local", workers=1, task_folder=tmp_path) as runner:
        (outcome,) = runner.run(steps.say_aloud, [NAME])
        assert outcome.result == NAME * 40_000
        session = Path(runner.ray._private.worker._global_node.get_session_dir_path())
    files = [path for path in session.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if NAME.encode() in path.read_bytes()]
    assert list(tmp_path.iterdir()) == [], "a task file was left lying about"


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


def test_a_cluster_that_is_not_there_is_refused_with_a_remedy() -> None:
    # in a process of its own: a process has one way to Ray, and this one leads nowhere
    code = "from bodycam_pipeline.running.ray import RayRunner; RayRunner('ray://127.0.0.1:1')"
    env = os.environ | {"RAY_CLIENT_MAX_CONNECTION_ATTEMPTS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert "WorkerError: no Ray cluster at 'ray://127.0.0.1:1'" in done.stderr
    assert "ray start" in done.stderr


def test_a_node_with_another_version_is_told_so(tmp_path: Path) -> None:
    task_file = tmp_path / "task"
    task_file.write_bytes(b"0.0.0\nwhat another version wrote, and only that one can read")
    assert carried_out(task_file, "00", tmp_path) == "another version"
    assert not task_file.with_suffix(".answer").exists()


class Command:
    """What a reader that unpickles would carry out."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._marker}",)


def test_a_task_file_that_somebody_else_wrote_is_not_read(tmp_path: Path) -> None:
    task_file, content = tmp_path / "task", pickle.dumps((Command(tmp_path / "ran"), None))
    task_file.write_bytes(f"{_VERSION}\n{_code('ab', content)}\n".encode() + content)
    assert carried_out(task_file, "cd", tmp_path) == "changed"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("by", ["the node", "somebody else"])
def test_a_pickle_is_no_answer_and_runs_nothing(by: str, tmp_path: Path) -> None:
    out = _TaskFile(tmp_path / "task", 0.0, "ab", int)
    content = pickle.dumps((Command(tmp_path / "ran"), None))
    out.answer.write_bytes(content)
    answer = _believed(out, _code("ab" if by == "the node" else "cd", content))
    assert isinstance(answer, Lost)
    assert ("none" if by == "the node" else "changed") in answer.how
    assert not (tmp_path / "ran").exists()


def carried_out(task_file: Path, key: str, folder: Path) -> str:
    """What becomes of a task file; in a process of its own, since carrying one out closes the standard streams."""
    code = f"from bodycam_pipeline.running.ray import _carry_out; word = _carry_out({str(task_file)!r}, {key!r})[0]"
    file = folder / "word"
    subprocess.run([sys.executable, "-c", f"{code}; open({str(file)!r}, 'w').write(word)"], check=True)
    return file.read_text()


OUTSIDE = """
import sys
from pathlib import Path
from bodycam_pipeline.running.attempts import Lost
from bodycam_pipeline.running.ray import _VERSION, RayRunner, _believed, _code, _TaskFile
from tests.running import steps

address, folder = sys.argv[1:]
with RayRunner(address, task_folder=Path(folder)) as runner:
    assert runner.workers == 2
    assert sorted(o.result for o in runner.run(steps.double, range(6))) == [0, 2, 4, 6, 8, 10]
    (lost,) = runner.run(steps.die_once, [f"{folder}/marker"])
    assert lost.result == f"{folder}/marker"
    (refused,) = runner.run(steps.refuse, [7])
    assert refused.error.what == "frame 7 is gone"
"""
"""A driver that only talks to a cluster. In a process of its own: a process has one way to Ray."""


@pytest.mark.slow
def test_a_driver_outside_the_cluster_gives_the_same_answers(tmp_path: Path) -> None:
    here = {"PYTHONPATH": str(Path(__file__).parents[2])}  # the steps of this test are no one's package
    env = os.environ | here | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "ab" * 32}
    gcs, client, task_folder = free_port(), free_port(), tmp_path / "tasks"
    words = f"--head --block --node-ip-address=127.0.0.1 --port={gcs} --ray-client-server-port={client} --num-cpus=2"
    place = f"--include-dashboard=false --object-store-memory=83886080 --temp-dir={tempfile.mkdtemp(prefix='ray-')}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env, "start_new_session": True}
    ray = Path(sys.executable).with_name("ray")
    head = subprocess.Popen([ray, "start", *words.split(), *place.split()], **quiet)  # type: ignore[call-overload]
    try:
        wait_for(client)
        driver = [sys.executable, "-c", OUTSIDE, f"ray://127.0.0.1:{client}", task_folder]
        done = subprocess.run(driver, env=env, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == 0, done.stderr
        assert [p.name for p in task_folder.iterdir()] == ["marker"], "a task file was left lying about"
    finally:
        os.killpg(head.pid, signal.SIGKILL)
        head.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.2)


@pytest.mark.slow
def test_a_node_removed_in_the_middle_costs_nothing_but_time(two_nodes: Any, tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger, RayRunner(two_nodes.address, task_folder=tmp_path) as runner:
        run = ledger.begin_run("batch")
        ledger.enter(run, [QueueItem("a", "a.mp4", "o", "{}", 0.0)])
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
