"""A log put back, cut or forked by somebody who holds its key: the machines that saw more notice, without a witness."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bodycam_pipeline.custody import session as session_module
from bodycam_pipeline.custody.audit import audit
from bodycam_pipeline.custody.ingest import find_files, ingest
from bodycam_pipeline.custody.session import VaultSession, log_read, open_session
from bodycam_pipeline.evidence.keys import read_private_key
from bodycam_pipeline.values.errors import CustodyLogError
from bodycam_pipeline.vault import log as log_module
from bodycam_pipeline.vault.log import CustodyLog
from bodycam_pipeline.vault.naming import Sealed
from bodycam_pipeline.vault.opening import _ingest_of, open_sealed
from bodycam_pipeline.vault.tiles import Tiles
from tests.clips import clip
from tests.inline import look_here

SECONDS = 300


@pytest.fixture
def held(session: VaultSession, tmp_path: Path) -> VaultSession:
    """A vault with a recording, and a log of some hundred entries."""
    (tmp_path / "dock").mkdir()
    clip(tmp_path / "dock" / "a.mp4", frames=3)
    ingest(session, find_files([tmp_path / "dock"]), {}, lambda _one: None, look_here)
    session.log.append(_key(session), *({"event": "read", "purpose": str(n)} for n in range(300)))
    return open_session(session.vault.address)


def _key(session: VaultSession) -> "log_module.Ed25519PrivateKey":
    return read_private_key(session.ring.path("log.pem"))


def _put_back(session: VaultSession, old: Path) -> None:
    shutil.rmtree(session.log.folder)
    shutil.copytree(old, session.log.folder)


def _forget(session: VaultSession) -> None:
    """Do what another process of this machine would do."""
    session_module._register_of.cache_clear()
    _ingest_of.cache_clear()
    assert session.ring.folder.exists()


def _address(session: VaultSession) -> str:
    return str(Sealed(session.vault.address, next(iter(session.recordings()))))


def older(session: VaultSession, folder: Path) -> None:
    """Yesterday's log, as it was."""
    shutil.copytree(session.log.folder, folder / "old")
    session.record("read", purpose="what shall be forgotten")
    _put_back(session, folder / "old")


def only_the_checkpoint(session: VaultSession, folder: Path) -> None:
    """Yesterday's checkpoint on today's tiles, which hold all that it needs."""
    del folder
    note = session.log.note()
    session.record("read", purpose="what shall be forgotten")
    (session.log.folder / "checkpoint").write_bytes(note)


def as_long(session: VaultSession, folder: Path) -> None:
    """Yesterday's log with another entry in the place of the last."""
    older(session, folder)
    CustodyLog(session.log.folder, session.log.verifier).append(_key(session), {"event": "read", "purpose": "harmless"})


def longer(session: VaultSession, folder: Path) -> None:
    """The same, and many more entries."""
    older(session, folder)
    more = [{"event": "read", "purpose": "harmless"}] * 700
    CustodyLog(session.log.folder, session.log.verifier).append(_key(session), *more)


def anew(session: VaultSession, folder: Path) -> None:
    """Another log of the same name and key, longer than the real one."""
    del folder
    shutil.rmtree(session.log.folder)
    session.log.folder.mkdir()
    log = log_module.create_log(session.log.folder, session.log.verifier.name, _key(session))
    log.append(_key(session), *([{"event": "read", "purpose": "harmless"}] * 900))


FORGERIES: list[Callable[[VaultSession, Path], None]] = [older, only_the_checkpoint, as_long, longer, anew]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
@pytest.mark.parametrize("again", [False, True], ids=["this process", "another process"])
def test_a_log_that_did_not_grow_out_of_the_one_seen_here_is_refused(
    forgery: Callable[[VaultSession, Path], None], again: bool, held: VaultSession, tmp_path: Path
) -> None:
    address = _address(held)
    read = log_read(address, "a test")
    forgery(held, tmp_path)
    if again:
        _forget(held)
    fresh = open_session(held.vault.address)
    for what in (
        fresh.log.checkpoint,
        lambda: list(fresh.log.entries()),
        lambda: fresh.log.proof(0),
        fresh.recordings,
        lambda: fresh.record("read", purpose="one more"),
        lambda: log_read(address, "a test"),
        lambda: audit(fresh, date(2026, 11, 28)),
        lambda: ingest(fresh, [], {}, lambda _one: None, look_here),
    ):
        with pytest.raises(CustodyLogError, match=r"lost entries|not those that it had"):
            what()
    if again:
        with pytest.raises(CustodyLogError, match=r"lost entries|not those that it had"), open_sealed(read):
            pass


