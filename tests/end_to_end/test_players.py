"""A release of copied and encoded spans plays to its end in a browser, and every frame of it can be sought."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import gcd
from pathlib import Path
from queue import Queue
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.end_to_end.test_copy_through import (
    MADE,
    Touching,
    made,
    released,
    some_at_random,
    touch_every_second_group,
)

PAGE = Path(__file__).with_name("player.html").read_bytes()
BROWSERS = {
    "chromium": ["--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
    "firefox-esr": ["--headless", "--no-remote", "--new-instance"],
}
"""What Debian packages, and how it is started without a screen."""

RECORDINGS = ["b-frames.mp4", "baseline.mp4", "slices.mp4", "references.mov"]
JUMP = 17
"""The page visits frame ``n * 17`` modulo their number: all of them, seldom in order."""

MOST_DIFFERENT = 12
"""Mean levels between two ways of scaling and of guessing the colour matrix."""

PATIENCE_SECONDS = 120


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("browser", BROWSERS)
def test_a_joined_release_plays_and_seeks_in_a_browser(browser: str, name: str, tmp_path: Path) -> None:
    seen_in(browser, name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE)
def test_a_random_plan_over_each_recording_plays_and_seeks_in_chromium(name: str, tmp_path: Path) -> None:
    seen_in("chromium", name, tmp_path, some_at_random)


def test_a_joined_release_plays_and_seeks_in_chromium(tmp_path: Path) -> None:
    seen_in("chromium", "b-frames.mp4", tmp_path)


def seen_in(browser: str, name: str, folder: Path, touching: Touching = touch_every_second_group) -> None:
    program = shutil.which(browser)
    if program is None:
        pytest.skip(f"{browser} is not installed")
    _, _, published = released(made(name, folder), folder / "out", touching)
    release = published.folders.release / published.folders.video_name
    kinds = [span["how"] for span in json.loads((release.parent / "manifest.json").read_text())["video"]["spans"]]
    assert {"copied", "encoded"} == set(kinds), "a plan that mixes both is what this is about"
    times, pictures = decoded(release)
    found = played_by(program, BROWSERS[browser], release, times, folder)
    assert "error" not in found, found
    assert found["frames"] == len(times)
    assert gcd(JUMP, len(times)) == 1
    for number in range(len(times)):
        differences = np.abs(pictures - np.array(found["seen"][str(number)], dtype=np.int16)).mean(axis=1)
        assert differences.argmin() == number, f"frame {number} shows what belongs to {differences.argmin()}"
        assert differences[number] < MOST_DIFFERENT


def decoded(release: Path) -> tuple[list[float], NDArray[np.int16]]:
    """The middle of each frame's time in seconds, and its green plane in 80x48, as PyAV decodes it."""
    with av.open(str(release)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        green = [upright_green(frame).ravel() for frame in frames]
        starts = [float(f.pts * f.time_base) for f in frames if f.pts is not None and f.time_base is not None]
    ends = [*starts[1:], starts[-1] + 0.02]
    return [(a + b) / 2 for a, b in zip(starts, ends, strict=True)], np.array(green, dtype=np.int16)


def upright_green(frame: av.VideoFrame) -> NDArray[np.uint8]:
    quarters = frame.rotation // 90
    width, height = (48, 80) if quarters % 2 else (80, 48)
    coded = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()[:, :, 1]
    return np.rot90(coded, quarters)


def played_by(program: str, options: list[str], release: Path, times: list[float], folder: Path) -> dict[str, Any]:
    """What the page reports from a browser of its own."""
    profile = folder / "profile"
    profile.mkdir()
    own = f"--user-data-dir={profile}" if "chromium" in program else f"--profile={profile}"
    with served({"/": PAGE, "/release.mp4": release.read_bytes(), "/times.json": json.dumps(times).encode()}) as (
        address,
        reports,
    ):
        browser = subprocess.Popen(
            [program, *options, own, address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return json.loads(reports.get(timeout=PATIENCE_SECONDS))  # type: ignore[no-any-return]
        finally:
            browser.terminate()
            browser.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def served(contents: dict[str, bytes]) -> Iterator[tuple[str, "Queue[bytes]"]]:
    """A server on loopback that gives these contents and takes one report."""
    reports: Queue[bytes] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = contents.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "text/html" if self.path == "/" else "video/mp4")
            self.end_headers()
            self.wfile.write(content or b"")

        def do_POST(self) -> None:
            reports.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", reports
    finally:
        server.shutdown()
        server.server_close()
