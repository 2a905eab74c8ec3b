"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.running import ray as runner_on_ray

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
