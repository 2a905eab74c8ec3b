"""Kill -9 at random moments on drivers, workers, boxes and keepers of a vault: nothing is torn, lost or twice."""

import hashlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from bodycam_pipeline import locked
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.running.ledger import Ledger
from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import BODYCAM, started
from tests.clips import clip
from tests.inline import look_here
from tests.waiting import alive, children, wait_for

SEED, SHOTS, RECORDINGS, ORPHAN_SECONDS = 20261129, 32, 2, 5.0
KINDS = ("box", "keeper", "worker", "driver")


def kin(driver: int) -> dict[str, list[int]]:
    """What belongs to a driver, by what it is."""
    found: dict[str, list[int]] = {"driver": [driver], "worker": children(driver), "box": [], "keeper": []}
    for worker in found["worker"]:
        for each in children(worker):
            with suppress(OSError):
                is_locked = "Seccomp:\t2" in Path(f"/proc/{each}/status").read_text()
                found["box" if is_locked else "keeper"].append(each)
    return found


def videos(out: Path) -> list[str]:
    """Digests of what was published; releases of a vault bear names of their job's own."""
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in out.glob("*.release/*.mp4"))


def all_gone(processes: Iterable[int]) -> None:
    """Wait until none is left."""
    left = set(processes)
    wait_for(lambda: not any(map(alive, left)), ORPHAN_SECONDS)


def shoot(driver: "subprocess.Popen[str]", kind: str, dice: random.Random) -> bool:
    """Fire at one of a kind; whether there was one. With the driver all that belongs to it ends."""
    end = time.monotonic() + 30
    while driver.poll() is None and time.monotonic() < end:
        time.sleep(dice.uniform(0.0, 0.3))
        family = kin(driver.pid)
        if family[kind] and family["worker"]:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(family[kind]), signal.SIGKILL)
            if kind == "driver":
                all_gone(each for group in family.values() for each in group if each != driver.pid)
            return True
    return False


@pytest.mark.slow
@pytest.mark.skipif(bool(locked.why_no_box()), reason=f"no box on this machine: {locked.why_no_box()}")
def test_nothing_of_a_vault_is_torn_lost_or_twice(session: VaultSession, tmp_path: Path) -> None:
    policy, dice, shots = tmp_path / "fast.toml", random.Random(SEED), Counter[str]()  # noqa: S311
    policy.write_text(FAST_TOML)
    for number in range(RECORDINGS):
        clip(tmp_path / f"{number}.mp4", frames=150 + number, options={"g": "25"})
        ingest(session, [tmp_path / f"{number}.mp4"], {}, lambda _one: None, look_here)

    def words(out: Path) -> list[str]:
        address = f"vault://{session.vault.address}"
        return [str(BODYCAM), "batch", address, "--out", str(out), "--policy", str(policy), "-j", "2"]

    plain = subprocess.run(words(tmp_path / "reference"), capture_output=True, text=True, check=False)
    assert plain.returncode == 0, plain.stdout + plain.stderr
    reference, rounds = videos(tmp_path / "reference"), 0
    assert len(reference) == RECORDINGS
    while shots.total() < SHOTS:
        rounds += 1
        out, code = tmp_path / f"round-{rounds}", -1
        while code != 0:
            driver = started(words(out))
            try:
                for kind in dice.sample(KINDS, 2) if shots.total() < SHOTS else ():
                    shots[kind] += shoot(driver, kind, dice)
                _, complaints = driver.communicate(timeout=300)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(driver.pid, signal.SIGKILL)
            code = driver.returncode
            assert code in {0, 4, -signal.SIGKILL}, complaints
            assert set(videos(out)) <= set(reference), "torn"
        assert videos(out) == reference, "lost, or twice"
        with Ledger(out / "ledger.sqlite") as ledger:
            assert ledger.counts() == {"published": RECORDINGS}
    print(f"seed {SEED}: {dict(shots)} in {rounds} batches; 0 torn, 0 lost, 0 published twice, no orphan")
    assert min(shots[kind] for kind in KINDS) >= SHOTS // 16
