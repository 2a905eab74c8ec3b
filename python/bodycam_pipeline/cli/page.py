"""`bodycam review open`: the review in the browser."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.browser import address_book
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.extras import require

KEPT = "closed: every decision is kept beside the job; the same command goes on from there\n"


def open_page(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="OUT/NAME of a job, the folder of a backlog, or a recording.")
    ],
    listen: Annotated[str, typer.Option("--listen", metavar="HOST:PORT", help="A loopback address.")] = "127.0.0.1:0",
    unix: Annotated[Path | None, typer.Option("--unix", help="A Unix socket, for a proxy on this machine.")] = None,
    proxy: Annotated[str, typer.Option("--proxy", help="IP address of the proxy that logs people in.")] = "",
    person_header: Annotated[str, typer.Option("--person-header", help="In which header it names them.")] = "",
    origin: Annotated[str, typer.Option("--origin", help="Under which address browsers know the proxy.")] = "",
    workers: Annotated[int, typer.Option("--workers", "-j", min=1, help="Worker processes.")] = os.cpu_count() or 1,
    idle: Annotated[float, typer.Option("--idle", min=1, help="Lock after so many minutes without a key.")] = 15.0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the system's browser.")] = True,
    as_json: AsJson = False,
) -> None:
    """See a job in the browser and decide: an address of this machine that lets one browser in, once."""
    for library in ("starlette", "uvicorn"):
        require(library, "review", "the review in the browser")
    from bodycam_pipeline.page.access import Proxy
    from bodycam_pipeline.page.queue import Queue
    from bodycam_pipeline.page.serving import Listening, serve

    host, _, port = listen.rpartition(":")
    front = Proxy(proxy, person_header) if proxy or person_header else None
    place = Listening(host.strip("[]"), int(port) if port.isdecimal() else 0, unix, origin, front, idle * 60)
    queue = Queue.of(path, workers)
    try:
        with address_book(browser=browser) as show:
            serve(queue, place, lambda address: _tell_address(address, show, as_json=as_json))
    finally:
        sys.stderr.write(KEPT)


def _tell_address(address: str, show: Callable[[str], None], *, as_json: bool) -> None:
    sentences = f"open {address}\n  it lets one browser in, once; Ctrl-C ends"
    tell({"state": "open", "address": address}, sentences, as_json=as_json)
    show(address)
