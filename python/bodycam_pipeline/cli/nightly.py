"""`bodycam nightly`: what a timer starts in the evening and a records officer reads in the morning."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bodycam_pipeline.backlog.clock import next_time
from bodycam_pipeline.backlog.history import write_history
from bodycam_pipeline.backlog.run import RunOptions, Watcher, carry_out, runner_for
from bodycam_pipeline.backlog.stopping import catch_stop_signals
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.cli.batch import CAP_MINUTES, Cap, LedgerFile, Out, OwnNames, PolicyFile, Ray, Workers, show
from bodycam_pipeline.cli.output import AsJson
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.extras import require
from bodycam_pipeline.values.policy import Policy

Given = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RECORDINGS...]", help="Watch folders, patterns or lists; none: only what still waits."),
]
Until = Annotated[str, typer.Option("--until", help="No work is begun after this time of day.")]
Zone = Annotated[str, typer.Option("--zone", help="The time zone of --until, as America/Toronto.")]
MetricsFile = Annotated[Path | None, typer.Option("--metrics-file", help="For node_exporter's textfile collector.")]
MetricsPort = Annotated[int | None, typer.Option("--metrics-port", min=0, max=65535, help="On loopback only.")]


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(nightly)


def nightly(
    recordings: Given = None,
    out: Out = Path("releases"),
    until: Until = "06:00",
    zone: Zone = "UTC",
    policy: PolicyFile = None,
    ledger: LedgerFile = None,
    workers: Workers = None,
    ray: Ray = None,
    cap_minutes: Cap = CAP_MINUTES,
    own_names: OwnNames = False,
    metrics_file: MetricsFile = None,
    metrics_port: MetricsPort = None,
    as_json: AsJson = False,
) -> None:
    """Work through the night by due date, then age; what is left goes on the next night.

    Exit code 0: nothing went wrong. 3: some need a person's decision. 4: some were quarantined. 130, 143: stopped.
    """
    now = datetime.now(UTC)
    ends = next_time(until, zone, now)
    night = now.astimezone(ZoneInfo(zone)).date()
    rules, file = read_policy(policy) if policy else Policy(), ledger or out / "ledger.sqlite"
    with ExitStack() as held:
        runner = held.enter_context(runner_for(ray, workers, out, cap_minutes * 60))
        board = held.enter_context(_monitored(metrics_file, metrics_port))
        stop = held.enter_context(catch_stop_signals())
        order = RunOptions(
            "nightly",
            out,
            file,
            f"nights/{night}-{{run:04}}",
            lambda: stop() or datetime.now(UTC) >= ends,
            cap_minutes * 60,
            own_names,
        )
        ended = carry_out(order, work_items(recordings or [], rules), runner, board)
    write_history(file, out / "nights")
    show(ended, file, as_json=as_json)
    raise typer.Exit(stop.exit_code if stop() and not ended.empty else ended.summary.exit_code)


@contextmanager
def _monitored(file: Path | None, port: int | None) -> Iterator[Watcher]:
    """Tell a monitor of every recording, where one is wanted.

    Raises:
        MissingExtraError: it is wanted, and the extra ``metrics`` is not installed.
    """
    if file is None and port is None:
        yield lambda _ledger, _run: None
        return
    require("prometheus_client", "metrics", "telling a monitor")
    from bodycam_pipeline.backlog.metrics import Board, serve_metrics

    board = Board(file)
    with serve_metrics(board, port):
        yield board
