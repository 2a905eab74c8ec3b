"""A batch publishes what can be published, says why of the rest, and never stops the one for the other."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline import passes
from bodycam_pipeline.backlog import batch as room
from bodycam_pipeline.backlog.orders import WorkItem
from bodycam_pipeline.backlog.run import Ended, RunOptions, carry_out
from bodycam_pipeline.backlog.stopping import catch_stop_signals
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.errors import DamagedRecordingError, LedgerError, StorageError
from bodycam_pipeline.values.policy import Policy
from tests.backlog.conftest import FAST_TOML
from tests.clips import clip
from tests.inline import InlineRunner
from tests.running.steps import pid

Run = Callable[..., Ended]
BODYCAM = Path(sys.executable).with_name("bodycam")


def nobody(_ledger: Ledger, _run: int) -> None:
    """Nobody watches."""


@pytest.fixture
def run(tmp_path: Path, fast: Policy) -> Run:
    out = tmp_path / "out"

    def run(*given: str | Path, kind: str = "batch", **more: object) -> Ended:
        facts = {"out": out, "ledger": out / "ledger.sqlite", "report": "reports/{run}", "stop": lambda: False}
        facts |= {"own_names": True} | more
        options = RunOptions(kind, **facts)  # type: ignore[arg-type]
        return carry_out(options, work_items(map(str, given), fast), InlineRunner(), nobody)

    return run


def states(ended: Ended) -> dict[str, str]:
    summary = json.loads((ended.folder / "summary.json").read_text())
    return {Path(line["recording"]).name: line["state"] for line in summary["recordings"]}


def digests(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.glob("*.release/*"))}


CARD = ("DCIM/0001.THM", "DCIM/0001.SRT", "DCIM/0001.LRV", "DCIM/P1.JPG", "DCIM/A.WAV", "Thumbs.db", "DCIM/._0001.MP4")


def test_what_a_card_holds_beside_its_recordings_is_left_aside_by_kind_and_listed(run: Run, tmp_path: Path) -> None:
    card = tmp_path / "card"
    (card / "DCIM").mkdir(parents=True)
    for name in CARD:
        (card / name).write_bytes(b"beside the recordings")
    for kind in ("nightly", "batch"):
        ended = run(card, kind=kind)
        assert ended.summary.exit_code == 0
        assert ended.summary.states == {"left aside": len(CARD)}
    summary = json.loads((ended.folder / "summary.json").read_text())
    kinds = {Path(line["recording"]).name: line["why"] for line in summary["recordings"]}
    assert kinds["0001.SRT"] == "captions or positions beside a recording"
    assert kinds["._0001.MP4"] == kinds["Thumbs.db"] == "a computer's own file"


def test_what_is_named_by_itself_is_taken_at_its_word(run: Run, tmp_path: Path) -> None:
    (tmp_path / "0001.LRV").write_bytes(b"no recording")
    assert run(tmp_path / "0001.LRV").summary.states == {"quarantined": 1}
    assert run(f"{tmp_path}/*.LRV").summary.states == {"quarantined": 1}


def test_good_ones_are_published_and_bad_ones_quarantined_with_the_reason(run: Run, dock: Path, tmp_path: Path) -> None:
    ended = run(dock)
    assert ended.summary.states == {"published": 2, "quarantined": 2}
    assert ended.summary.exit_code == 4
    assert [p.name for p in (tmp_path / "out").glob("*.release")] == ["0001.release"], "a copy is not published twice"
    summary = json.loads((ended.folder / "summary.json").read_text())
    assert summary["frames"] == 30
    for line in summary["recordings"]:
        assert (line["state"] == "quarantined") == bool(line["why"])
    assert {line["same_as"] for line in summary["recordings"]} == {None, "0001"}
    assert set(summary["effort"]) == {"probe", "detect", "render", "observe", "audit"}


def test_a_second_run_does_nothing_and_tries_the_bad_ones_again(run: Run, dock: Path, tmp_path: Path) -> None:
    run(dock)
    before = digests(tmp_path / "out")
    again = run(dock)
    assert again.summary.states == {"published": 2, "quarantined": 2}
    assert again.summary.frames == 0
    assert "render" not in again.summary.effort
    assert digests(tmp_path / "out") == before


def test_renamed_and_moved_it_is_the_same_work(run: Run, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4")
    run(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    ended = run(tmp_path / "b.mp4")
    assert ended.summary.states == {"published": 1}
    assert "detect" not in ended.summary.effort
    assert len(list((tmp_path / "out").glob("*.release"))) == 1


def test_two_recordings_of_one_name_get_a_release_each(run: Run, tmp_path: Path) -> None:
    for number, frames in enumerate((5, 7)):
        (tmp_path / str(number)).mkdir()
        clip(tmp_path / str(number) / "0001.mp4", frames=frames)
    assert run(tmp_path / "0", tmp_path / "1").summary.exit_code == 0
    releases = sorted(p.name for p in (tmp_path / "out").glob("*.release"))
    assert releases[0].startswith("0001-")
    assert releases[1] == "0001.release"


def test_what_is_due_first_is_worked_on_first(run: Run, tmp_path: Path) -> None:
    for name in ("late", "never", "soon"):
        clip(tmp_path / f"{name}.mp4", frames=3)
    (tmp_path / "list.csv").write_text("recording,due\nlate.mp4,2026-12-24\nnever.mp4,\nsoon.mp4,2026-12-01\n")
    ended = run(tmp_path / "list.csv")
    assert list(states(ended)) == ["soon.mp4", "late.mp4", "never.mp4"]
    summary = json.loads((ended.folder / "summary.json").read_text())
    begun = [line["started"] for line in summary["recordings"]]
    assert begun == sorted(begun)


def test_recordings_of_one_segment_are_worked_on_side_by_side(tmp_path: Path, fast: Policy) -> None:
    for number in range(3):
        clip(tmp_path / f"{number}.mp4", frames=90 + number, size=(640, 360), options={"g": "100"})
    options = RunOptions("batch", tmp_path / "out", tmp_path / "ledger.sqlite", "reports/{run}", lambda: False)
    with LocalRunner(2) as runner:
        list(runner.run(pid, range(4)))  # both workers are there before the first recording
        ended = carry_out(options, work_items([f"{tmp_path}/*.mp4"], fast), runner, nobody)
    assert ended.summary.states == {"published": 3}
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        tries = ledger._read("SELECT job, started, ended FROM attempts")
    side_by_side = [(a["job"], b["job"]) for a in tries for b in tries if a["started"] < b["started"] < a["ended"]]
    assert any(one != other for one, other in side_by_side), "a worker was left idle while recordings waited"


def test_withheld_by_a_person_is_on_record_and_no_failure(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("recording,withhold\na.mp4,an open investigation\n")
    ended = run(tmp_path / "list.csv")
    assert (ended.summary.states, ended.summary.exit_code) == ({"withheld": 1}, 0)


def test_only_decisions_missing_is_exit_code_3(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object) -> None:
        raise DamagedRecordingError("3 frames cannot be decoded", remedy="Withhold their time.")

    monkeypatch.setattr(room, "redact_probed", damaged)
    clip(tmp_path / "a.mp4", frames=3)
    ended = run(tmp_path / "a.mp4")
    assert (ended.summary.states, ended.summary.exit_code) == ({"needs review": 1}, 3)


def test_a_defect_of_ours_costs_one_recording(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = room.redact_probed

    def broken(order: object, *rest: object) -> object:
        if "bad" in str(order):
            raise ZeroDivisionError("of all things")
        return real(order, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "redact_probed", broken)
    for name, frames in (("bad", 3), ("good", 4)):
        clip(tmp_path / f"{name}.mp4", frames=frames)
    ended = run(f"{tmp_path}/*.mp4")
    assert states(ended) == {"bad.mp4": "quarantined", "good.mp4": "published"}
    assert "a defect: ZeroDivisionError in broken: of all things" in (ended.folder / "summary.json").read_text()


def test_a_full_disk_ends_the_batch_and_blames_no_recording(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("cannot write: no space left", remedy="Free some space.")

    clip(tmp_path / "a.mp4", frames=3)
    with monkeypatch.context() as patched:
        patched.setattr(room, "redact_probed", full)
        patched.setattr(room, "write_atomically", full)
        with pytest.raises(StorageError, match="no space left"):
            run(tmp_path / "a.mp4")
        patched.undo()
    assert run(tmp_path / "a.mp4").summary.states == {"published": 1}


def test_one_file_that_cannot_be_written_is_that_recordings_trouble(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise StorageError("cannot write: file name too long", remedy="Rename it.")

    monkeypatch.setattr(room, "redact_probed", refused)
    clip(tmp_path / "a.mp4", frames=3)
    assert run(tmp_path / "a.mp4").summary.states == {"quarantined": 1}


def test_what_takes_too_long_is_quarantined_and_the_rest_goes_on(run: Run, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=3)
    ended = run(tmp_path / "a.mp4", cap_seconds=0.0)
    assert ended.summary.states == {"quarantined": 1}
    assert "longer than its cap" in (ended.folder / "summary.json").read_text()


def test_stopped_it_is_resumed_where_it_was_and_the_bytes_are_the_same(run: Run, tmp_path: Path, fast: Policy) -> None:
    clip(tmp_path / "a.mp4", frames=250)
    asked_for = iter([False] * 4)
    stopped = run(tmp_path / "a.mp4", stop=lambda: next(asked_for, True))
    assert (stopped.empty, stopped.summary.states, stopped.summary.exit_code) == (False, {"queued": 1}, 4)
    done = run(tmp_path / "a.mp4")
    assert done.summary.states == {"published": 1}
    undisturbed = tmp_path / "undisturbed"
    options = RunOptions(
        "batch", undisturbed, tmp_path / "other.sqlite", "reports/{run}", lambda: False, own_names=True
    )
    carry_out(options, [WorkItem(f"{tmp_path}/a.mp4", fast)], InlineRunner(), nobody)
    assert digests(tmp_path / "out") == digests(undisturbed) != {}


def test_a_second_batch_on_the_ledger_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=3)
    (tmp_path / "out").mkdir()
    with Ledger(tmp_path / "out" / "ledger.sqlite") as first, first.locked():
        with pytest.raises(LedgerError, match=rf"another batch \(process {os.getpid()}\) is working on the ledger"):
            run(tmp_path / "a.mp4")
        assert first.counts() == {}


def test_a_worker_that_dies_while_probing_quarantines_the_file(
    tmp_path: Path, fast: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.running.steps import die_probing

    monkeypatch.setattr(passes, "probe", die_probing)
    marker = tmp_path / "a.mp4"
    options = RunOptions("batch", tmp_path / "out", tmp_path / "ledger.sqlite", "reports/{run}", lambda: False)
    with LocalRunner(1) as runner:
        ended = carry_out(options, [WorkItem(str(marker), fast)], runner, nobody)
    assert ended.summary.states == {"quarantined": 1}
    assert "2 times" in (ended.folder / "summary.json").read_text()


def test_the_report_is_one_page_without_scripts_that_names_the_failures(run: Run, dock: Path) -> None:
    page = (run(dock).folder / "report.html").read_text()
    assert "blob.bin" in page
    assert page.count("<svg") >= 3
    assert {"frames/s", "machine seconds per phase", "recordings per reason"} <= set(
        re.findall(r">([^<]+)</text>", page)
    )
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_report_lists_every_recording_with_its_state_and_the_way_to_it(run: Run, tmp_path: Path) -> None:
    clip(tmp_path / "good.mp4", frames=3)
    (tmp_path / "bad.mp4").write_bytes(b"x")
    page = (run(tmp_path / "good.mp4", tmp_path / "bad.mp4").folder / "report.html").read_text()
    rows = page.partition("Every recording")[2].split("<tr>")
    (good,) = (row for row in rows if "good.mp4" in row)
    assert re.search(r">published<td[^>]*>3<td[^>]*>0\.00 %", good), good
    (report,) = re.findall(r'href="([^"]+)"', good)
    assert (tmp_path / "out" / "reports" / "1" / report).resolve().read_text().startswith("<!doctype html>")
    assert f"<code>{tmp_path / 'out' / 'good'}</code>" in good
    assert any("bad.mp4" in row and "href" not in row and "<code>" not in row for row in rows)


def test_a_file_name_cannot_write_html_into_the_report(run: Run, tmp_path: Path) -> None:
    (tmp_path / "<b>bold<").write_bytes(b"x")
    page = (run(tmp_path / "<b>bold<").folder / "report.html").read_text()
    assert "<b>" not in page


def test_the_first_signal_asks_and_the_second_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    with catch_stop_signals() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert "finished first" in capsys.readouterr().err


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    (tmp_path / "fast.toml").write_text(FAST_TOML)
    return [
        str(BODYCAM),
        "batch",
        "--out",
        str(tmp_path / "out"),
        "--policy",
        str(tmp_path / "fast.toml"),
        "-j",
        "1",
        "--own-names",
    ]


def test_the_command_says_what_became_of_each(command: list[str], dock: Path) -> None:
    done = subprocess.run([*command, dock], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert re.search(r"2 published, 2 quarantined|2 quarantined, 2 published", done.stdout)
    assert "blob.bin" in done.stdout
    done = subprocess.run([*command, "--json", dock], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["states"] == {"published": 2, "quarantined": 2}


def test_ctrl_c_finishes_the_segment_in_hand_and_the_same_command_resumes(command: list[str], tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=500, options={"g": "25"})
    first = subprocess.Popen([*command, tmp_path / "a.mp4"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    detections = tmp_path / "out" / "a.internal" / "detections"
    while not list(detections.rglob("*.candidates")):
        assert first.poll() is None
        threading.Event().wait(0.02)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=120)
    assert first.returncode == 130, said
    assert "finished first" in said
    with Ledger(tmp_path / "out" / "ledger.sqlite") as ledger:
        assert ledger.counts() == {"queued": 1}
        assert set(ledger.tries()) == {"done"}
    assert subprocess.run([*command, tmp_path / "a.mp4"], capture_output=True, check=False).returncode == 0
    with Ledger(tmp_path / "out" / "ledger.sqlite") as ledger:
        assert ledger.counts() == {"published": 1}
