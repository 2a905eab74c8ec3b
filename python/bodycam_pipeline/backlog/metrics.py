"""What a monitor reads: counts in Prometheus' text format, in a file or on loopback. They name no recording."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.errors import StorageError

LOOPBACK = "127.0.0.1"
STATES = ("queued", "leased", "left aside", "withheld", "quarantined", "needs review", "published")


def metrics(ledger: Ledger, run: int, now: float) -> list[Metric]:
    """Count a ledger and its latest run."""
    jobs = GaugeMetricFamily("bodycam_jobs", "Recordings by state.", labels=["state"])
    of_run = GaugeMetricFamily("bodycam_run_jobs", "Recordings of the latest run by state.", labels=["state"])
    tries = CounterMetricFamily("bodycam_segment_tries", "Tries of segments by their end.", labels=["outcome"])
    seconds = CounterMetricFamily("bodycam_machine_seconds", "Worker seconds by phase.", labels=["phase"])
    in_all: dict[str, int] = dict.fromkeys(STATES, 0) | ledger.counts()
    for family, counts in (
        (jobs, in_all),
        (of_run, ledger.counts(run)),
        (tries, ledger.tries()),
        (seconds, ledger.effort_since(0.0)),
    ):
        for label, count in counts.items():
            family.add_metric([label], count)
    frames = CounterMetricFamily("bodycam_frames_published", "Frames in published releases.", value=ledger.frames())
    latest = GaugeMetricFamily("bodycam_run", "Number of the latest run.", value=run)
    active = GaugeMetricFamily("bodycam_last_activity_seconds", "Unix time of these numbers.", value=now)
    return [jobs, of_run, tries, seconds, frames, latest, active]


def write_metrics(text: str, path: Path) -> None:
    """Write a file for node_exporter's textfile collector, whole; others may read it.

    Raises:
        StorageError: the disk refused.
    """
    write_atomically(path, text.encode())
    try:
        path.chmod(0o644)
    except OSError as error:
        raise StorageError(f"cannot make {path} readable: {error.strerror}", remedy="Check its owner.") from error


class Board(Collector):
    """The latest metrics, for whoever asks."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._latest: list[Metric] = []
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Answer a monitor."""
        return self._latest

    def __call__(self, ledger: Ledger, run: int) -> None:
        """Put up new numbers."""
        first, self._latest = not self._latest, metrics(ledger, run, time.time())
        if self._path is None:
            return
        try:
            write_metrics(generate_latest(self.registry).decode(), self._path)
        except StorageError:
            if first:  # a wrong path is worth knowing at once; later, no number is worth a night's work
                raise


@contextmanager
def serve_metrics(board: Board, port: int | None) -> Iterator[int | None]:
    """Serve a board over HTTP, to this machine only; gives the port (0 asks for any), None where none is wanted.

    Raises:
        StorageError: the port is taken.
    """
    if port is None:
        yield None
        return
    try:
        server, thread = start_http_server(port, LOOPBACK, board.registry)
    except OSError as error:
        remedy = "Choose another --metrics-port."
        raise StorageError(f"port {port} on {LOOPBACK} cannot be used: {error.strerror}", remedy=remedy) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