def test_the_command_refuses_it_too_and_says_what_to_do(held: VaultSession, tmp_path: Path) -> None:
    older(held, tmp_path)
    command = [sys.executable, "-m", "bodycam_pipeline.cli.main", "log", "verify", "--vault", held.vault.address]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 4
    assert "lost entries" in done.stderr
    assert "Keep both checkpoints" in done.stderr


def test_what_was_only_seen_is_remembered_as_well(held: VaultSession, tmp_path: Path) -> None:
    """A machine that adds nothing: it saw the log grow by another's hand."""
    shutil.copytree(held.log.folder, tmp_path / "old")
    CustodyLog(held.log.folder, held.log.verifier).append(_key(held), {"event": "read", "purpose": "another machine"})
    held.log.checkpoint()
    _put_back(held, tmp_path / "old")
    _forget(held)
    with pytest.raises(CustodyLogError, match="lost entries"):
        open_session(held.vault.address).recordings()


def test_a_memory_that_was_changed_is_refused_and_one_that_cannot_be_written_stops_nobody(held: VaultSession) -> None:
    memory = held.ring.memory()
    assert memory.recall() == held.log.checkpoint()
    kept = memory.path.read_bytes()
    memory.path.write_bytes(kept[:-3])
    with pytest.raises(CustodyLogError):
        held.log.checkpoint()
    memory.path.write_bytes(kept)
    if os.geteuid():
        held.ring.folder.chmod(0o500)
        held.log.checkpoint()


def test_another_recording_costs_what_is_new_in_the_log_and_not_what_is_old(
    held: VaultSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = _address(held)
    read: list[object] = []
    real = Tiles._read
    monkeypatch.setattr(Tiles, "_read", lambda self, *which: (read.append(which), real(self, *which))[1])
    costs = []
    for entries in (0, 4000, 16000):
        if entries:
            held.log.append(_key(held), *({"event": "read", "purpose": str(n)} for n in range(entries)))
        log_read(address, "a test")
        read.clear()
        for _ in range(3):
            log_read(address, "a test")
        costs.append(len(read))
    assert max(costs) <= costs[0] + 24, "tiles read for three recordings, by the length of the log"


def test_recordings_of_an_earlier_answer_stay_as_they_were(held: VaultSession) -> None:
    (id_,) = held.recordings()
    before = held.one(id_)
    before.holds.append("mine")
    held.record("hold", recording=id_, reason="theirs")
    assert before.holds == ["mine"]
    assert held.one(id_).holds == ["theirs"]
    assert held.recordings()[id_].holds == ["theirs"]


def test_the_audit_names_entries_whose_time_runs_backwards(held: VaultSession, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not audit(held, date(2026, 11, 28)).findings
    first = held.log.checkpoint().size
    past = datetime.now(UTC) - timedelta(hours=2)
    monkeypatch.setattr(log_module, "datetime", _Clock(past))
    held.record("read", purpose="a clock that was set back")
    monkeypatch.undo()
    monkeypatch.setenv("BODYCAM_KEYS", str(held.ring.folder))
    held.log.append(_key(held), {"event": "read", "at": "yesterday"}, {"event": "read", "at": 7})
    found = {finding.where: finding.what for finding in audit(held, date(2026, 11, 28)).findings}
    assert found.keys() == {f"log entry {first + n}" for n in range(3)}
    assert "runs backwards" in found[f"log entry {first}"]
    assert "does not say" in found[f"log entry {first + 1}"]


def test_clocks_that_differ_by_moments_do_not_run_backwards(
    held: VaultSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_module, "datetime", _Clock(datetime.now(UTC) - timedelta(seconds=30)))
    held.record("read", purpose="a machine whose clock is slow")
    monkeypatch.undo()
    monkeypatch.setenv("BODYCAM_KEYS", str(held.ring.folder))
    assert not audit(held, date(2026, 11, 28)).findings


class _Clock:
    """A clock that stands."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.fromisoformat = datetime.fromisoformat

    def now(self, _zone: object) -> datetime:
        return self._now


def test_the_frontier_of_a_tree_has_its_root_at_every_size() -> None:
    from bodycam_pipeline import _native
    from bodycam_pipeline.vault.growth import Frontier

    rng = random.Random(17)  # noqa: S311
    leaves = [rng.randbytes(32) for _ in range(300)]
    for size in range(300):
        assert Frontier().grown(leaves[:size]).root() == _native.merkle_root(b"".join(leaves[:size]))
        assert Frontier().grown(leaves[:7]).grown(leaves[7:size]).size == max(7, size)


def test_entries_are_json(held: VaultSession) -> None:
    assert all(json.loads(line)["event"] for line in held.log.verify_entries())
