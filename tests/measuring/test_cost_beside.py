"""What `benchmarks.cost_beside` says of a run that failed: a run that does nothing is cheap, and no measurement."""

from pathlib import Path

import pytest

from benchmarks.cost_beside import cost_of

ROOT = Path(__file__).parents[2]


def test_a_run_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"detect of .* failed on .*missing\.mp4"):
        cost_of(ROOT, "detect", tmp_path / "missing.mp4")
