"""What a monitor reads: counts in Prometheus' text format, in a file or on loopback. They name no recording."""

import http.server
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.running.ledger import Ledger
from bodycam_pipeline.values.errors import StorageError

LOOPBACK = "127.0.0.1"
STATES = ("queued", "leased", "left aside", "withheld", "quarantined", "needs review", "published")


def exposition(ledger: Ledger, run: int, now: float) -> str:
    """The metrics of a ledger and of its latest run, in the text format 0.0.4."""
    of_run: dict[str, int] = {state: count for state, count in ledger.counts(run).items()}  # noqa: C416 - widened
    seconds = {phase: round(spent, 3) for phase, spent in ledger.effort_since(0.0).items()}
    in_all: dict[str, int] = dict.fromkeys(STATES, 0) | ledger.counts()
    return "".join(
        (
            _metric("jobs", "gauge", "Recordings by state.", "state", in_all),
            _metric("run_jobs", "gauge", "Recordings of the latest run by state.", "state", of_run),
            _metric("segment_tries_total", "counter", "Tries of segments by their end.", "outcome", ledger.tries()),
            _metric("machine_seconds_total", "counter", "Worker seconds by phase.", "phase", seconds),
            _metric("frames_published_total", "counter", "Frames in published releases.", None, {"": ledger.frames()}),
            _metric("run", "gauge", "Number of the latest run.", None, {"": run}),
            _metric("last_activity_seconds", "gauge", "Unix time of these numbers.", None, {"": round(now, 3)}),
        )
    )


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


class Board:
    """The latest metrics, for whoever asks."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.text = ""

    def __call__(self, ledger: Ledger, run: int) -> None:
        """Put up new numbers."""
        first, self.text = not self.text, exposition(ledger, run, time.time())
        if self._path is None:
            return
        try:
            write_metrics(self.text, self._path)
        except StorageError:
            if first:  # a wrong path is worth knowing at once; later, no number is worth a night's work
                raise


@contextmanager
def served(board: Board, port: int | None) -> Iterator[int | None]:
    """Serve a board at ``/metrics``, to this machine only; gives the port (0 asks for any), None where none is wanted.

    Raises:
        StorageError: the port is taken.
    """
    if port is None:
        yield None
        return
    try:
        server = http.server.ThreadingHTTPServer((LOOPBACK, port), _handler(board))
    except OSError as error:
        remedy = "Choose another --metrics-port."
        raise StorageError(f"port {port} on {LOOPBACK} cannot be used: {error.strerror}", remedy=remedy) from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(board: Board) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.split("?")[0] == "/metrics"
            body = board.text.encode() if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Nobody reads it."""

    return Handler


def _metric(name: str, kind: str, about: str, label: str | None, values: Mapping[str, float]) -> str:
    full = f"bodycam_{name}"
    lines = [f"# HELP {full} {about}", f"# TYPE {full} {kind}"]
    lines += [f'{full}{{{label}="{key}"}} {value}' if label else f"{full} {value}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
