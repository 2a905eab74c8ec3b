"""A night: begins nothing after its time, goes on the next night, and leaves numbers and units that work."""

import json
import re
import shutil
import subprocess
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from bodycam_pipeline.backlog.clock import next_time
from bodycam_pipeline.backlog.history import write_history
from bodycam_pipeline.backlog.metrics import LOOPBACK, Board, serve_metrics
from bodycam_pipeline.backlog.orders import WorkItem
from bodycam_pipeline.backlog.run import Ended, RunOptions, carry_out
from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.errors import StorageError, WorkListError
from bodycam_pipeline.values.policy import Policy
from tests.backlog.conftest import FAST_TOML
from tests.backlog.test_batch import BODYCAM, nobody
from tests.clips import clip
from tests.inline import InlineRunner

UNITS = Path(__file__).parents[2] / "docs" / "systemd"


@pytest.mark.parametrize(
    ("now", "until", "then"),
    [
        ("2026-11-24T01:00:00+00:00", "06:00", "2026-11-24T11:00:00+00:00"),  # 20:00 in Toronto, winter
        ("2026-11-24T11:00:00+00:00", "06:00", "2026-11-25T11:00:00+00:00"),  # exactly then: the next one
        ("2026-07-01T01:00:00+00:00", "06:00", "2026-07-01T10:00:00+00:00"),  # summer
        ("2026-03-08T01:00:00+00:00", "06:00", "2026-03-08T10:00:00+00:00"),  # the night that loses an hour
        ("2026-11-01T00:00:00+00:00", "06:00", "2026-11-01T11:00:00+00:00"),  # the night that gains one
        ("2026-03-08T01:00:00+00:00", "02:30", "2026-03-08T07:30:00+00:00"),  # a time that is skipped
        ("2026-11-01T00:00:00+00:00", "01:30", "2026-11-01T05:30:00+00:00"),  # a time that comes twice
        ("2026-12-31T23:59:00+00:00", "18:59", "2027-01-01T23:59:00+00:00"),
    ],
)
def test_a_night_ends_by_the_clock_on_the_wall(now: str, until: str, then: str) -> None:
    assert next_time(until, "America/Toronto", datetime.fromisoformat(now)).isoformat() == then


@pytest.mark.parametrize(
    ("until", "zone"), [("6 am", "UTC"), ("25:00", "UTC"), ("06:00", "Toronto"), ("06:00", "../x")]
)
def test_what_is_no_time_or_no_zone_is_refused(until: str, zone: str) -> None:
    with pytest.raises(WorkListError, match=r"is not a time|unknown time zone"):
        next_time(until, zone, datetime.now(UTC))


def night(tmp_path: Path, items: list[WorkItem], segments: int = 10_000) -> Ended:
    """One night, in which at most so many segments are begun."""

    def over() -> bool:
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            return sum(ledger.tries().values()) >= segments

    options = RunOptions("nightly", tmp_path / "out", tmp_path / "ledger.sqlite", "nights/{run}", over, own_names=True)
    return carry_out(options, items, InlineRunner(), nobody)


def test_what_is_left_goes_on_the_next_night_without_being_asked_for(tmp_path: Path, fast: Policy) -> None:
    for name in ("first", "second"):
        clip(tmp_path / f"{name}.mp4", frames=5 if name == "first" else 6)
    given = [WorkItem(f"{tmp_path}/second.mp4", fast), WorkItem(f"{tmp_path}/first.mp4", fast, due="2026-12-01")]
    one = night(tmp_path, given, segments=6)
    assert one.summary.states == {"published": 1, "queued": 1}
    assert one.summary.exit_code == 0, "a night that ends is no failure"
    assert [p.name for p in (tmp_path / "out").glob("*.release")] == ["first.release"]
    two = night(tmp_path, [])
    assert two.summary.states == {"published": 1}
    write_history(tmp_path / "ledger.sqlite", tmp_path / "out" / "nights")
    lines = (tmp_path / "out" / "nights" / "history.csv").read_text().splitlines()
    assert len(lines) == 3
    assert [line.split(",")[2] for line in lines] == ["published", "1", "1"]


