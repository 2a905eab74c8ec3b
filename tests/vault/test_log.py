"""The custody log: it grows, proves what is in it, and its reader or its witness find out what is done to it.

Ten thousand tampers: whoever may write the files but not sign is caught by the reader; whoever holds the key as well
is caught by the witness, who kept a checkpoint.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline import _native
from bodycam_pipeline.values.errors import CustodyLogError
from bodycam_pipeline.vault import log as log_module
from bodycam_pipeline.vault.log import CustodyLog, create_log
from bodycam_pipeline.vault.tiles import Tiles, tile_path
from bodycam_pipeline.vault.witness import witness

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "police.example/custody"
FLIPS = 7000
SIZE = 300


def event(number: int) -> dict[str, object]:
    return {"at": "2026-11-25", "by": "tester", "event": "read", "recording": f"{number:064x}"}


def log_of(folder: Path, *parts: int) -> CustodyLog:
    log = create_log(folder, ORIGIN, KEY)
    number = 0
    for part in parts:
        log.append(KEY, *[event(number + n) for n in range(part)])
        number += part
    return log


@pytest.fixture(autouse=True)
def fast_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Durability is the business of test_durable; here thousands of logs are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def test_the_tiles_lie_where_c2sp_says() -> None:
    assert tile_path(0, 5, 256) == "tile/0/005"
    assert tile_path(1, 1234067, 17) == "tile/1/x001/x234/067.p/17"
    assert tile_path("entries", 1000, 256) == "tile/entries/x001/000"


@pytest.mark.parametrize("parts", [[1], [255, 1], [256, 1], [1, 255, 1], [3, 600, 2], [511, 1, 1], [70000, 1]])
def test_however_it_grows_the_log_is_the_tree_of_its_entries(tmp_path: Path, parts: list[int]) -> None:
    log = log_of(tmp_path / "log", *parts)
    raw = log.verify_entries()
    assert [json.loads(entry)["recording"] for entry in raw] == [f"{n:064x}" for n in range(sum(parts))]
    assert log.checkpoint().root == _native.merkle_root(b"".join(map(_native.merkle_leaf, raw)))
    for index in {0, len(raw) // 2, len(raw) - 1}:
        log.proof(index).check(log.verifier)
        assert log.entry(index) == event(index)
    full = [folder for folder in log.folder.rglob("*.p") if folder.with_suffix("").exists()]
    assert not full, "tiles that became full are left beside the full ones"


def test_every_smaller_log_is_proved_to_be_the_beginning(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", SIZE)
    leaves = b"".join(map(_native.merkle_leaf, log.verify_entries()))
    for old in range(1, SIZE + 1):
        top, proof = log.consistency(old)
        assert _native.merkle_extends(old, _native.merkle_root(leaves[: 32 * old]), top.size, top.root, proof)
    with pytest.raises(CustodyLogError):
        log.consistency(SIZE + 1)


def test_a_log_never_begins_anew(tmp_path: Path) -> None:
    log_of(tmp_path / "log", 1)
    with pytest.raises(CustodyLogError, match="holds a log already"):
        create_log(tmp_path / "log", ORIGIN, KEY)


def test_an_entry_that_is_not_there_and_one_that_is_too_long_are_refused(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 3)
    with pytest.raises(CustodyLogError, match="no entry 3"):
        log.entry(3)
    with pytest.raises(CustodyLogError, match="64 KiB"):
        log.append(KEY, {"event": "x" * (1 << 16)})
    assert log.checkpoint().size == 3


def test_nobody_adds_to_a_log_that_was_rewritten(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 3)
    tile = log.folder / tile_path(0, 0, 3)
    tile.write_bytes(bytes(96))
    with pytest.raises(CustodyLogError, match="rewritten"):
        log.append(KEY, event(3))


def refused(log: CustodyLog) -> bool:
    try:
        log.verify_entries()
    except CustodyLogError:
        return True
    return False


@pytest.mark.parametrize("flips", [FLIPS // 10, pytest.param(FLIPS, marks=pytest.mark.slow)])
def test_whoever_cannot_sign_is_caught_by_every_reader(tmp_path: Path, flips: int) -> None:
    log = log_of(tmp_path / "log", 200, SIZE - 200)
    files = [p for p in log.folder.rglob("*") if p.is_file() and not p.name.startswith(".")]
    random = np.random.default_rng(9)
    accepted = 0
    for _ in range(flips):
        path = files[random.integers(len(files))]
        content = path.read_bytes()
        forged = bytearray(content)
        bit = int(random.integers(8 * len(forged)))
        forged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(forged)
        accepted += not refused(log)
        path.write_bytes(content)
    for path in files:
        content = path.read_bytes()
        for cut in {0, 1, len(content) // 2, len(content) - 1}:
            path.write_bytes(content[:cut])
            accepted += not refused(log)
        path.unlink()
        accepted += not refused(log)
        path.write_bytes(content)
    assert accepted == 0
    assert not refused(log)


def rewritings(honest: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    """What somebody who holds the log's key might want the past to be; each differs within the first 150 entries."""
    for at in range(0, 150, 10):
        edited = [dict(entry) for entry in honest]
        edited[at]["by"] = "nobody"
        yield edited
        yield honest[:at] + honest[at + 1 :]
        yield [*honest[:at], honest[at + 1], honest[at], *honest[at + 2 :]]
        yield [*honest[:at], event(999), *honest[at:]]
        yield honest[: at + 1]
        yield honest[: at + 1] + [event(5000 + n) for n in range(SIZE)]


