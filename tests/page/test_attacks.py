"""What other pages, other users and odd requests get from the page's server: nothing."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bodycam_pipeline.page.access import HEADERS, Proxy
from bodycam_pipeline.page.serving import Listening, login_name, refuse_open
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.errors import PageError
from tests.page.conftest import Answer, Served, serving

JOB = "/api/jobs/0"


def error_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["error"]


def test_who_was_let_in_sees_the_job_and_who_was_not_sees_nothing(served: Served) -> None:
    assert error_of(served.ask("GET", JOB)) == (401, "no-session")
    seen = served.ask("GET", JOB, **served.enter())
    assert seen.status == 200
    assert seen.json()["name"] == served.folders.name


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", ""])
def test_a_rebound_name_is_refused_even_with_the_cookie(served: Served, host: str) -> None:
    entered = served.enter() | {"Host": host}
    assert error_of(served.ask("GET", JOB, **entered)) == (421, "wrong-host")
    assert error_of(served.ask("GET", "/", Host=host)) == (421, "wrong-host")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_request_of_another_page_is_refused_even_with_cookie_and_token(served: Served, origin: str) -> None:
    entered = served.enter() | {"Origin": origin}
    assert error_of(served.ask("GET", JOB, **entered)) == (403, "foreign-page")
    assert error_of(served.ask("POST", "/api/lock", b"{}", **entered)) == (403, "foreign-page")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_picture_in_another_page_is_refused_where_the_browser_tells(served: Served, site: str) -> None:
    entered = {"Cookie": served.enter()["Cookie"], "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    assert error_of(served.ask("GET", JOB, **entered)) == (403, "foreign-page")


def test_a_verb_that_changes_something_needs_origin_and_header_token(served: Served) -> None:
    entered = served.enter()
    without_token = {name: value for name, value in entered.items() if name in {"Cookie", "Origin"}}
    without_origin = {name: value for name, value in entered.items() if name != "Origin"}
    assert error_of(served.ask("POST", "/api/lock", b"{}", **without_token)) == (403, "no-header-token")
    assert error_of(served.ask("POST", "/api/lock", b"{}", **without_origin)) == (403, "no-origin")
    assert error_of(served.ask("POST", "/api/lock", b"{}", **entered | {"x-bodycam-token": "x"})) == (
        403,
        "no-header-token",
    )
    assert served.ask("GET", JOB, **entered).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_verb_is_spoken(served: Served, method: str) -> None:
    assert served.ask(method, JOB, **served.enter()).status == 405


def test_a_token_lets_one_browser_in_once(served: Served) -> None:
    body = json.dumps({"token": served.access.new_token()}).encode()
    assert served.ask("POST", "/api/session", body, Origin=served.origin).status == 200
    assert error_of(served.ask("POST", "/api/session", body, Origin=served.origin)) == (403, "token-used")


def test_guesses_do_not_use_up_the_token(served: Served) -> None:
    token = served.access.new_token()
    for guess in ("", "x", token[:-1], token + "x"):
        body = json.dumps({"token": guess}).encode()
        assert error_of(served.ask("POST", "/api/session", body, Origin=served.origin)) == (403, "token-used")
    body = json.dumps({"token": token}).encode()
    assert served.ask("POST", "/api/session", body, Origin=served.origin).status == 200


def test_another_user_of_the_machine_gets_the_empty_page_and_nothing_of_the_job(served: Served) -> None:
    entered = served.enter()
    shell = served.ask("GET", "/")
    assert shell.status == 200
    assert served.folders.name.encode() not in shell.body
    for path in ("/api/jobs", JOB, f"{JOB}/frames", f"{JOB}/still/original/0.jpg", "/api/session"):
        assert served.ask("GET", path).status == 401, path
        stolen = {"Cookie": entered["Cookie"][:-3] + "xxx"}
        assert served.ask("GET", path, **stolen).status == 401, path


def test_the_cookie_is_for_this_page_alone(served: Served) -> None:
    body = json.dumps({"token": served.access.new_token()}).encode()
    cookie = served.ask("POST", "/api/session", body, Origin=served.origin).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert str(served.port) in cookie.split("=")[0]


@pytest.mark.parametrize("path", ["/", "/static/main.js", JOB, f"{JOB}/nothing", "/nothing", "/api/session"])
def test_every_answer_carries_the_protecting_headers(served: Served, path: str) -> None:
    for headers in ({}, served.enter()):
        answer = served.ask("GET", path, **headers)
        assert HEADERS.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
    assert "unsafe" not in HEADERS["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/api/jobs/../../etc/passwd",
        "/api/jobs/1",
        "/api/jobs/-1",
        f"{JOB}/still/original/..%2f..%2fplan.parquet",
        f"{JOB}/still/internal/0.jpg",
        f"{JOB}/still/original/1.jpg",
        f"{JOB}/tracks/99999/best.jpg",
        f"{JOB}/play/original/99999.m4s",
        f"{JOB}/boxes?from=a&to=b",
    ],
)
def test_no_path_leads_out_of_the_job(served: Served, path: str) -> None:
    assert served.ask("GET", path, **served.enter()).status == 404


def test_a_request_that_is_too_large_is_refused(served: Served) -> None:
    entered = served.enter()
    assert served.ask("POST", "/api/session", b"x" * (2 << 20), **entered).status == 413


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(served: Served, body: bytes) -> None:
    assert served.ask("POST", "/api/session", body, Origin=served.origin).status == 400


def test_the_page_locks_itself_and_a_new_address_opens_it(detected: Folders) -> None:
    with serving(detected.out / detected.name, idle_seconds=60) as served:
        now = [0.0]
        served.access.clock = lambda: now[0]
        entered = served.enter()
        now[0] = 50
        assert served.ask("GET", JOB, **entered).status == 200
        now[0] = 100
        assert served.ask("GET", JOB, **entered | {"x-bodycam-background": "1"}).status == 200
        now[0] = 111
        assert error_of(served.ask("GET", JOB, **entered)) == (401, "locked")
        assert served.ask("GET", JOB, **entered).status == 401
        (token,) = served.printed
        body = json.dumps({"token": token}).encode()
        assert served.ask("POST", "/api/session", body, Origin=served.origin).status == 200


def test_behind_a_proxy_the_header_names_the_person_and_nobody_else_may_ask(detected: Folders) -> None:
    with serving(detected.out / detected.name, Proxy("127.0.0.1", "X-Remote-User")) as served:
        entered = served.enter(**{"X-Remote-User": "B. Supervisor"})
        assert served.ask("GET", "/api/session", **entered).json()["person"] == "B. Supervisor"
        somebody_else = entered | {"X-Remote-User": "C. Clerk"}
        assert served.ask("GET", JOB, **somebody_else).status == 401
        nobody = {name: value for name, value in entered.items() if name != "X-Remote-User"}
        assert served.ask("GET", JOB, **nobody).status == 401
        assert served.ask("POST", "/api/session", b"{}", Origin=served.origin).status == 401
    with serving(detected.out / detected.name, Proxy("192.0.2.1", "X-Remote-User")) as served:
        assert error_of(served.ask("GET", "/", **{"X-Remote-User": "B. Supervisor"})) == (403, "not-the-proxy")


HEADER = Proxy("192.0.2.1", "X-Remote-User")


@pytest.mark.parametrize(
    "listening",
    [
        Listening(host="0.0.0.0"),  # noqa: S104 - what has to be refused
        Listening(host="192.0.2.7"),
        Listening(host="::"),
        Listening(host="example.org"),
        Listening(host="192.0.2.7", proxy=HEADER),
        Listening(host="192.0.2.7", proxy=Proxy("", "X-Remote-User"), origin="https://a.example"),
        Listening(host="192.0.2.7", proxy=Proxy("192.0.2.1", ""), origin="https://a.example"),
        Listening(host="192.0.2.7", proxy=HEADER, origin="http://a.example"),
        Listening(unix=Path("page.sock")),
    ],
    ids=str,
)
def test_it_listens_nowhere_that_others_reach_without_a_proxy_that_logs_in(listening: Listening) -> None:
    with pytest.raises(PageError):
        refuse_open(listening)


def test_the_person_is_the_account_and_not_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    monkeypatch.setenv("USER", "somebody else")
    assert login_name() != "somebody else"


def test_the_command_prints_one_address_and_says_what_is_kept(detected: Folders) -> None:
    command = [sys.executable, "-m", "bodycam_pipeline.cli.main", "review", "open", str(detected.internal)]
    process = subprocess.Popen(
        [*command, "--no-browser", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = "".join(process.stdout.readline() for _ in range(4))
    address = json.loads(printed)["address"]
    origin, _, token = address.partition("/#")
    assert len(token) >= 32
    with socket.create_connection(("127.0.0.1", int(origin.rpartition(":")[2]))):
        pass
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "is kept" in errors
    assert process.returncode == 130


def test_a_unix_socket_is_its_owners_alone(detected: Folders, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bodycam_pipeline.cli.main", "review", "open", str(detected.internal)]
    socket_options = ["--unix", str(tmp_path / "s"), "--person-header", "X-User", "--origin", "https://a.example"]
    process = subprocess.Popen(
        [*command, *socket_options, "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        assert stat.S_IMODE(os.stat(tmp_path / "s").st_mode) == 0o600  # noqa: PTH116
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert not (tmp_path / "s").exists()
