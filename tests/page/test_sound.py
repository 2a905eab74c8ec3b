"""What is heard beside the picture: in step, without a seam, silent where the release is, and off until asked for."""

import io
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bodycam_pipeline.audio.decode import continuous
from bodycam_pipeline.audio.played import piece_of_sound
from bodycam_pipeline.page.review import Review
from bodycam_pipeline.page.sound import PIECE_UNITS, PlayedSound
from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.policy import AudioRule
from bodycam_pipeline.values.timeline import Span
from tests.attacks.jobs import quick_policy
from tests.clips import RATE_HZ, clip
from tests.inline import InlineBoxes, InlineRunner
from tests.page.browser import chromium, opened, until
from tests.page.conftest import serving
from tests.page.test_decisions import act

KEEP = AudioRule(policy="keep", reason="a test")
HZ, FRAMES, RATE = 440, 300, 25
MUTED_SECONDS = (4.0, 8.0)


@pytest.fixture(scope="module")
def loud(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Twelve seconds with a tone: two pieces of sound."""
    folder = tmp_path_factory.mktemp("sound")
    path = clip(folder / "recording.mp4", frames=FRAMES, tone_hz=HZ)
    policy = quick_policy(audio={"policy": "keep", "reason": "nobody is named"})
    return detect(Order(str(path), folder / "out", policy), InlineRunner())[0].folders


@pytest.fixture
def review(loud: Folders, tmp_path: Path) -> Iterator[Review]:
    shutil.copytree(loud.internal, tmp_path / loud.internal.name)
    found = Review(Folders(tmp_path, loud.name), InlineBoxes(), InlineRunner)
    yield found
    found.close()


def heard(review: Review, view: Any) -> np.ndarray:
    """What a player puts out, from the first frame on."""
    pieces = review.playing()["sound"]["pieces"]
    whole = review.sound_initialisation() + b"".join(review.sound_piece(view, n) for n in range(pieces))
    with av.open(io.BytesIO(whole)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)[0]


def seconds(samples: np.ndarray, start: float, end: float) -> np.ndarray:
    return samples[round(start * RATE_HZ) : round(end * RATE_HZ)]


def test_pieces_follow_each_other_without_a_seam_and_in_step(review: Review) -> None:
    samples, seam = heard(review, "original"), PIECE_UNITS * 1024 / RATE_HZ
    assert review.playing()["sound"]["pieces"] == 2
    recording = review.recording
    assert recording.audio is not None
    recorded = continuous(recording.address, recording.audio, "mono", Fraction(0), len(samples))
    expected = np.concatenate(list(recorded), axis=1)[0]
    for start, end in ((0.1, 1), (seam - 0.5, seam + 0.5), (11, 11.5)):
        assert np.abs(seconds(samples, start, end) - seconds(expected, start, end)).max() < 0.05


def test_muted_and_withheld_time_is_silent_as_released_and_heard_in_the_original(review: Review) -> None:
    shown = review.recording.packets.shown_pts().tolist()
    first, end = (shown[round(second * RATE)] for second in MUTED_SECONDS)
    act(review, "mute", **{"from": first, "to": (first + end) // 2}, reason="a name is spoken")
    act(review, "withhold", **{"from": (first + end) // 2, "to": end}, reason="interior of a dwelling")
    released = heard(review, "released")
    assert not seconds(released, *MUTED_SECONDS).any(), "not a bit of it, ringing included"
    assert np.abs(seconds(released, 1, 3)).max() > 0.1
    assert np.abs(seconds(heard(review, "original"), *MUTED_SECONDS)).max() > 0.1
    act(review, "undo")
    assert np.abs(seconds(heard(review, "released"), 6.5, 7.5)).max() > 0.1


@pytest.mark.parametrize("rule", [AudioRule(), AudioRule(policy="mute")])
def test_a_release_without_sound_has_none_to_play_and_the_original_has(loud: Folders, rule: AudioRule) -> None:
    recording = probe(str(loud.out.parent / "recording.mp4"))
    sound = PlayedSound(recording, rule)
    assert (sound.is_released, sound.pieces) == (False, 2)
    assert PlayedSound(recording, KEEP).is_released


def test_a_piece_from_the_middle_is_the_same_as_one_of_the_whole(tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "late.mp4", frames=FRAMES, tone_hz=HZ, tone_from=Fraction(1))))
    sound = PlayedSound(recording, KEEP)
    late = Span(recording.span.start_pts, recording.span.start_pts + 1)
    pieces = [piece_of_sound(recording, sound.recorded, sound.units(1), silent) for silent in ((), (late,))]
    assert pieces[0] == pieces[1], "a span elsewhere changes nothing here"
    with pytest.raises(IndexError):
        sound.units(2)


def test_sound_is_off_until_somebody_asks_and_a_drag_over_it_mutes(loud: Folders) -> None:
    with serving(loud.internal) as served, chromium() as browser, opened(browser, served) as page:
        assert page.evaluate("review.stage.player.video.muted")
        page.keyboard.press("Space")
        until(page, "review.store.number > 10")
        assert page.evaluate("review.stage.player.lanes.length") == 1, "nothing of the sound was fetched"
        page.keyboard.press("Shift+M")
        until(page, "review.stage.player.lanes?.length === 2 && !review.stage.player.video.muted")
        before = page.evaluate("review.store.number")
        until(page, f"review.store.number > {before} + 20")
        until(page, "review.stage.player.video.webkitAudioDecodedByteCount > 0")
        page.keyboard.press("Space")
        until(page, "Boolean(document.querySelector('review-timeline').loud)")
        lane = "(() => { const t = document.querySelector('review-timeline'), r = t.rows.find(r => r.what === 'sound');"
        top = page.evaluate(lane + " return t.canvas.getBoundingClientRect().top + r.top + r.height / 2 })()")
        left = page.evaluate("document.querySelector('review-timeline canvas').getBoundingClientRect().left")
        page.mouse.move(left + 100, top)
        page.mouse.down()
        page.mouse.move(left + 300, top, steps=4)
        page.mouse.up()
        page.wait_for_selector("dialog[open]")
        page.keyboard.type("a name is spoken")
        page.keyboard.press("Enter")
        until(page, "review.store.facts.spans.length === 1")
        assert page.evaluate("review.store.facts.spans[0].what") == "mute"
        page.get_by_role("tab", name="Decided").click()
        page.get_by_role("button", name="Take back").click()
        until(page, "review.store.facts.spans.length === 0")
