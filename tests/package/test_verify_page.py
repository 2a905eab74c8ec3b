"""`verify.html` in a real Chromium without a network: right packages are right, and each kind of wrong one is named."""

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bodycam_pipeline.evidence.keys import fingerprint, new_key, public_pem, read_private_key, read_public_key
from bodycam_pipeline.evidence.signing import IN_TOTO, sign_statement
from tests.package.conftest import Made

CHROMIUM = shutil.which("chromium")
SOURCE = files("bodycam_pipeline.package").joinpath("verify.html").read_text(encoding="utf-8")
in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def page(browser: Browser, made: Made) -> Iterator[Page]:
    """The page as it lies in the package, without a network; nothing is asked of anyone but the page's own file."""
    context = browser.new_context(offline=True)
    page, asked, complaints = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((made.folder / "verify.html").as_uri())
    yield page
    assert set(asked) == {(made.folder / "verify.html").as_uri()}
    assert not complaints
    context.close()


def verdict(page: Page, folder: Path, expected: str = "") -> tuple[str, str]:
    """What the page, opened anew, says of the files of a folder."""
    page.reload()
    page.locator("#fingerprint").fill(expected)
    page.locator("#files").set_input_files([*map(str, sorted(folder.iterdir()))])
    expect(page.locator("#verdict")).not_to_have_attribute("data-state", "waiting", timeout=30_000)
    return str(page.locator("#verdict").get_attribute("data-state")), page.locator("#verdict").inner_text()


def signer(made: Made) -> str:
    return fingerprint(read_public_key(made.public))


@in_chromium
def test_an_honest_package_is_right_by_the_key_that_is_expected(page: Page, made: Made) -> None:
    state, _ = verdict(page, made.folder, signer(made))
    assert state == "good"
    assert page.locator("#rows td.good").count() == len(list(made.folder.iterdir())) - 1


@in_chromium
def test_a_whole_folder_can_be_chosen(page: Page, made: Made) -> None:
    page.locator("#fingerprint").fill(signer(made))
    page.locator("#folder").set_input_files(str(made.folder))
    expect(page.locator("#verdict")).to_have_attribute("data-state", "good", timeout=30_000)


@in_chromium
def test_without_an_expected_key_the_page_asks_by_whom(page: Page, made: Made) -> None:
    state, text = verdict(page, made.folder)
    assert state == "unknown-signer"
    assert signer(made) in text


@in_chromium
def test_another_key_than_the_expected_one_is_refused(page: Page, made: Made) -> None:
    state, text = verdict(page, made.folder, "0" * 64)
    assert (state, "another key" in text) == ("bad", True)


@in_chromium
@pytest.mark.parametrize("name", ["redacted.mp4", "SHA256SUMS"])
def test_a_changed_file_is_named(page: Page, made: Made, package: Path, name: str) -> None:
    content = bytearray((package / name).read_bytes())
    content[len(content) // 2] ^= 1
    (package / name).write_bytes(content)
    state, text = verdict(page, package, signer(made))
    assert (state, f"{name}: changed" in text) == ("bad", True)


@in_chromium
def test_a_missing_and_an_added_file_are_named(page: Page, made: Made, package: Path) -> None:
    (package / "frames.parquet").rename(package / "frames2.parquet")
    state, text = verdict(page, package, signer(made))
    assert state == "bad"
    assert "frames.parquet: missing" in text
    assert "frames2.parquet: not part" in text


@in_chromium
def test_no_bit_of_the_statement_or_the_key_can_change(page: Page, made: Made, package: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("statement.dsse.json", "signer.pub.pem"):
        right = (package / name).read_bytes()
        for _ in range(10):
            content = bytearray(right)
            content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
            (package / name).write_bytes(content)
            assert verdict(page, package, signer(made))[0] == "bad", (name, bytes(content))
        (package / name).write_bytes(right)
    assert verdict(page, package, signer(made))[0] == "good"


@in_chromium
def test_a_package_that_somebody_else_signed_is_refused(page: Page, made: Made, package: Path, tmp_path: Path) -> None:
    new_key(tmp_path / "forger.pem")
    forger = read_private_key(tmp_path / "forger.pem")
    envelope = (package / "statement.dsse.json").read_text()
    payload = re.search(r'"payload": "([^"]*)"', envelope)
    assert payload
    (package / "statement.dsse.json").write_bytes(sign_statement(base64.b64decode(payload[1]), IN_TOTO, forger))
    assert verdict(page, package, signer(made))[0] == "bad"
    (package / "signer.pub.pem").write_bytes(public_pem(forger.public_key()))
    state, text = verdict(page, package, signer(made))
    assert (state, "another key" in text) == ("bad", True)


@in_chromium
def test_a_browser_without_ed25519_says_so_and_says_what_to_do(page: Page, made: Made) -> None:
    page.add_init_script("crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError'); }")
    state, text = verdict(page, made.folder, signer(made))
    assert state == "unsupported"
    assert "VERIFY.md" in text


@in_chromium
@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, (4 << 20) + 57])
def test_large_files_are_hashed_in_slices_as_sha256_says(page: Page, size: int) -> None:
    printed = page.evaluate(
        "(size) => inSlices(new Blob([Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 255)]))", size
    )
    index = np.arange(size, dtype=np.int64)
    assert printed == hashlib.sha256(((index * 31 + (index >> 8)) & 255).astype(np.uint8).tobytes()).hexdigest()


@pytest.mark.parametrize(("tag", "directive"), [("script", "script-src"), ("style", "style-src")])
def test_the_page_runs_its_own_script_and_no_other(tag: str, directive: str) -> None:
    content = re.search(rf"<{tag}>(.*?)</{tag}>", SOURCE, flags=re.DOTALL)
    assert content
    digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
    assert f"{directive} 'sha256-{digest}'" in SOURCE, f"write it into the page's policy: sha256-{digest}"
    assert "default-src 'none'" in SOURCE


def test_the_page_asks_nothing_of_a_network() -> None:
    assert not re.search(r"https?:|fetch\(|XMLHttp|WebSocket|import\(|src=|href=", SOURCE)
