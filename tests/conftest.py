"""What every test may ask for, and how long it may take."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings
from pyarrow import fs

from bodycam_pipeline import locked
from bodycam_pipeline.running import ray as runner_on_ray
from tests.processes import LIMIT_SECONDS, LimitedPopen

if locked.why_no_box():  # on this machine nothing is decoded in a box: its tests are skipped, all others do without
    os.environ.setdefault(locked.VARIABLE, locked.WEAK)

settings.register_profile("steady", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("steady")

subprocess.Popen = LimitedPopen  # type: ignore[misc]

TEST_SECONDS, SLOW_TEST_SECONDS = 900, 2 * LIMIT_SECONDS
"""No test waits for ever. The limits are far above what any takes, even where four others have the machine."""

AGAIN_SECONDS = 30
"""A test that is told and goes on waiting, on its way out of a block, is told again."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    limit = SLOW_TEST_SECONDS if item.get_closest_marker("slow") else TEST_SECONDS

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"{item.nodeid} takes longer than {limit} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, limit, AGAIN_SECONDS)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


SECRET = "sesame-open-123"  # noqa: S105 - opens nothing
SHARED = Path(__file__).parents[2] / "shared" / "data"
"""Recordings that are used here and never committed; next to the checkout, and on few machines."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real and hostile recordings; the test is skipped, by name, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("../shared/data is not on this machine")
    return SHARED


def shared_files(folder: str) -> list[Path]:
    """The recordings of one shared folder, for parametrising; empty where it is absent."""
    return sorted(p for p in (SHARED / folder).glob("*") if p.suffix not in {".csv", ".json"})


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A real S3 server on loopback; gives its endpoint."""
    with s3_served() as endpoint:
        yield endpoint


@contextmanager
def s3_served() -> Iterator[str]:
    """One that ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> fs.FileSystem:
    """That server as this process and its workers are told of it, by environment; gives a way to put things there."""
    for name, value in {"ENDPOINT_URL": s3_server, "ACCESS_KEY_ID": "AKIATEST", "SECRET_ACCESS_KEY": SECRET}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return fs.S3FileSystem(endpoint_override=s3_server, region="us-east-1", allow_bucket_creation=True)


@pytest.fixture
def two_nodes() -> Iterator[Any]:
    """A real Ray cluster of two nodes on this machine, a processor each."""
    runner_on_ray._lock_up("local")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()