@pytest.mark.parametrize("step", [40, pytest.param(4, marks=pytest.mark.slow)])
def test_whoever_signs_anew_is_caught_by_the_witness(tmp_path: Path, step: int) -> None:
    honest = [event(n) for n in range(SIZE)]
    log = create_log(tmp_path / "honest", ORIGIN, KEY)
    kept = []
    for number in range(SIZE):
        log.append(KEY, honest[number])
        kept.append(log.note())
    tampers = accepted = 0
    for number, forged in enumerate(rewritings(honest)):
        forgery = create_log(tmp_path / f"forged-{number}", ORIGIN, KEY)
        forgery.append(KEY, *forged)
        assert not refused(forgery), "by itself it looks well"
        for size in range(151, SIZE, step):
            (tmp_path / "kept").write_bytes(kept[size])
            tampers += 1
            try:
                witness(forgery, tmp_path / "kept")
                accepted += 1
            except CustodyLogError:
                assert (tmp_path / "kept").read_bytes() == kept[size], "what was kept stays"
        shutil.rmtree(forgery.folder)
    assert step > 4 or FLIPS + tampers >= 10_000
    assert accepted == 0


def test_the_witness_accepts_an_honest_log_as_it_grows(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 1)
    assert witness(log, tmp_path / "kept")[0] is None
    for part in (1, 254, 300, 1):
        log.append(KEY, *map(event, range(part)))
        before, now = witness(log, tmp_path / "kept")
        assert before is not None
        assert now.size == before.size + part
    assert witness(log, tmp_path / "kept")[1].size == 557


def test_a_proof_takes_milliseconds_and_a_hundred_thousand_entries_a_second_are_verified(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 100_000)
    began = time.perf_counter()
    log.verify_entries()
    assert 100_000 / (time.perf_counter() - began) > 100_000
    seconds = []
    for index in range(0, 100_000, 9973):
        began = time.perf_counter()
        log.proof(index)
        seconds.append(time.perf_counter() - began)
    assert np.median(seconds) < 0.010


def test_entries_of_several_processes_follow_one_another(tmp_path: Path) -> None:
    log_of(tmp_path / "log", 1)
    code = (
        "import sys; from pathlib import Path; from tests.vault.test_log import *\n"
        "log = CustodyLog(Path(sys.argv[1]), log_module.Verifier(ORIGIN, KEY.public_key()))\n"
        "[log.append(KEY, event(n)) for n in range(20)]"
    )
    command = [sys.executable, "-c", code, tmp_path / "log"]
    writers = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    log = CustodyLog(tmp_path / "log", log_module.Verifier(ORIGIN, KEY.public_key()))
    assert len(log.verify_entries()) == 61


def test_a_reader_is_not_disturbed_by_a_log_that_grows(tmp_path: Path) -> None:
    """Readers look at the checkpoint first and at the tiles a moment later; in between, tiles become full."""
    log = log_of(tmp_path / "log", 200)
    with ThreadPoolExecutor() as pool:
        writing = pool.submit(lambda: [log.append(KEY, event(200 + n)) for n in range(400)])
        proved = 0
        while not writing.done():
            assert log.entry(proved % 200) == event(proved % 200)
            proved += 1
    assert writing.result()[-1] == 599
    assert proved > 10


def test_what_a_killed_writer_left_is_swept_and_nothing_that_was_signed(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 200, 50)
    before = {path for path in log.folder.rglob("*") if path.is_file()}
    for name in ("tile/0/000.p/251", "tile/entries/000.p/251", "tile/0/.000.x.part"):
        (log.folder / name).write_bytes(b"never signed")
    log.sweep()
    assert {path for path in log.folder.rglob("*") if path.is_file()} == before


def test_a_writer_that_is_killed_leaves_a_log_that_goes_on(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 1)
    code = (
        "import sys; from pathlib import Path; from tests.vault.test_log import *\n"
        "log = CustodyLog(Path(sys.argv[1]), log_module.Verifier(ORIGIN, KEY.public_key()))\n"
        "print(flush=True)\nwhile True: log.append(KEY, event(0))"
    )
    size = 1
    for number in range(8):
        command = [sys.executable, "-c", code, log.folder]
        with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.01 * number)
            writer.send_signal(signal.SIGKILL)
        log.append(KEY, event(1))
        grown = len(log.verify_entries())
        assert grown > size
        size = grown


def test_the_tiles_of_a_shorter_log_are_not_taken_for_those_of_a_longer_one(tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", 10)
    with pytest.raises(CustodyLogError, match="missing or damaged"):
        Tiles(log.folder, 11).entries(0)
