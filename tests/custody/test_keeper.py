"""A sealed recording is decoded in a box that holds no key: a keeper beside it decrypts, and gives ranges of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bodycam_pipeline import locked
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.running.lasting import LastingBoxes
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.tasks import viewing
from bodycam_pipeline.tasks.probe import ProbeTask, probe
from bodycam_pipeline.tasks.viewing import ViewTask, open_viewer
from bodycam_pipeline.values.errors import CustodyLogError, WorkerError
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.store import RECORDING
from tests.attacks.break_outs import TakenOver, pester, taken_over
from tests.attacks.memory import holds
from tests.attacks.trials import TRIALS, World
from tests.clips import clip
from tests.inline import look_here
from tests.waiting import children, wait_for

pytestmark = pytest.mark.skipif(bool(locked.why_no_box()), reason=f"no box on this machine: {locked.why_no_box()}")


@pytest.fixture
def sealed(session: VaultSession, tmp_path: Path) -> str:
    """The address of a sealed recording."""
    (one,) = ingest(session, [clip(tmp_path / "a.mp4", frames=12)], {}, lambda _one: None, look_here)
    return one.address


@pytest.fixture
def runner() -> Iterator[LocalRunner]:
    with LocalRunner(1) as runner:
        yield runner


def identity(ring: Keyring) -> bytes:
    lines = (ring.folder / "identity.txt").read_text().splitlines()
    (secret,) = (line for line in lines if line.startswith("AGE-SECRET-KEY-"))
    return secret.encode()


def probed(runner: LocalRunner, address: str) -> Recording:
    (outcome,) = runner.run(probe, [ProbeTask(address)])
    assert outcome.result is not None, outcome.error
    return outcome.result


def test_who_takes_a_decoder_over_gets_no_key(sealed: str, ring: Keyring, runner: LocalRunner, tmp_path: Path) -> None:
    address, id_ = log_read(sealed, "a test"), str(parse(sealed).id)
    place, facts = tmp_path / "vault" / "recordings" / id_[:2] / id_ / RECORDING, tmp_path / "facts"
    facts.write_text("read by the job")
    keys = ring.folder / "identity.txt"
    world = World(str(keys), str(ring.folder), str(place), str(facts), str(tmp_path / "none"), os.getpid())
    (outcome,) = runner.run(taken_over, [TakenOver(probe, ProbeTask(address), world)])
    assert outcome.result is not None, outcome.error
    assert set(outcome.result) == set(TRIALS)
    assert outcome.result["read a key or another recording"] == "refused"
    assert outcome.result["find what was left open"] == "refused"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_no_key_is_in_the_memory_of_a_box_or_of_its_parent(sealed: str, ring: Keyring, runner: LocalRunner) -> None:
    address = log_read(sealed, "a test")
    recording = probed(runner, address)
    (worker,) = (each.process.pid for each in runner.processes.pool)
    assert holds(worker, b"bodycam_pipeline.running.worker"), "else this finds nothing"
    assert not holds(worker, identity(ring))
    with closing(LastingBoxes(open_viewer)) as boxes:
        pts = recording.packets.shown_pts().tolist()
        assert boxes.open(ViewTask(recording, 0)).ask(viewing.still, pts[0], None, "jpeg")
        assert boxes._parent is not None
        parent = boxes._parent[0].pid
        assert len(children(parent)) == 2, "a box and its keeper"
        assert not holds(parent, identity(ring))
        if os.geteuid() == 0:  # nobody else looks into a box
            (box,) = (each for each in children(parent) if "Seccomp:\t2" in Path(f"/proc/{each}/status").read_text())
            assert holds(box, b"bodycam_pipeline"), "else this finds nothing"
            assert not holds(box, identity(ring))


def test_a_keeper_opens_nothing_that_was_not_announced(sealed: str, runner: LocalRunner) -> None:
    (outcome,) = runner.run(probe, [ProbeTask(sealed)])
    assert isinstance(outcome.error, CustodyLogError)


def test_a_keeper_that_is_told_nonsense_ends_and_the_next_recording_is_read(
    sealed: str, runner: LocalRunner, tmp_path: Path
) -> None:
    address = log_read(sealed, "a test")
    world = World(*(str(tmp_path),) * 5, os.getpid())
    (outcome,) = runner.run(pester, [TakenOver(probe, ProbeTask(address), world)])
    assert isinstance(outcome.error, WorkerError)
    assert "ended its worker process" in outcome.error.what, "nothing is said of the recording"
    assert probed(runner, address).packets.pts.size == 12
    (worker,) = (each.process.pid for each in runner.processes.pool)
    wait_for(lambda: not children(worker), 5.0)
