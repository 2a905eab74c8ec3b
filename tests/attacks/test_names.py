"""File names that stop the work or drive a terminal: bytes that are no text, escape sequences, too many letters."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bodycam_pipeline.cli.output import report_error, tell
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.values.address import absolute, in_text, name_of, path_of, stem_of
from bodycam_pipeline.values.errors import Place, UnreadableRecordingError
from bodycam_pipeline.values.printable import printable
from tests.backlog.conftest import FAST_TOML
from tests.clips import clip

SECONDS = 300
ESCAPE = "\x1b]0;pwned\x07\x1b[2J"
ODD = [b"bad\xff\xfe.mp4", f"{ESCAPE}.mp4".encode(), "left\u202eto\u2066right.mp4".encode(), b"\xed\xa0\x80.mp4"]
LONG = "x" * 250 + ".mp4"


def bodycam(*words: object) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "bodycam_pipeline.cli.main", *(os.fsencode(str(word)) for word in words)]
    return subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)


@pytest.fixture
def dock(tmp_path: Path) -> bytes:
    """A good recording, and some of names that are odd."""
    dock = tmp_path / "dock"
    dock.mkdir()
    clip(dock / "good.mp4", frames=10)
    for number, name in enumerate([*ODD, LONG.encode()], start=11):
        made = clip(dock / "made.mp4", frames=number)
        shutil.move(os.fsencode(made), os.fsencode(dock) + b"/" + name)
    return os.fsencode(dock)


@pytest.mark.parametrize("verb", ["batch", "nightly"])
def test_an_odd_name_stops_nothing_and_no_terminal_obeys_it(verb: str, dock: bytes, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(FAST_TOML)
    words = (
        verb,
        os.fsdecode(dock),
        "--out",
        tmp_path / "out",
        "--policy",
        tmp_path / "policy.toml",
        "-j",
        2,
        "--own-names",
    )
    done = bodycam(*words)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    _plain(done.stdout + done.stderr)
    (path,) = tmp_path.glob("out/*/*/summary.json")
    listed = json.loads(path.read_text())["recordings"]
    assert [one["state"] for one in listed] == ["published"] * 6
    for one in listed:
        one["recording"].encode()  # text, and the very file
        assert path_of(one["recording"]).exists()
    names = {one["release"] for one in listed}
    assert {"good.release", "bad\\xff\\xfe.release", "\\x1b]0;pwned\\x07\\x1b[2J.release"} <= names
    _plain(path.read_bytes())


def test_an_odd_name_is_sealed_and_listed_like_any_other(session: VaultSession, dock: bytes) -> None:
    done = bodycam("ingest", os.fsdecode(dock), "--vault", session.vault.address)
    assert done.returncode == 0, done.stderr
    _plain(done.stdout + done.stderr)
    assert b"bad\\xff\\xfe.mp4" in done.stdout
    listed = bodycam("vault", "list", "--facts", "--vault", session.vault.address)
    assert listed.returncode == 0, listed.stderr
    _plain(listed.stdout + listed.stderr)


def test_a_refusal_of_an_odd_name_is_printed_in_plain_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/" + ODD[0]
    Path(os.fsdecode(path)).write_bytes(b"nothing")
    done = bodycam("redact", os.fsdecode(path), "--out", tmp_path / "out")
    assert done.returncode == 4
    assert b"bad\\xff\\xfe.mp4" in done.stderr
    _plain(done.stdout + done.stderr)
    missing = bodycam("batch", f"{tmp_path}/{ESCAPE}", "--out", tmp_path / "out")
    assert missing.returncode == 2
    _plain(missing.stdout + missing.stderr)


def test_an_address_of_bytes_that_are_no_text_is_text_and_leads_back(tmp_path: Path) -> None:
    for name in ODD:
        path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
        assert path_of(in_text(path)) == Path(path)
        assert path_of(absolute(in_text(path))) == Path(path)
        absolute(path).encode()
        assert name_of(absolute(path)) == name_of(path)
        assert name_of(path).isprintable()
    assert in_text("/a/ä b.mp4") == "/a/ä b.mp4"
    assert in_text("s3://b/a%20b.mp4") == "s3://b/a%20b.mp4"


def test_what_a_long_name_gives_fits_a_file_system_and_tells_them_apart() -> None:
    one, other = (stem_of(f"/a/{'é' * 120}{end}.mp4") for end in "xy")
    assert one != other
    assert len(f"{one}.redacted.mp4".encode()) < 200
    assert stem_of("/a/short.mp4") == "short"


def test_answers_and_refusals_spell_out_what_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    tell({}, f"a\nb {ESCAPE}\r\udcff", as_json=False)
    error = UnreadableRecordingError(ESCAPE, remedy=ESCAPE, where=Place(recording=ESCAPE))
    report_error(error, as_json=False)
    report_error(error, as_json=True)
    printed = capsys.readouterr()
    assert printed.out.startswith("a\nb \\x1b]0;pwned\\x07\\x1b[2J\\x0d\\xff\n")
    _plain((printed.out + printed.err).encode())


def test_printable_text_is_left_alone() -> None:
    assert printable("Straße 7, 北京 [x]") == "Straße 7, 北京 [x]"
    assert printable("\u202e\U000e0001\x7f\x85") == "\\u202e\\U000e0001\\x7f\\x85"


def _plain(said: bytes) -> None:
    """Nothing but printable text and line breaks."""
    text = said.decode()
    assert all(c.isprintable() or c in "\n" for c in text), ascii(text)
