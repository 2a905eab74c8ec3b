"""What every test may ask for."""

from pathlib import Path

import pytest

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
