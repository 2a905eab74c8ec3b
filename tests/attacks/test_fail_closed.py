"""Promise 3: whatever goes wrong, nothing that looks like a release is left, and the error says what to do."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.tasks.detect import detect_segment
from bodycam_pipeline.tasks.render import render_segment
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import (
    BodycamError,
    DamagedRecordingError,
    MissingModelError,
    NoVideoError,
    PlanError,
    PolicyError,
    RecordingError,
    ReleaseExistsError,
    UnreadableRecordingError,
    VerificationError,
    WorkerError,
)
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.policy import Policy
from tests.attacks import saboteurs
from tests.attacks.jobs import MIXED_HIDE, QUICK_HIDE, one_detector, plan_of, quick_policy, recording_of, rendered
from tests.attacks.saboteurs import Saboteur
from tests.clips import clip, picture, planes_of
from tests.inline import InlineRunner


def nothing_published(out: Path) -> bool:
    return not list(out.glob("*.release"))


def refused(path: Path, out: Path, policy: Policy | None = None, edits: Edits | None = None) -> BodycamError:
    """The error that refuses a recording; checks that it says what to do and leaves no release."""
    with pytest.raises(BodycamError) as caught:
        redact(Order(str(path), out, policy or quick_policy(), edits or Edits()), InlineRunner())
    assert caught.value.remedy
    assert nothing_published(out)
    return caught.value


def test_a_kind_that_no_detector_of_the_job_finds_is_refused_before_work_begins(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=2)
    policy = quick_policy(hide={**QUICK_HIDE, "tattoo": {"reason": "r"}})
    error = refused(path, tmp_path / "out", policy)
    assert isinstance(error, PolicyError)
    assert "nobody looks for tattoo" in error.what
    assert "found_by = 'hand' under [hide.tattoo]" in error.remedy
    assert not (tmp_path / "out").exists()
    by_hand = quick_policy(hide={**QUICK_HIDE, "tattoo": {"reason": "r", "found_by": "hand"}})
    assert redact(Order(str(path), tmp_path / "out", by_hand), InlineRunner()).folders.release.exists()


def test_an_auditor_is_refused_as_a_detector_before_work_begins(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=2)
    error = refused(path, tmp_path / "out", quick_policy(detection=one_detector("auditor-v1")))
    assert isinstance(error, PolicyError)
    assert "auditor-v1 is registered as an auditor" in error.what
    assert not (tmp_path / "out").exists()


SABOTAGE: list[Callable[[Any], Any]] = [
    saboteurs.hide_nothing,
    saboteurs.miss_one_frame,
    saboteurs.shift_by_a_block,
    saboteurs.lose_the_last_frame,
]


@pytest.mark.parametrize("style", ["fill", "blur", "mosaic"])
@pytest.mark.parametrize("sabotaged", SABOTAGE, ids=lambda step: step.__name__)
def test_a_renderer_that_fails_the_plan_is_caught_by_looking_at_its_file(
    style: str, sabotaged: Callable[[Any], Any], tmp_path: Path
) -> None:
    policy = quick_policy(style)  # type: ignore[arg-type]
    rng = np.random.default_rng(3)
    pictures = [picture(n, (320, 192)) for n in range(8)]
    for each in pictures:
        each.luma[64:128, 96:192] = rng.integers(16, 236, (8, 12)).repeat(8, 0).repeat(8, 1)
    path = recording_of(tmp_path, pictures)
    plan = plan_of(path, policy, [(0, Region(96, 64, 192, 128))])
    with Saboteur(render_segment, sabotaged) as runner, pytest.raises(VerificationError):
        rendered(path, policy, plan, runner)
    assert nothing_published(tmp_path / "out")


def test_a_renderer_that_paints_one_style_over_all_is_caught_by_looking_at_its_file(tmp_path: Path) -> None:
    policy = quick_policy(hide=MIXED_HIDE)
    path, honest = (recording_of(tmp_path / name, [picture(n, (320, 192)) for n in range(8)]) for name in "ab")
    regions = [(0, Region(96, 64, 192, 128)), (1, Region(160, 96, 256, 160)), (2, Region(16, 16, 80, 80))]
    plan = plan_of(path, policy, regions, [*policy.hide])
    assert rendered(honest, policy, plan).folders.release.exists()
    with Saboteur(render_segment, saboteurs.blur_all) as runner, pytest.raises(VerificationError, match="not hidden"):
        rendered(path, policy, plan, runner)
    assert nothing_published(tmp_path / "a" / "out")


@pytest.mark.parametrize("sabotaged", [saboteurs.show_another_frame, saboteurs.forget_what_was_rendered])
def test_a_file_whose_frames_are_not_known_to_be_the_rendered_ones_is_not_published(
    sabotaged: Callable[[Any], Any], tmp_path: Path
) -> None:
    options = {"g": "4", "bf": "0"}
    path = clip(tmp_path / "recording.mp4", frames=16, options=options)
    policy = quick_policy("fill", encoding={"untouched": "reencode", "keyframe_interval_ms": 320})
    with (
        Saboteur(render_segment, sabotaged) as runner,
        pytest.raises(VerificationError, match="not known to be the ones that were rendered"),
    ):
        rendered(path, policy, plan_of(path, policy, []), runner)
    assert nothing_published(tmp_path / "out")


def test_a_renderer_that_shows_what_was_withheld_is_caught(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=30)
    edits = Edits.model_validate({"withhold": [{"from": "0.4", "to": "0.8", "reason": "a test", "by": "me"}]})
    with Saboteur(render_segment, saboteurs.ignore_withholding) as runner, pytest.raises(VerificationError):
        redact(Order(str(path), tmp_path / "out", quick_policy(), edits), runner)
    assert nothing_published(tmp_path / "out")


def test_a_segment_that_kills_two_workers_refuses_the_release(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4")
    with Saboteur(detect_segment, saboteurs.die) as runner, pytest.raises(WorkerError) as caught:
        redact(Order(str(path), tmp_path / "out", quick_policy()), runner)
    assert caught.value.where.segment == 0
    assert nothing_published(tmp_path / "out")


def damaged(path: Path) -> Path:
    """A recording with a stretch of its picture data overwritten: the index promises what the decoder cannot give."""
    clip(path, frames=60, options={"g": "15"})
    content = bytearray(path.read_bytes())
    middle = content.index(b"mdat") + (len(content) - content.index(b"mdat")) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    return path


def test_a_recording_with_a_hole_needs_a_person_and_says_what_to_write(tmp_path: Path) -> None:
    path = damaged(tmp_path / "recording.mp4")
    error = refused(path, tmp_path / "out")
    assert isinstance(error, DamagedRecordingError)
    assert error.exit_code == 3
    lines = error.remedy[error.remedy.index("[[withhold]]") :]
    assert tomllib.loads(lines)["withhold"]


def test_the_lines_that_the_error_says_withhold_the_hole_and_nothing_of_it_is_shown(tmp_path: Path) -> None:
    path = damaged(tmp_path / "recording.mp4")
    error = refused(path, tmp_path / "out")
    file = tmp_path / "edits.toml"
    file.write_text(error.remedy[error.remedy.index("[[withhold]]") :])
    published = redact(Order(str(path), tmp_path / "out", quick_policy(), read_edits(file)), InlineRunner())
    undecodable = set(published.plan.undecodable_pts)
    assert undecodable
    with av.open(str(published.folders.release / published.folders.video_name)) as release:
        frames = list(release.decode(video=0))
    assert len(frames) == 60
    for frame in frames:
        if published.plan.is_withheld(frame.pts or 0):
            assert abs(planes_of(frame).luma.astype(int) - 16).max() <= 2


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recording.mp4"
    path.write_text("not a video, whatever its name says\n" * 50)
    assert isinstance(refused(path, tmp_path / "out"), UnreadableRecordingError)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert isinstance(refused(tmp_path / "nowhere.mp4", tmp_path / "out"), UnreadableRecordingError)


def test_a_truncated_recording_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=60, container_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert isinstance(refused(path, tmp_path / "out"), RecordingError)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recording.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert isinstance(refused(path, tmp_path / "out"), NoVideoError)


def test_a_missing_model_is_refused_before_any_work(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4")
    policy = Policy().with_models(["nobody"])
    assert isinstance(refused(path, tmp_path / "out", policy), MissingModelError)
    assert not (tmp_path / "out").exists()


def test_a_plan_of_another_recording_is_refused(tmp_path: Path) -> None:
    policy = quick_policy()
    one, other = (recording_of(tmp_path / name, [picture(n)] * 3) for n, name in enumerate("ab"))
    plan = plan_of(one, policy, [(0, Region(0, 0, 32, 32))])
    with pytest.raises(PlanError, match="another recording"):
        rendered(other, policy, plan)
    assert nothing_published(tmp_path / "b" / "out")


def test_a_plan_under_another_policy_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4")
    plan = plan_of(path, quick_policy("fill"), [(0, Region(0, 0, 32, 32))])
    with pytest.raises(PlanError, match="another policy"):
        rendered(path, quick_policy("blur"), plan)


def test_a_release_is_never_replaced(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4")
    first = redact(Order(str(path), tmp_path / "out", quick_policy("fill")), InlineRunner())
    before = {p.name: p.read_bytes() for p in first.folders.release.iterdir()}
    with pytest.raises(ReleaseExistsError):
        redact(Order(str(path), tmp_path / "out", quick_policy("blur")), InlineRunner())
    assert {p.name: p.read_bytes() for p in first.folders.release.iterdir()} == before


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4")
    order = Order(str(path), tmp_path / "out", quick_policy())
    first = redact(order, InlineRunner())
    stamps = {p: p.stat().st_mtime_ns for p in first.folders.release.iterdir()}
    second = redact(order, InlineRunner())
    assert (first.already, second.already) == (False, True)
    assert {p: p.stat().st_mtime_ns for p in first.folders.release.iterdir()} == stamps


@pytest.mark.parametrize(
    "unsafe",
    [
        {"redaction": {"style": "gaussian"}},
        {"hide": {"face": {"reason": "r", "style": "gaussian"}}},
        {"audio": {"policy": "keep"}},
        {"hide": {}},
        {"redaction": {"style": "none"}},
        {"detection": {"detectors": []}},
    ],
    ids=str,
)
def test_a_policy_that_lowers_protection_is_refused(unsafe: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever value it is
        Policy.model_validate(unsafe)


def test_a_policy_error_is_bad_usage() -> None:
    assert PolicyError("x", remedy="y").exit_code == 2


def test_a_recording_that_is_cut_is_released_up_to_there_once_a_person_withholds_the_rest(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mkv", frames=60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    error = refused(path, tmp_path / "out")
    assert (error.exit_code, "cut short" in error.what) == (3, True)
    lines = error.remedy[error.remedy.index("[[withhold]]") :].replace("YOUR NAME", "A. Clerk")
    edits = Edits.model_validate(tomllib.loads(lines))
    published = redact(Order(str(path), tmp_path / "out", quick_policy(), edits), InlineRunner())
    assert 0 < published.plan.frames < 60
    assert [(w.reason, w.by) for w in published.plan.withheld] == [("missing from the file", "A. Clerk")]
    assert not any(map(published.plan.is_withheld, probe(str(path)).packets.shown_pts().tolist()))
    index = (published.folders.internal / "exemption-index.csv").read_text()
    assert "missing from the file" in index
    assert "cut short" in " ".join(published.notes)
