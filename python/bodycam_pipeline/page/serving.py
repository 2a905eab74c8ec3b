"""Listen: on loopback or a Unix socket, and elsewhere only for a proxy that was named."""

import asyncio
import logging
import os
import pwd
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from bodycam_pipeline.page.access import IDLE_SECONDS, Access, Proxy
from bodycam_pipeline.page.queue import Queue
from bodycam_pipeline.page.server import Page
from bodycam_pipeline.values.errors import PageError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Listening:
    """Where the server listens, and who stands in front of it.

    Attributes:
        host, port: A loopback address; another one only behind a proxy. Port 0 is any that is free.
        unix: A Unix socket instead; its file is for its owner alone.
        origin: How browsers spell the server's address, where a proxy stands in front: ``https://review.example.org``.
        proxy: That proxy.
        idle_seconds: After so long without a hand the page locks.
    """

    host: str = LOOPBACK
    port: int = 0
    unix: Path | None = None
    origin: str = ""
    proxy: Proxy | None = None
    idle_seconds: float = IDLE_SECONDS


def refuse_open(listening: Listening) -> None:
    """Refuse to listen where others could come in.

    Raises:
        PageError: not on loopback, and no proxy is named that logs people in; or a proxy without its address.
    """
    if listening.proxy is None:
        if listening.unix is None and not _is_loopback(listening.host):
            raise PageError(
                f"the page would listen on {listening.host}, where other machines reach it",
                remedy="Leave --listen away, or name the proxy that terminates TLS and logs people in: "
                "--proxy ADDRESS --person-header NAME --origin https://...",
            )
        if listening.unix is not None:
            raise PageError(
                "a Unix socket is for a proxy, and none is named",
                remedy="Add --person-header NAME and --origin https://..., or leave --unix away.",
            )
        return
    if not listening.proxy.header or not listening.origin:
        raise PageError(
            "a proxy needs the header in which it names people, and the address under which browsers know it",
            remedy="Add --person-header NAME and --origin https://review.example.org.",
        )
    if not listening.origin.startswith("https://") and not _is_loopback(listening.host):
        raise PageError(
            f"{listening.origin} is not an https address", remedy="Let the proxy terminate TLS: --origin https://..."
        )
    if listening.unix is None and not listening.proxy.address:
        raise PageError(
            "the proxy's own address is missing: anybody could name themselves",
            remedy="Add --proxy ADDRESS, from which its requests come, or listen on a Unix socket: --unix FILE.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def login_name() -> str:
    """The name of the account that runs this process, from the system's list and not from the environment."""
    return pwd.getpwuid(os.geteuid()).pw_name


def serve(queue: Queue, listening: Listening, opened: Callable[[str], None]) -> None:
    """Serve until told to leave.

    Args:
        queue: The jobs.
        listening: Where.
        opened: Gets the address that lets one browser in, now and whenever the page locked itself.

    Raises:
        PageError: it may not listen there, or something listens there already.
    """
    refuse_open(listening)
    bound = _bound(listening)
    try:
        queue.boxes.start()
        origin = listening.origin or f"http://{_spelled(bound)}"
        person = "" if listening.proxy else login_name()
        access = Access(_origins(origin, listening), person, listening.proxy, listening.idle_seconds)
        access.hand_out = lambda token: opened(f"{origin}/#{token}")
        if listening.proxy:
            opened(f"{origin}/")
        else:
            access.hand_out(access.new_token())
        logging.getLogger("uvicorn.error").addFilter(_is_no_leave)
        http_server(Page(access, queue).app()).run(sockets=[bound])
    finally:
        bound.close()
        queue.close()
        if listening.unix is not None:
            listening.unix.unlink(missing_ok=True)


def http_server(app: ASGIApp) -> uvicorn.Server:
    """Make a server that speaks plain HTTP/1.1 and believes no header about where a request comes from."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        http="h11",
        lifespan="off",
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _is_no_leave(record: logging.LogRecord) -> bool:
    """Leave out that pictures which nobody waits for any more were not finished."""
    kind = record.exc_info[0] if record.exc_info else None
    return not ((kind and issubclass(kind, asyncio.CancelledError)) or "Cancel" in record.getMessage())


def _bound(listening: Listening) -> socket.socket:
    try:
        if listening.unix is not None:
            made = socket.socket(socket.AF_UNIX)
            before = os.umask(0o177)
            try:
                made.bind(str(listening.unix))
            finally:
                os.umask(before)
            made.listen()
            return made
        family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
        made = socket.socket(family)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((listening.host, listening.port))
        made.listen()  # the address works from the moment at which it is printed
    except OSError as error:
        where = listening.unix or f"{listening.host}:{listening.port}"
        raise PageError(f"cannot listen on {where}: {error.strerror}", remedy="Choose another port or file.") from error
    return made


def _spelled(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _origins(origin: str, listening: Listening) -> frozenset[str]:
    """The one address, and on loopback the name that people type for it."""
    local = origin.startswith(f"http://{LOOPBACK}:") and listening.proxy is None
    return frozenset({origin, origin.replace(LOOPBACK, "localhost")} if local else {origin})
