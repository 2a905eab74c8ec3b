"""Kill -9 at random moments on drivers and workers, local and Ray's: nothing torn, nothing lost, nothing twice."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bodycam_pipeline.running.ledger import Ledger
from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import command, release_bytes, started, workers
from tests.clips import clip

SEED = 20261124
WORKERS = 2
RECORDINGS = 3
WORKERS_SHARE = 0.25
"""So many of the shots have to hit workers, or the storm has not shown what it says."""


@dataclass
class Storm:
    """One batch under fire, over and over, until enough shots were fired."""

    folder: Path
    dock: Path
    reference: dict[str, bytes]
    dice: random.Random
    ray: bool
    shots: dict[str, int] = field(default_factory=lambda: {"driver": 0, "worker": 0})
    again: int = 0
    lost: int = 0
    rounds: int = 0

    def round(self, shots: int) -> None:
        """A fresh folder; drivers are started until one gets through, and shot at meanwhile."""
        self.rounds += 1
        out = self.folder / f"round-{self.rounds}"
        more = ["--ray", "local"] if self.ray else []
        words = command(out, self.folder / "fast.toml", "-j", WORKERS, *more, self.dock)
        finished: dict[Path, int] = {}
        while True:
            driver = started(words)
            try:
                killed = self._shoot(driver, shots)
                said, complaints = driver.communicate(timeout=300)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(driver.pid, signal.SIGKILL)
            self._nothing_torn(out)
            before, finished = finished, results(out)
            self.again += sum(finished[path] != before[path] for path in finished.keys() & before.keys())
            if driver.returncode == 0:
                break
            if not killed:  # two shots at one segment quarantine its recording; the same command tries it again
                assert driver.returncode == 4, complaints
                assert "ended its worker process" in said, said
        self._nothing_lost_or_twice(out)

    def _shoot(self, driver: subprocess.Popen[str], most: int) -> bool:
        """Fire while it runs; whether the driver was hit."""
        while sum(self.shots.values()) < most:
            while driver.poll() is None and not workers(driver.pid):
                time.sleep(0.1)  # a cluster takes a while
            time.sleep(self.dice.uniform(0.2, 4.0 if self.ray else 2.5))
            if driver.poll() is not None:
                return False
            victims = workers(driver.pid)
            if victims and self.dice.random() < 0.5:
                with suppress(ProcessLookupError):
                    os.kill(self.dice.choice(victims), signal.SIGKILL)
                    self.shots["worker"] += 1
            else:
                driver.kill()
                self.shots["driver"] += 1
                return True
        return False

    def _nothing_torn(self, out: Path) -> None:
        for name, content in release_bytes(out).items():
            assert content == self.reference[name], f"{name} is torn"

    def _nothing_lost_or_twice(self, out: Path) -> None:
        assert release_bytes(out) == self.reference
        with Ledger(out / "ledger.sqlite") as ledger:
            assert ledger.counts() == {"published": RECORDINGS}
            self.lost += ledger.tries().get("lost", 0)
        database = sqlite3.connect(out / "ledger.sqlite")
        (twice,) = database.execute(
            "SELECT count(*) FROM (SELECT 1 FROM attempts WHERE outcome = 'done' GROUP BY job, phase, number"
            " HAVING count(*) > 1)"
        ).fetchone()
        database.close()
        assert twice == 0


def results(out: Path) -> dict[Path, int]:
    """The results of segments that lie on the disk, each with its inode: one that is made again is another file."""
    patterns = ("*.internal/detections/*/??????.candidates", "*.staging/*/*.samples", "*.staging/*/??????.parquet")
    return {path: path.stat().st_ino for pattern in patterns for path in out.glob(pattern)}


@pytest.mark.slow
@pytest.mark.parametrize(("ray", "shots"), [(False, 40), (True, 20)], ids=["local", "ray"])
def test_nothing_is_torn_lost_or_twice(ray: bool, shots: int, tmp_path: Path) -> None:
    dock = tmp_path / "dock"
    dock.mkdir()
    (tmp_path / "fast.toml").write_text(FAST_TOML.replace("[encoding]\n", "[encoding]\nuntouched = 'reencode'\n"))
    for number in range(RECORDINGS):
        clip(dock / f"{number}.mp4", frames=600 + number, size=(640, 384), options={"g": "25"})
    plain = command(tmp_path / "reference", tmp_path / "fast.toml", "-j", WORKERS, dock)
    assert subprocess.run(plain, capture_output=True, check=False).returncode == 0
    reference = release_bytes(tmp_path / "reference")
    storm = Storm(tmp_path, dock, reference, random.Random(SEED), ray)  # noqa: S311
    while sum(storm.shots.values()) < shots:
        storm.round(shots)
    print(
        f"seed {SEED}, {'ray' if ray else 'local'}: {storm.shots} shots in {storm.rounds} batches; "
        f"0 torn, 0 lost, 0 published twice; begun again: {storm.lost}, finished and done again: {storm.again}"
    )
    assert storm.again == 0
    assert storm.shots["worker"] >= WORKERS_SHARE * shots
    assert storm.lost <= WORKERS * storm.shots["driver"] + storm.shots["worker"]
