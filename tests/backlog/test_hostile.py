"""The hostile set as one batch: every file ends somewhere, the driver lives, and memory and time stay in bounds."""

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import Peak, command, started

CAP_MINUTES = 10
MOST_BYTES = 3 * 2**30


@pytest.mark.slow
def test_the_hostile_set_is_worked_off(shared: Path, tmp_path: Path) -> None:
    hostile = shared / "hostile"
    if not hostile.is_dir():
        pytest.skip("../shared/data/hostile is not on this machine")
    (tmp_path / "fast.toml").write_text(FAST_TOML)
    began = time.monotonic()
    driver = started(command(tmp_path / "out", tmp_path / "fast.toml", "--cap-minutes", CAP_MINUTES, "--json", hostile))
    peak = Peak(driver.pid)
    said, complaints = driver.communicate(timeout=3600)
    most = peak.end()
    assert driver.returncode in {0, 3, 4}, complaints
    summary = json.loads(Path(json.loads(said)["summary"]).read_text())
    files = {p.name for p in hostile.iterdir() if p.suffix != ".csv"}
    assert {Path(line["recording"]).name for line in summary["recordings"]} == files
    for line in summary["recordings"]:
        assert line["state"] in {"published", "quarantined", "needs review"}
        assert line["state"] == "published" or line["why"]
    slowest = max(summary["recordings"], key=_seconds)
    print(
        f"{len(files)} files: {summary['states']}, most memory {most / 2**30:.2f} GiB, "
        f"{time.monotonic() - began:.0f} s, "
        f"slowest {Path(slowest['recording']).name} {_seconds(slowest):.0f} s"
    )
    for why, count in Counter(line["why"] for line in summary["recordings"] if line["why"]).most_common():
        print(f"  {count} x {why[:140]}")
    assert not [line for line in summary["recordings"] if "a defect" in (line["why"] or "")]
    assert _seconds(slowest) < CAP_MINUTES * 60 + 60
    assert most < MOST_BYTES
    assert "Traceback" not in complaints


def _seconds(line: dict[str, object]) -> float:
    effort = line["effort"]
    return sum(effort.values()) if isinstance(effort, dict) else 0.0
