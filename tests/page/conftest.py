"""One small job that was looked at, and servers for it: a real uvicorn on loopback, asked by plain HTTP."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.page.access import TOKEN_HEADER, Access, Proxy
from bodycam_pipeline.page.queue import Queue
from bodycam_pipeline.page.server import Page
from bodycam_pipeline.page.serving import http_server
from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.policy import Policy
from tests.attacks.jobs import QUICK_GATE
from tests.inline import InlineRunner


@pytest.fixture(scope="session")
def detected(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Two seconds of demo, looked at."""
    folder = tmp_path_factory.mktemp("page")
    recording = folder / "recording.mp4"
    compose_demo(recording, seconds=2, size=(640, 360))
    return detect(Order(str(recording), folder / "out", seeing_policy()), InlineRunner())[0].folders


def seeing_policy(**parts: object) -> Policy:
    """One network that sees the demo's people and plates at one scale: seven tracks in two seconds of work."""
    looking = {"detectors": [{"model": "detector-v1-int8", "long_sides_px": [640]}]}
    rules = {"detection": looking, "gate": QUICK_GATE, "encoding": {"preset": "ultrafast"}}
    return Policy.model_validate({**rules, **parts})


@dataclass
class Served:
    """A running server, and a browser's part of talking to it."""

    access: Access
    port: int
    folders: Folders
    printed: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> "Answer":
        """One request; ``Host`` and nothing else is given unless it is asked for."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, given)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def enter(self, **headers: str) -> dict[str, str]:
        """Let a browser in; returns the headers of everything that it asks from then on."""
        body = json.dumps({"token": self.access.new_token()}).encode()
        answer = self.ask("POST", "/api/session", body, Origin=self.origin, **headers)
        assert answer.status == 200, answer.body
        cookie = answer.headers["set-cookie"].split(";")[0]
        return {"Cookie": cookie, TOKEN_HEADER: answer.json()["token"], "Origin": self.origin} | headers


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def serving(path: Path, proxy: Proxy | None = None, idle_seconds: float = 900.0) -> Iterator[Served]:
    """A server that ends with the block."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    access = Access(frozenset({f"http://127.0.0.1:{port}"}), "" if proxy else "officer", proxy, idle_seconds)
    queue = Queue.of(path)
    served = Served(access, port, queue.items[0].folders)
    access.hand_out = served.printed.append
    server = http_server(Page(access, queue).app())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        queue.close()


@pytest.fixture(scope="module")
def served(detected: Folders) -> Iterator[Served]:
    with serving(detected.out / detected.name) as found:
        yield found
