"""Downloads against a real server: verified before they get their name, and never too large."""

import hashlib
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.addresses.download import ExpectedFile, download
from bodycam_pipeline.values.errors import FetchError

CONTENT = np.random.default_rng(1).integers(0, 256, 3_000_000, np.uint8).tobytes()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(socketserver.ThreadingTCPServer):
    """Serves one file, and notes what it was asked for."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cut_at: int | None = None
        self.told_size = True
        self.asked = 0

    def address(self, path: str = "model.onnx") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        content = self.server.content
        self.send_response(200)
        if self.server.told_size:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: self.server.cut_at])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def promise(address: str, digest: str = DIGEST, most: int = 10_000_000) -> ExpectedFile:
    return ExpectedFile(address, digest, most)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_only_once(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "new" / "model.onnx"
    assert download(promise(server.address()), path)
    assert path.read_bytes() == CONTENT
    assert files(path.parent) == ["model.onnx"]
    assert not download(promise(server.address()), path)
    assert server.asked == 1


def test_what_broke_off_leaves_nothing_and_is_begun_again(server: Server, tmp_path: Path) -> None:
    server.cut_at = 1_234_567
    path = tmp_path / "model.onnx"
    with pytest.raises(FetchError, match="broke off after 1234567"):
        download(promise(server.address()), path)
    assert files(tmp_path) == []
    server.cut_at = None
    assert download(promise(server.address()), path)
    assert path.read_bytes() == CONTENT
    assert files(tmp_path) == ["model.onnx"]


def test_a_file_that_ends_too_early_without_saying_its_size_has_another_digest(server: Server, tmp_path: Path) -> None:
    server.told_size, server.cut_at = False, 1_000_000
    with pytest.raises(FetchError, match="is another file"):
        download(promise(server.address()), tmp_path / "model.onnx")


def test_another_file_never_gets_the_name_and_nothing_of_it_is_kept(server: Server, tmp_path: Path) -> None:
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(FetchError, match="is another file: its SHA-256 is"):
        download(promise(server.address()), tmp_path / "model.onnx")
    assert files(tmp_path) == []


@pytest.mark.parametrize("stated", [True, False])
def test_a_file_that_is_too_large_is_refused_as_soon_as_it_shows(server: Server, tmp_path: Path, stated: bool) -> None:
    server.told_size = stated
    with pytest.raises(FetchError, match="larger than 2000000 bytes"):
        download(promise(server.address(), most=2_000_000), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_nothing_is_replaced(server: Server, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"mine")
    with pytest.raises(FetchError, match="is another file"):
        download(promise(server.address()), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == b"mine"


def test_a_file_address_is_read_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "here and there").write_bytes(CONTENT)
    assert download(promise((tmp_path / "here and there").as_uri()), tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("address", "match"),
    [
        ("ftp://example.org/m.onnx", "no http, https, file address"),
        ("m.onnx", "no http, https, file address"),
        ("https://someone:secret@example.org/m.onnx", "holds a user name or a password"),
        ("file:///not/here.onnx", "cannot be read: No such file"),
        ("http://127.0.0.1:1/m.onnx", "cannot be read"),
    ],
)
def test_odd_addresses_are_refused(address: str, match: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=match) as refused:
        download(promise(address), tmp_path / "model.onnx")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(("path", "match"), [("missing", "answers 404"), ("elsewhere", "answers 302")])
def test_answers_that_are_no_file_are_refused(server: Server, tmp_path: Path, path: str, match: str) -> None:
    with pytest.raises(FetchError, match=match):
        download(promise(server.address(path)), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
