"""The driver holds one recording at a time: ten thousand in the queue cost it no more than a hundred."""

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import resource, sys
from pathlib import Path
from bodycam_pipeline.backlog import batch
from bodycam_pipeline.backlog.run import RunOptions, carry_out
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.running.runner import Outcome
from bodycam_pipeline.values.errors import UnreadableRecordingError
from bodycam_pipeline.values.policy import Policy

class Refusing:
    workers = 1
    def in_turn(self, turn):
        return self
    def has_room(self):
        return False
    def run(self, step, tasks):
        for number in range(len(tasks)):
            task = tasks[number]
            yield Outcome(number, error=UnreadableRecordingError(f"no recording {task}", remedy="None."))

folder = Path(sys.argv[1])
options = RunOptions("batch", folder, folder / "ledger.sqlite", "reports", lambda: False)
ended = carry_out(options, work_items([sys.argv[2]], Policy()), Refusing(), lambda ledger, run: None)
print(ended.summary.states["quarantined"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_thousand_in_the_queue_cost_no_more_than_a_hundred(tmp_path: Path) -> None:
    kibibytes = {}
    for count in (100, 10_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        rows = "".join(f"rec-{n}.mp4,{n},2026-12-{n % 28 + 1:02}\n" for n in range(count))
        (folder / "list.csv").write_text(f"recording,request,due\n{rows}")
        run = [sys.executable, "-c", CODE, folder, folder / "list.csv"]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
        worked_off, kibibytes[count] = map(int, done.stdout.split())
        assert worked_off == count
    print(f"driver's greatest memory: {', '.join(f'{c} queued {k / 1024:.0f} MiB' for c, k in kibibytes.items())}")
    assert kibibytes[10_000] < kibibytes[100] * 1.1
