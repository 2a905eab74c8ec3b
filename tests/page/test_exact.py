"""In Chromium: what is shown and what is played is the frame of the pts that the page says, for hard recordings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.geometry import Box
from tests.attacks.jobs import quick_policy
from tests.clips import BIT_PX, BITS, Turn, clip
from tests.inline import InlineRunner
from tests.page.browser import chromium, looked_at, opened, until
from tests.page.conftest import Served, serving

UNEVEN = [900 + sum(20 + 23 * (n % 4) for n in range(upto)) for upto in range(70)]
HARD = {
    "uneven": {"pts": UNEVEN, "turn": Turn(90)},
    "b-frames": {"frames": 60, "options": {"preset": "fast", "g": "24", "bf": "3", "crf": "18", "sc_threshold": "0"}},
}
"""Variable frame rate, turned, first frame at 0.9 s; B-frames with a long way between random-access frames."""

READ = """([squares, size]) => {
  const canvas = document.querySelector("canvas.picture"), context = canvas.getContext("2d");
  const scale = canvas.width / size[0];
  return squares.reduce((sum, [x, y], bit) => {
    const [r, g, b] = context.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data;
    return sum + ((r + g + b) / 3 > 125 ? 2 ** bit : 0);
  }, 0);
}"""
"""The number that the canvas shows."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module", params=HARD)
def hard(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    folder = tmp_path_factory.mktemp("exact")
    path = clip(folder / "recording.mp4", **HARD[request.param])  # type: ignore[arg-type]
    job = detect(Order(str(path), folder / "out", quick_policy()), InlineRunner())[0]
    with serving(job.folders.internal) as served:
        yield served, path


def squares(path: Path) -> list[list[float]]:
    """The middle of each square that shows a bit of the frame's number, in the upright frame."""
    video = probe(str(path)).video
    boxes = [Box(bit * BIT_PX, 0, (bit + 1) * BIT_PX, BIT_PX) for bit in range(BITS)]
    return [list(video.orientation.to_upright(box, video.width, video.height).centre) for box in boxes]


def test_stepping_shows_each_frame_by_its_pts(browser: Any, hard: tuple[Served, Path]) -> None:
    served, path = hard
    recording = probe(str(path))
    shown, asked = recording.packets.shown_pts().tolist(), [squares(path), recording.video.upright_size]
    with opened(browser, served) as page:
        page.evaluate("review.store.set({view: 'original'})")
        for number in range(12):
            looked_at(page, shown[number], "original")
            assert page.evaluate(READ, asked) == number
            page.keyboard.press("ArrowRight")
        for number in (41, 7, 59):
            page.evaluate(f"review.store.go({number})")
            looked_at(page, shown[number], "original")
            assert page.evaluate(READ, asked) == number


def test_what_is_played_never_disagrees_with_its_overlay_by_a_frame(browser: Any, hard: tuple[Served, Path]) -> None:
    served, path = hard
    recording = probe(str(path))
    with opened(browser, served) as page:
        page.evaluate("review.store.set({view: 'original'})")
        page.evaluate(
            f"""([squares, size]) => {{
              const read = {READ}, {{ player }} = review.stage, draw = player.draw;
              window.seen = [];
              player.draw = (image, number) => {{ draw(image, number); seen.push([number, read([squares, size])]); }};
            }}""",
            [squares(path), recording.video.upright_size],
        )
        page.keyboard.press("Space")
        until(page, "seen.length > 20 && seen[seen.length - 1][0] > 40")
        page.keyboard.press("Space")
        seen = page.evaluate("seen")
        assert len({number for number, _ in seen}) > 15
        assert [number for number, _ in seen] == [shown for _, shown in seen]
        looked_at(page, page.evaluate("review.store.pts"), "original")
