"""A benchmark times in turn, checks what every run left, and refuses what would make its figures worthless."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bodycam_pipeline import _native
from bodycam_pipeline.demo.touched import compose_touched, is_touched
from bodycam_pipeline.evidence.plan_file import write_plan
from bodycam_pipeline.measuring.benchmark import Cost, Found, Result, Tool, run, run_benchmark
from bodycam_pipeline.measuring.speed_table import markdown, rows, table, write
from bodycam_pipeline.measuring.tools import DEFACE, TRANSCODE, tools
from bodycam_pipeline.measuring.truth import made_up_truth
from bodycam_pipeline.mp4.plain import count_frames, excerpt, transcode
from bodycam_pipeline.values.errors import MeasuringError
from tests.rules.build import index, plan, recording, row


def program(folder: Path, code: str, name: str = "a program") -> Tool:
    return Tool(name, [sys.executable, "-c", code], folder / name, 30, Found)


def test_times_every_program_in_turn(tmp_path: Path) -> None:
    log = tmp_path / "log"
    both = [program(tmp_path, f"open({str(log)!r}, 'a').write({name!r})", name) for name in "ab"]
    results = run_benchmark(both, rounds=2)
    assert log.read_text() == "abab"
    assert [len(result.costs) for result in results] == [2, 2]
    assert all(cost.cpu_seconds > 0 and cost.peak_bytes > 1 << 20 for result in results for cost in result.costs)


def test_counts_the_processor_time_of_children(tmp_path: Path) -> None:
    burn = "import subprocess,sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7))'])"
    assert run(program(tmp_path, burn)).cpu_seconds > run(program(tmp_path, "")).cpu_seconds


def test_peak_memory_is_the_programs_own_however_large_the_one_that_measures(tmp_path: Path) -> None:
    small, large = program(tmp_path, ""), program(tmp_path, "bytearray(300 << 20)")
    held = bytearray(200 << 20)
    assert run(small).peak_bytes < len(held) < 300 << 20 < run(large).peak_bytes


def test_refuses_a_program_that_fails(tmp_path: Path) -> None:
    with pytest.raises(MeasuringError, match="a program ended with 7"):
        run_benchmark([program(tmp_path, "raise SystemExit(7)")], rounds=1)


def test_refuses_output_that_its_check_refuses_in_any_round(tmp_path: Path) -> None:
    rounds = iter([False, True])

    def check() -> Found:
        if next(rounds):
            raise MeasuringError("a frame is missing", remedy="Measure another.")
        return Found()

    bad = Tool("bad", [sys.executable, "-c", ""], tmp_path / "bad", 30, check)
    with pytest.raises(MeasuringError, match="a frame is missing"):
        run_benchmark([bad], rounds=2)


def test_refuses_a_debug_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_native, "build_profile", "debug")
    with pytest.raises(MeasuringError, match="debug build"):
        run_benchmark([program(tmp_path, "")], rounds=1)


def test_ratios_are_taken_round_by_round(tmp_path: Path) -> None:
    ours, theirs = (Result(program(tmp_path, "")) for _ in range(2))
    ours.costs = [Cost(seconds, 1, 1) for seconds in (1, 10, 100)]
    theirs.costs = [Cost(2 * seconds, 1, 1) for seconds in (1, 10, 100)]
    assert ours.times_as_fast_as(theirs) == 2


def test_a_program_that_got_an_excerpt_is_compared_frame_by_frame(tmp_path: Path) -> None:
    ours = Result(program(tmp_path, ""), costs=[Cost(10, 1, 1)])
    theirs = Result(replace(program(tmp_path, ""), frames=10), costs=[Cost(10, 1, 1)])
    assert ours.times_as_fast_as(theirs) == 3
    assert (ours.per_frame(lambda cost: cost.wall_seconds), theirs.per_frame(lambda cost: cost.wall_seconds)) == (
        pytest.approx(1 / 3),
        1,
    )


def test_an_excerpt_ends_with_a_group(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    compose_touched(path, 100, gops=3, size=(320, 180))
    assert [count_frames(excerpt(path, tmp_path / "short.mp4", frames)) for frames in (60, 61, 500)] == [60, 120, 180]


def test_writes_rows_for_people_and_machines(tmp_path: Path) -> None:
    measured = list(rows("clip", run_benchmark([program(tmp_path, "")], rounds=1)))
    write(measured, "2 processors", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["speed.md", "speed.parquet", "speed.svg"]
    assert "| clip | a program |" in markdown(measured, "2 processors")


@pytest.mark.parametrize(("percent", "touched"), [(0, 0), (10, 1), (30, 3), (60, 6), (100, 10)])
def test_touches_as_many_gops_as_asked(percent: int, touched: int) -> None:
    assert sum(is_touched(group, 10, percent) for group in range(10)) == touched


def test_untouched_gops_show_nobody_and_the_peers_keep_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "half.mp4"
    truth = compose_touched(path, 50, gops=2, size=(320, 180))
    seen = [bool(things) for things in truth.frames.values()]
    assert not any(seen[:60])
    assert any(seen[60:])
    transcode(path, tmp_path / "again.mp4", "ultrafast", 30)
    assert count_frames(path) == count_frames(tmp_path / "again.mp4") == len(truth.frames) == 120


@pytest.mark.parametrize("name", [DEFACE, TRANSCODE])
def test_refuses_a_peer_that_left_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / "short.mp4"
    compose_touched(path, 0, gops=1, size=(320, 180))
    left = tmp_path / "left"
    (left / "peer").mkdir(parents=True)
    peers = {each.name: each for each in tools(path, left, None)}
    with pytest.raises(MeasuringError, match="wrote \\[\\] of"):
        peers[name].check()


def test_the_table_for_the_terminal_has_a_row_for_every_program(tmp_path: Path) -> None:
    results = run_benchmark([program(tmp_path, "", name) for name in ("a", "b")], rounds=1)
    assert table(list(rows("clip", results))).row_count == 1 + 2


def test_of_our_own_plan_it_says_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "street.mp4"
    compose_touched(path, 0, gops=1, size=(320, 180))
    truth = made_up_truth(path.with_suffix(".truth.json"))
    left = tmp_path / "left" / "ours" / "street.internal"
    left.mkdir(parents=True)
    shown = recording(index(truth.pts))
    write_plan(plan([row(pts, (0, 0, 160, 180)) for pts in truth.pts[:15]], of=shown), left / "plan.parquet")
    ours = tools(path, tmp_path / "left", truth)[0]
    assert ours.check() == Found(hidden=None, needed=0, excess=pytest.approx(0.125), copied=None)
    measured = list(rows("clip", [Result(ours, ours.check(), [Cost(1, 1, 1)])]))
    assert "| needed | excess | copied |" in markdown(measured, "")
    assert markdown(measured, "").endswith("| - | 0.0% | 12.5% | - |\n")
