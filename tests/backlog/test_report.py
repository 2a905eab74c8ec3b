"""The page of a batch: what waits for a person, counted."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from bodycam_pipeline.backlog.report import write_page
from bodycam_pipeline.backlog.summary import summarize
from bodycam_pipeline.running.job_queue import Ending, QueueItem
from bodycam_pipeline.running.ledger import Ledger


def test_the_share_that_is_hidden_is_that_of_the_release_and_not_the_sum_of_its_kinds(tmp_path: Path) -> None:
    manifest = {"hidden": {"face": {"share_of_frame": 0.2}, "plate": {"share_of_frame": 0.2}}, "share_hidden": 0.3}
    assert "30.00 %" in row_of(tmp_path / "new", "published", {"street.release/manifest.json": manifest})
    older = {"hidden": manifest["hidden"]}
    assert "%" not in row_of(tmp_path / "old", "published", {"street.release/manifest.json": older})


def test_what_the_second_look_found_is_counted_as_decisions_wanted(tmp_path: Path) -> None:
    found = {"street.internal/second-look/findings.json": [{"number": 1}, {"number": 2}]}
    row = row_of(tmp_path, "needs review", found)
    assert re.search(r"needs review<td[^>]*><td[^>]*><td[^>]*>2<", row), row


def row_of(folder: Path, state: Ending, files: Mapping[str, object]) -> str:
    """The row of the only recording of a batch, whose job left these files."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(json.dumps(content))
    with Ledger(folder / "ledger.sqlite") as ledger:
        run = ledger.begin_run("batch")
        ledger.enter(run, [QueueItem("a", "street.mp4", "x", "{}", 1.0)])
        lease = ledger.take(run)
        assert lease is not None
        ledger.identify(lease, "street", "street")
        ledger.finish(lease, state, "a test")
        page = folder / "reports" / "1" / "report.html"
        page.parent.mkdir(parents=True)
        write_page(ledger, run, summarize(ledger, run, "batch", 0.0, 1.0), page, folder)
    (row,) = (row for row in page.read_text().partition("Every recording")[2].split("<tr>") if "street.mp4" in row)
    return row
