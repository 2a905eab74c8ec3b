"""The exemption index as table, page and print: the same lines, nothing executed, quick to open."""

import csv
import io
import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from bodycam_pipeline.reports.exemption_index import NAMES, Index, index_files
from bodycam_pipeline.rules.exemptions import Exemption

CHROMIUM = shutil.which("chromium")
LINES_OF_A_BUSY_HOUR = 10_000
"""Above what the shipped default finds on the clips with most false alarms: 146 tracks a minute."""

SECONDS_TO_OPEN = 2.0


def line(
    number: int, reason: str = "MFIPPA s. 14(1): unjustified invasion of privacy", by: str = "automatic"
) -> Exemption:
    return Exemption(f"00:{number // 60 % 60:02}:{number % 60:02}.000", "00:59:59.900", "face", "top left", reason, by)


def index(*lines: Exemption, inside: bool = False) -> Index:
    return Index("redacted.mp4", "ontario-mfippa", inside, lines)


def print_of(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


def test_table_page_and_print_hold_the_same_lines() -> None:
    lines = [line(n, reason=f"reason {n} § é") for n in range(60)]
    files = index_files(index(*lines))
    assert tuple(files) == NAMES
    table = list(csv.reader(io.StringIO(files[NAMES[0]].decode())))
    assert table[0] == ["line", "start", "end", "kind", "place", "reason", "by"]
    assert [row[5] for row in table[1:]] == [one.reason for one in lines]
    page, pages = files[NAMES[1]].decode(), print_of(files[NAMES[2]])
    assert all(one.reason in page and one.reason in "\n".join(pages) for one in lines)
    assert all("reason by" in text and f"page {number}" in text for number, text in enumerate(pages, start=1))
    assert len(pages) > 1


def test_the_same_index_is_the_same_bytes() -> None:
    assert index_files(index(line(1))) == index_files(index(line(1)))


def test_only_the_one_that_stays_inside_says_so() -> None:
    for inside in (True, False):
        files = index_files(index(line(1), inside=inside))
        for shown in (files[NAMES[1]].decode(), *print_of(files[NAMES[2]])):
            assert ("Internal: names of persons" in shown) == inside


def test_a_reason_is_text_and_nothing_else() -> None:
    files = index_files(index(line(1, reason='=HYPERLINK("http://x")'), line(2, reason="<script>alert(1)</script> Ж")))
    table = list(csv.reader(io.StringIO(files[NAMES[0]].decode())))
    assert table[1][5].startswith("'=")
    assert "<script>" not in files[NAMES[1]].decode()
    assert "<script>alert(1)</script> ?" in print_of(files[NAMES[2]])[0]


def test_a_long_reason_is_wrapped_and_whole() -> None:
    reason = " ".join(f"word{n}" for n in range(120))
    (text,) = print_of(index_files(index(line(1, reason=reason)))[NAMES[2]])
    assert " ".join(text.split()).count("word") == 120


def test_nothing_hidden_is_an_index_without_lines() -> None:
    files = index_files(index())
    assert "0 deletions" in files[NAMES[1]].decode()
    assert "0 deletions" in print_of(files[NAMES[2]])[0]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
def test_the_index_of_a_busy_hour_opens_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / NAMES[1]
    path.write_bytes(index_files(index(*(line(n) for n in range(LINES_OF_A_BUSY_HOUR))))[NAMES[1]])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(path.as_uri(), wait_until="load")
        page.evaluate("() => new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(shown)))")
        seconds = time.perf_counter() - began
        assert page.locator("tbody tr").count() == LINES_OF_A_BUSY_HOUR
        browser.close()
    with capsys.disabled():
        print(f" {LINES_OF_A_BUSY_HOUR} lines open and show in {seconds:.2f} s", end=" ")
    assert seconds < SECONDS_TO_OPEN
