"""Codes on regions: whoever watches the release reads why something is hidden where it is hidden."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from bodycam_pipeline import _native
from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.pipeline import Order, Published, open_job, redact, render
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.verification import residual_limit
from bodycam_pipeline.values.errors import PlanError
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.hiding import Hiding
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.timeline import Span
from tests.attacks.jobs import CODES, coded_policy, plan_of, quick_policy, recording_of, rendered
from tests.attacks.test_under_the_mask import noise
from tests.clips import Picture, Turn, clip, picture, planes_of
from tests.inline import InlineRunner

BRIGHT = 128
"""Between ink (235) and plate (16)."""

EVERYTHING = Span(0, 2**40)

POLICY = coded_policy(
    hide={kind: {"reason": f"under {code}", "code": code, "admission": "cautious"} for kind, code in CODES.items()},
    detection={"detectors": [{"model": "detector-v1", "long_sides_px": [640]}]},
    gate={},
    encoding={"preset": "ultrafast"},
)


def decoded(published: Published) -> Iterator[tuple[int, Picture]]:
    with av.open(published.folders.release / published.folders.video_name) as file:
        for frame in file.decode(video=0):
            assert frame.pts is not None
            yield frame.pts, planes_of(frame)


def drawn(size: tuple[int, int], plan: Plan, pts: int, codes: dict[str, str]) -> NDArray[np.uint8]:
    """The luma of a frame of noughts with the regions of one frame on it."""
    width, height = size
    blank = Picture(*(np.zeros((h, w), np.uint8) for h, w in ((height, width), *[(height // 2, width // 2)] * 2)))
    regions, _, _, texts = plan.part(EVERYTHING, Hiding("fill", codes=codes)).at(pts)
    _native.redact(borrowed(blank), regions, style="fill", codes=texts)
    return blank.luma


def borrowed(shown: Picture) -> _native.Planes:
    (width, height), strides = shown.size, (shown.luma.shape[1], shown.blue.shape[1], shown.red.shape[1])
    return _native.Planes(shown.luma, shown.blue, shown.red, strides=strides, width=width, height=height)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("street")
    compose_demo(folder / "street.mp4", seconds=1, size=(640, 360))
    return redact(Order(str(folder / "street.mp4"), folder, POLICY), InlineRunner())


def test_the_code_of_each_kind_is_read_from_the_decoded_release(street: Published) -> None:
    plan, wrong = street.plan, dict(zip(CODES, list(CODES.values())[::-1], strict=True))
    assert set(plan.tracks()) == {"face", "plate"}
    ink = strange = misread = 0
    for pts, shown in decoded(street):
        promised, swapped = (drawn(shown.size, plan, pts, codes) > BRIGHT for codes in (CODES, wrong))
        hidden = drawn(shown.size, plan, pts, {}) > 0
        read = (shown.luma > BRIGHT) & hidden
        ink += int(promised.sum())
        misread += int((read ^ promised).sum())
        strange += int((read ^ swapped).sum())
    assert ink > 1000
    assert misread < ink / 100, "coding blurs the edge of a stroke here and there"
    assert strange > ink / 2, "the other kind's code would not have passed for this one"


def test_the_second_look_is_not_put_off_by_codes(street: Published) -> None:
    manifest = street.folders.release / "manifest.json"
    assert b'"second_look"' in manifest.read_bytes()
    assert not list((street.folders.internal / "second-look").glob("finding-*.jpg"))


TURNS = [Turn(0), Turn(90), Turn(180), Turn(270), Turn(0, mirrored=True)]


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: f"{turn.degrees}{'m' * turn.mirrored}")
def test_a_code_stands_upright_however_the_camera_was_held(turn: Turn, tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=3, size=(192, 192), turn=turn)
    policy = coded_policy()
    done = rendered(path, policy, plan_of(path, policy, [(0, Region(48, 48, 144, 144))]))
    straight = drawn((192, 192), done.plan, 0, CODES)
    for _, shown in decoded(done):
        watched = np.rot90(shown.luma, turn.degrees // 90)
        watched = watched[:, ::-1] if turn.mirrored else watched
        read = watched[48:144, 48:144] > BRIGHT
        assert (read ^ (straight[48:144, 48:144] > BRIGHT)).mean() < 0.01


JUMPING = [(64, 32, 16, 0), (48, 48, -16, 16), (32, 64, 16, -16), (160, 80, 0, 16), (80, 32, 16, 16)]
"""Width, height and motion per frame of five regions, on the grid: a moving code is what is hardest to code."""


@pytest.mark.parametrize("crf", [21, 35])
def test_what_coding_does_to_codes_stays_far_below_the_verifier_s_limit(crf: int, tmp_path: Path) -> None:
    (width, height), rng = (384, 256), np.random.default_rng(1)
    path = recording_of(tmp_path / "a", [noise(rng, width, height) for _ in range(12)])
    policy = coded_policy(encoding={"preset": "veryfast", "crf": crf})
    empty = plan_of(path, policy, [])
    rows = [
        PlannedRegion(int(pts), Region(x, y, x + w, y + h), "face", track, "manual", None, "a test")
        for number, pts in enumerate(probe(str(path)).packets.shown_pts())
        for track, (w, h, right, down) in enumerate(JUMPING)
        for x, y in [
            ((track * 64 + right * number) % (width - w + 16), (track * 48 + down * number) % (height - h + 16))
        ]
    ]
    done = rendered(path, policy, replace(empty, regions=region_table(rows)))
    part, worst = done.plan.part(EVERYTHING, policy.hiding), 0.0
    for pts, shown in decoded(done):
        regions, _, _, codes = part.at(pts)
        worst = max(worst, _native.residual(borrowed(shown), regions, style="fill", codes=codes).max())
    assert 0 < worst < residual_limit(crf) * 0.75


def test_work_without_codes_is_never_taken_for_work_with_them(tmp_path: Path) -> None:
    path = recording_of(tmp_path / "a", [picture(number, (96, 96)) for number in range(3)])
    plain, coded = quick_policy("fill"), coded_policy()
    plans = [plan_of(path, policy, [(0, Region(16, 16, 80, 80))]) for policy in (plain, coded)]
    jobs = [
        open_job(Order(str(path), path.parent / "out", policy), plan.sha256, InlineRunner())
        for policy, plan in zip((plain, coded), plans, strict=True)
    ]
    assert jobs[0].key != jobs[1].key
    assert jobs[0].samples(plans[0]) != jobs[1].samples(plans[1])
    assert jobs[0].detection_key == jobs[1].detection_key, "a code needs no new look"
    with pytest.raises(PlanError, match="another policy"):
        render(Order(str(path), path.parent / "out", coded), plans[0], InlineRunner())


def test_a_kind_that_the_policy_does_not_know_is_hidden_without_a_code(tmp_path: Path) -> None:
    path = recording_of(tmp_path / "a", [picture(number, (96, 96)) for number in range(3)])
    face = {"reason": "r", "code": "(b)(6)", "found_by": "hand"}
    faces = Policy.model_validate(coded_policy().model_dump() | {"hide": {"face": face}})
    plan = plan_of(path, faces, [(0, Region(16, 16, 80, 80))])
    plates = plan.regions.set_column(5, plan.regions.schema.field("kind"), [["plate"] * plan.regions.num_rows])
    done = rendered(path, faces, replace(plan, regions=plates))
    assert all((shown.luma[16:80, 16:80] < BRIGHT).all() for _, shown in decoded(done))
