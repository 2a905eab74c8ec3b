"""`bodycam batch`: folders, patterns and lists in, one release per recording out."""

import itertools
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bodycam_pipeline.backlog.run import CAP_SECONDS, Ended, RunOptions, Watcher, carry_out, runner_for
from bodycam_pipeline.backlog.stopping import catch_stop_signals
from bodycam_pipeline.backlog.summary import failures
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.address import name_of
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.printable import printable

Given = Annotated[
    list[str],
    typer.Argument(metavar="RECORDINGS...", help="Recordings, folders, quoted patterns, or lists (CSV, Parquet)."),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the releases and what stays inside.")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="What to hide, how and why (TOML).")]
LedgerFile = Annotated[Path | None, typer.Option("--ledger", help="The ledger; OUT/ledger.sqlite where not named.")]
Workers = Annotated[int | None, typer.Option("--workers", "-j", min=1, help="At most this many workers.")]
Ray = Annotated[str | None, typer.Option("--ray", help="Work on Ray: local, auto, HOST:PORT or ray://HOST:PORT.")]
Cap = Annotated[float, typer.Option("--cap-minutes", min=0.05, help="Quarantine what takes longer than this.")]
OwnNames = Annotated[
    bool, typer.Option("--own-names", help="Call releases as their recordings are, not by request or key.")
]
CAP_MINUTES = CAP_SECONDS / 60
ROWS = 40


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(batch)


def batch(
    recordings: Given,
    out: Out = Path("releases"),
    policy: PolicyFile = None,
    ledger: LedgerFile = None,
    workers: Workers = None,
    ray: Ray = None,
    cap_minutes: Cap = CAP_MINUTES,
    own_names: OwnNames = False,
    as_json: AsJson = False,
) -> None:
    """Redact many recordings; bad ones are quarantined with the reason. Run again: it resumes.

    Exit code 0: all published. 3: some need a person's decision. 4: some were not published. 130, 143: stopped.
    """
    rules = read_policy(policy) if policy else Policy()
    file = ledger or out / "ledger.sqlite"
    with runner_for(ray, workers, out, cap_minutes * 60) as runner, catch_stop_signals() as stop:
        options = RunOptions("batch", out, file, "reports/batch-{run:04}", stop, cap_minutes * 60, own_names)
        ended = carry_out(options, work_items(recordings, rules), runner, progress(as_json=as_json))
    show(ended, file, as_json=as_json)
    raise typer.Exit(stop.exit_code if stop() and not ended.empty else ended.summary.exit_code)


def progress(*, as_json: bool) -> Watcher:
    """A line per recording on stderr, where somebody reads along."""
    console = Console(stderr=True)

    def watch(ledger: Ledger, run: int) -> None:
        if console.is_terminal and not as_json:
            console.print(", ".join(f"{count} {state}" for state, count in ledger.counts(run).items()))

    return watch


def show(ended: Ended, file: Path, *, as_json: bool) -> None:
    """Print the totals, and what needs a person."""
    summary, folder = ended.summary, ended.folder
    facts = {"summary": folder / "summary.json", "report": folder / "report.html"} | summary.as_json()
    counts = ", ".join(f"{count} {state}" for state, count in summary.states.items()) or "nothing to do"
    if not as_json:
        _show_failures(file)
    sentences = (
        f"{counts}: {summary.frames} frames in {summary.seconds:.0f} s\n"
        f"  summary: {facts['summary']}\n"
        f"  report:  {facts['report']} (not for handing out)"
    )
    tell(facts, sentences, as_json=as_json)


def _show_failures(file: Path) -> None:
    with Ledger(file) as ledger:
        rows = list(itertools.islice(failures(ledger, ledger.last_run()), ROWS))
    if not rows:
        return
    table = Table("recording", "state", "why", title=f"Not published (the first {ROWS})" if len(rows) == ROWS else None)
    for row in rows:
        table.add_row(escape(name_of(row.address)), row.state, escape(printable(row.why)))
    Console().print(table)
