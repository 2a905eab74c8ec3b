"""Promise 5: the same bytes from one worker, two, or a run whose workers were killed."""

from pathlib import Path

import pytest

from bodycam_pipeline.passes import Phase
from bodycam_pipeline.pipeline import Order, Published, redact
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.policy import Policy
from tests.attacks.jobs import files_of, quick_policy
from tests.clips import clip


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds in three segments."""
    folder = tmp_path_factory.mktemp("same")
    return clip(folder / "recording.mp4", frames=300, options={"g": "25"}, tone_hz=330)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return quick_policy("mosaic", audio={"policy": "keep", "reason": "a test"})


@pytest.fixture(scope="module")
def undisturbed(recording: Path, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with LocalRunner(1) as runner:
        return files_of(redact(Order(str(recording), tmp_path_factory.mktemp("one"), policy), runner))


def test_two_workers_give_the_bytes_of_one(
    recording: Path, policy: Policy, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    with LocalRunner(2) as runner:
        published = redact(Order(str(recording), tmp_path, policy), runner)
    assert files_of(published) == undisturbed


def test_a_worker_killed_in_every_phase_changes_no_byte(
    recording: Path, policy: Policy, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    killed: list[Phase] = []

    with LocalRunner(2) as runner:

        def kill_once(phase: Phase, _done: int, _frames: int) -> None:
            if phase not in killed:
                killed.append(phase)
                # one at a time: two kills can hit one task twice, and then it is rightly given up
                pool = list(runner.processes.pool)
                next((worker for worker in pool if worker.deadline is not None), pool[0]).process.kill()

        published: Published = redact(Order(str(recording), tmp_path, policy), runner, kill_once)
    assert killed == ["detect", "render", "verify", "audit"]
    assert files_of(published) == undisturbed


def test_another_place_and_name_of_the_folder_change_no_byte(
    recording: Path, policy: Policy, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere" / recording.name
    moved.parent.mkdir()
    moved.write_bytes(recording.read_bytes())
    with LocalRunner(2) as runner:
        assert files_of(redact(Order(str(moved), tmp_path / "deep" / "out", policy), runner)) == undisturbed
