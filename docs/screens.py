"""Draw the picture of the review page, of the demo's job: ``python -m docs.screens DEMO``, or ``make screens``."""

import json
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).parent / "review.jpg"
QUALITY = 80
PATIENCE = 600
"""Times 0.2 seconds."""

ANSWER_LINES = 4
"""A part of what `bodycam review open --json` prints."""


def main() -> None:
    """Open the job that `bodycam demo` left, and photograph the page with its boxes."""
    job = Path(sys.argv[1]) / "demo"
    command = [sys.executable, "-m", "bodycam_pipeline.cli.main", "review", "open", str(job), "--no-browser", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if server.stdout is None:
        raise RuntimeError("the server has no output")
    address = json.loads("".join(server.stdout.readline() for _ in range(ANSWER_LINES)))["address"]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1360, "height": 820})
            page.goto(address)
            photograph(page)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def photograph(page: Page) -> None:
    """Save the page once every small picture has come."""
    page.wait_for_selector("review-stage[data-pts]")
    page.keyboard.press("Tab")
    page.keyboard.press("n")
    page.locator(".lane-label.kind").first.click()
    for _ in range(PATIENCE):  # the page's own rules forbid what Playwright waits with
        if page.evaluate("[...document.querySelectorAll('.thumb')].every(image => image.src)"):
            break
        page.wait_for_timeout(200)
    else:
        raise RuntimeError("the small pictures did not come: is the recording still there?")
    page.wait_for_timeout(500)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.save(PICTURE, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
