"""What a release is called tells neither the camera nor the officer, unless somebody asked for that."""

import json
import shutil
from pathlib import Path

import pytest

from bodycam_pipeline.backlog.run import RunOptions, carry_out
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.pipeline import Order, key_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.policy import Policy
from tests.clips import clip
from tests.inline import InlineRunner

TELLING = "AXON_X60A4471_Ofc.Marker"


def released(folder: Path, fast: Policy, *given: Path, **more: object) -> list[str]:
    out = folder / "out"
    options = RunOptions("batch", out, out / "ledger.sqlite", "reports/{run}", lambda: False, **more)  # type: ignore[arg-type]
    ended = carry_out(options, work_items(map(str, given), fast), InlineRunner(), lambda *_: None)
    assert ended.summary.exit_code == 0
    recordings = json.loads((ended.folder / "summary.json").read_text())["recordings"]
    assert {f"{one['release']}" for one in recordings} == {path.name for path in out.glob("*.release")}
    return sorted(path.name for path in out.glob("*.release"))


def handed_out(folder: Path) -> bytes:
    paths = (folder / "out").glob("*.release/**/*")
    return b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in paths if path.is_file())


def test_without_a_request_it_is_a_mark_that_nobody_else_can_make(fast: Policy, tmp_path: Path) -> None:
    (name,) = released(tmp_path, fast, clip(tmp_path / f"{TELLING}.mp4", frames=5))
    assert len(name.removesuffix(".release")) == 16
    int(name.removesuffix(".release"), 16)
    order = Order(str(tmp_path / f"{TELLING}.mp4"), tmp_path / "guess", fast)
    assert not key_of(order, probe(order.address)).startswith(name.removesuffix(".release"))
    assert TELLING.encode() not in handed_out(tmp_path)
    assert b"4471" not in handed_out(tmp_path)


def test_without_its_ledger_a_release_is_found_again(fast: Policy, tmp_path: Path) -> None:
    made = clip(tmp_path / "a.mp4", frames=5)
    before = released(tmp_path, fast, made)
    (tmp_path / "out" / "ledger.sqlite").unlink()
    made.rename(tmp_path / "b.mp4")
    assert released(tmp_path, fast, tmp_path / "b.mp4") == before


@pytest.mark.parametrize(
    ("request_", "called"),
    [
        ("2026-0117", "2026-0117"),
        ("PO 17/2026", "PO-17-2026"),
        ("../../etc", "etc"),
        ("\u00e9t\u00e9", "\u00e9t\u00e9"),
    ],
)
def test_with_one_it_is_the_request(request_: str, called: str, fast: Policy, tmp_path: Path) -> None:
    clip(tmp_path / f"{TELLING}.mp4", frames=5)
    (tmp_path / "list.csv").write_text(f"recording,request\n{TELLING}.mp4,{request_}\n", encoding="utf-8")
    assert released(tmp_path, fast, tmp_path / "list.csv") == [f"{called}.release"]
    assert b"4471" not in handed_out(tmp_path)


def test_recordings_of_one_request_are_told_apart(fast: Policy, tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", frames=5)
    clip(tmp_path / "b.mp4", frames=6)
    (tmp_path / "list.csv").write_text("recording,request\na.mp4,17\nb.mp4,17\n")
    first, second = released(tmp_path, fast, tmp_path / "list.csv")
    assert first.startswith("17-")
    assert second == "17.release"


def test_on_demand_it_is_the_recordings_own(fast: Policy, tmp_path: Path) -> None:
    made = clip(tmp_path / "made.mp4", frames=5)
    shutil.move(made, tmp_path / f"{TELLING}.mp4")
    assert released(tmp_path, fast, tmp_path / f"{TELLING}.mp4", own_names=True) == [f"{TELLING}.release"]
