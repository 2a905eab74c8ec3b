"""The page of a batch: what waits for a person, counted."""

import json
import re
from pathlib import Path

from bodycam_pipeline.backlog.report import write_page
from bodycam_pipeline.backlog.summary import summarize
from bodycam_pipeline.running.job_queue import QueueItem
from bodycam_pipeline.running.ledger import Ledger


def test_what_the_second_look_found_is_counted_as_decisions_wanted(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        run = ledger.begin_run("batch")
        ledger.enter(run, [QueueItem("a", "street.mp4", "x", "{}", 1.0)])
        lease = ledger.take(run)
        assert lease is not None
        ledger.identify(lease, "street", "street")
        ledger.finish(lease, "needs review", "the second look saw something")
        findings = tmp_path / "street.internal" / "second-look" / "findings.json"
        findings.parent.mkdir(parents=True)
        findings.write_text(json.dumps([{"number": 1}, {"number": 2}]))
        page = tmp_path / "reports" / "1" / "report.html"
        page.parent.mkdir(parents=True)
        write_page(ledger, run, summarize(ledger, run, "batch", 0.0, 1.0), page, tmp_path)
    (row,) = (row for row in page.read_text().partition("Every recording")[2].split("<tr>") if "street.mp4" in row)
    assert re.search(r"needs review<td[^>]*><td[^>]*><td[^>]*>2<", row), row