def test_what_was_quarantined_is_not_tried_again_every_night(tmp_path: Path, fast: Policy) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"bad")
    assert night(tmp_path, [WorkItem(f"{tmp_path}/bad.mp4", fast)]).summary.exit_code == 4
    again = night(tmp_path, [WorkItem(f"{tmp_path}/bad.mp4", fast)])
    assert again.summary.effort == {}


def test_a_night_that_was_cut_off_is_in_the_history_without_numbers(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite", clock=lambda: 0.0) as ledger:
        ledger.begin_run("nightly")
    write_history(tmp_path / "ledger.sqlite", tmp_path)
    assert (tmp_path / "history.csv").read_text().splitlines()[1] == "1970-01-01T00:00:00+00:00,,,,,,,,,"


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        run = ledger.begin_run("nightly")
        ledger.enter(run, [QueueItem("a", "/dock/kitchen.mp4", "o", "{}", 0.0)])
    return path


def test_metrics_are_prometheus_text_and_name_no_recording(ledger_file: Path) -> None:
    board = Board(None)
    with Ledger(ledger_file) as ledger:
        board(ledger, 1)
    text = generate_latest(board.registry).decode()
    assert 'bodycam_jobs{state="queued"} 1.0\n' in text
    assert 'bodycam_jobs{state="needs review"} 0.0\n' in text
    assert "kitchen" not in text
    sample = re.compile(r'^[a-z_]+(\{[a-z]+="[a-z ]+"\})? [0-9.e+]+$')
    assert all(line.startswith("# ") or sample.match(line) for line in text.splitlines())


def test_metrics_are_served_to_this_machine_only(ledger_file: Path, tmp_path: Path) -> None:
    board = Board(tmp_path / "bodycam.prom")
    with Ledger(ledger_file) as ledger, serve_metrics(board, 0) as port:
        board(ledger, 1)
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics") as answer:
            assert answer.read().decode() == (tmp_path / "bodycam.prom").read_text()
        with pytest.raises(StorageError, match="cannot be used"), serve_metrics(board, port):
            pass
    assert LOOPBACK == "127.0.0.1"


def test_a_wrong_metrics_path_is_refused_at_once_and_a_later_failure_costs_nothing(
    ledger_file: Path, tmp_path: Path
) -> None:
    with Ledger(ledger_file) as ledger:
        with pytest.raises(StorageError):
            Board(tmp_path / "nowhere" / "bodycam.prom")(ledger, 1)
        (tmp_path / "here").mkdir()
        board = Board(tmp_path / "here" / "bodycam.prom")
        board(ledger, 1)
        shutil.rmtree(tmp_path / "here")
        board(ledger, 1)


def test_the_command_works_a_night_and_writes_everything_down(tmp_path: Path) -> None:
    (tmp_path / "fast.toml").write_text(FAST_TOML)
    (tmp_path / "dock").mkdir()
    clip(tmp_path / "dock" / "a.mp4", frames=5)
    options = ["--zone", "America/Toronto", "--policy", tmp_path / "fast.toml", "--metrics-file", tmp_path / "m.prom"]
    command = [
        BODYCAM,
        "nightly",
        tmp_path / "dock",
        "--out",
        tmp_path / "out",
        *options,
        "--metrics-port",
        "0",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["states"] == {"published": 1}
    assert Path(summary["report"]).is_file()
    assert (tmp_path / "out" / "nights" / "history.csv").is_file()
    assert 'bodycam_jobs{state="published"} 1.0' in (tmp_path / "m.prom").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_the_systemd_units_are_valid(tmp_path: Path) -> None:
    for unit in UNITS.iterdir():
        text = (
            unit.read_text()
            .replace("/opt/bodycam/bin/bodycam", "/bin/true")
            .replace("User=bodycam\nGroup=bodycam\n", "")
        )
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if "bodycam-nightly" in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_the_units_and_the_documents_use_options_that_there_are() -> None:
    known = subprocess.run([BODYCAM, "nightly", "--help"], capture_output=True, text=True, check=True).stdout
    texts = [(UNITS / "bodycam-nightly.service").read_text(), (UNITS.parent / "nightly.md").read_text()]
    used = {
        option
        for text in texts
        for line in re.findall(r"bodycam nightly.*", text)
        for option in re.findall(r"--[a-z-]+", line)
    }
    assert used
    assert all(option in known for option in used)
