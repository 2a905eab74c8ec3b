"""Every verb that runs long can be stopped: by either signal, whoever started it and whatever they had ignored."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bodycam_pipeline.backlog.stopping import KEPT, StopFlag, catch_stop_signals, leave_on_signal
from bodycam_pipeline.custody.session import VaultSession
from tests.backlog.conftest import FAST_TOML
from tests.clips import clip

SECONDS = 120
LEFT_WITHIN_SECONDS = 10
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@contextmanager
def running(*words: object) -> "Iterator[subprocess.Popen[str]]":
    """A command whose parent ignores Ctrl-C, as `nohup` and a shell's ``&`` do; ended whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bodycam_pipeline.cli.main", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - no thread of ours is at work
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=SECONDS)


def until(done: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + SECONDS
    while not done():
        assert process.poll() is None, process.communicate(timeout=SECONDS)
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_watched_dock_can_be_left(number: signal.Signals, code: int, session: VaultSession, tmp_path: Path) -> None:
    dock, report = tmp_path / "dock", tmp_path / "report.json"
    dock.mkdir()
    clip(dock / "a.mp4", frames=3)
    words = ("ingest", dock, "--vault", session.vault.address, "--watch", "1", "--report", report)
    with running(*words) as process:
        until(report.exists, process)
        process.send_signal(number)
        _, aside = process.communicate(timeout=SECONDS)
    assert process.returncode == code
    assert KEPT.strip() in aside
    assert len(session.recordings()) == 1
    assert json.loads(report.read_text())["files"][0]["state"] == "stored"


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_an_ingest_ends_after_the_file_in_hand_and_goes_on(
    number: signal.Signals, code: int, session: VaultSession, tmp_path: Path
) -> None:
    dock = tmp_path / "dock"
    dock.mkdir()
    small = clip(tmp_path / "a.mp4", frames=3).read_bytes()
    for name in range(400):
        (dock / f"{name:03}.mp4").write_bytes(small + name.to_bytes(4, "big"))
    with running("ingest", dock, "--vault", session.vault.address) as process:
        until(lambda: len(list(session.vault.ids())) > 1, process)
        process.send_signal(number)
        said, aside = process.communicate(timeout=SECONDS)
    assert process.returncode == code
    assert "the file in hand is finished first" in aside
    assert KEPT.strip() in aside
    assert 1 < len(session.recordings()) < 400
    assert f"{len(session.recordings())} stored" in said
    assert not list((tmp_path / "vault" / "staging").glob("*"))


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_file_that_takes_long_to_seal_is_left_within_seconds_and_nothing_of_it_stays(
    number: signal.Signals, code: int, session: VaultSession, tmp_path: Path
) -> None:
    """It is as long as the disk: what was stored before it is told and kept, and it is taken in anew."""
    dock, staging, report = tmp_path / "dock", tmp_path / "vault" / "staging", tmp_path / "report.json"
    dock.mkdir()
    clip(dock / "a.mp4", frames=3)
    with (dock / "b.mp4").open("wb") as file:
        file.truncate(1 << 40)
    with running("ingest", dock, "--vault", session.vault.address, "--report", report) as process:
        until(lambda: any(each.stat().st_size > 1 << 20 for each in staging.glob("*/*/*")), process)
        signalled = time.monotonic()
        process.send_signal(number)
        said, aside = process.communicate(timeout=SECONDS)
        assert time.monotonic() - signalled < LEFT_WITHIN_SECONDS
    assert process.returncode == code
    assert "the file in hand is finished first if that takes a second" in aside
    assert KEPT.strip() in aside
    assert "1 stored" in said
    assert [one["state"] for one in json.loads(report.read_text())["files"]] == ["stored"]
    assert len(session.recordings()) == 1
    assert not list(staging.glob("*"))


@pytest.mark.parametrize(
    ("verb", "number", "code"),
    [("redact", *SIGNALS[0]), ("detect", *SIGNALS[1]), ("batch", *SIGNALS[1]), ("nightly", *SIGNALS[0])],
)
def test_a_job_can_be_stopped(verb: str, number: signal.Signals, code: int, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=1500, options={"g": "25"})
    (tmp_path / "policy.toml").write_text(FAST_TOML)
    out = tmp_path / "out"
    with running(verb, tmp_path / "a.mp4", "--out", out, "--policy", tmp_path / "policy.toml", "-j", 1) as process:
        until(lambda: any(out.glob("*.internal/detections/**/*.parquet")), process)
        process.send_signal(number)
        said, aside = process.communicate(timeout=SECONDS)
    assert process.returncode == code, (said, aside)
    assert "kept" in aside or "finished first" in aside
    assert "Traceback" not in aside
    assert not list(out.glob("*.release"))


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_is_obeyed_at_once_where_nothing_has_to_be_finished(number: signal.Signals, code: int) -> None:
    with pytest.raises(KeyboardInterrupt) as raised, leave_on_signal():
        signal.raise_signal(number)
    assert raised.value.exit_code == code  # type: ignore[attr-defined]


def test_the_handlers_of_whoever_called_come_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with leave_on_signal(), catch_stop_signals():
        pass
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_who_waits_hears_that_somebody_asked() -> None:
    flag = StopFlag()
    flag.by = signal.SIGTERM
    began = time.monotonic()
    flag.wait(60)
    assert time.monotonic() - began < 1
    StopFlag().wait(0.01)


def test_a_process_of_a_test_does_not_outlive_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.processes.LIMIT_SECONDS", 0.5)
    for own in (False, True):
        done = subprocess.run(["sleep", "60"], check=False, start_new_session=own)
        assert done.returncode == -signal.SIGKILL
