"""One process at a time works on a recording in an output folder."""

import multiprocessing
from pathlib import Path

import pytest

from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.values.errors import ReleaseExistsError


def _hold_and_die(out: str) -> None:
    import os

    context = Folders(Path(out), "clip").locked()
    context.__enter__()
    os._exit(9)


def test_a_second_holder_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    folders = Folders(tmp_path, "clip")
    with folders.locked(), pytest.raises(ReleaseExistsError, match="another process"), folders.locked():
        pass


def test_another_recording_is_not_in_the_way(tmp_path: Path) -> None:
    with Folders(tmp_path, "clip").locked(), Folders(tmp_path, "other").locked():
        pass


def test_the_place_is_free_again_after_its_holder_died(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_hold_and_die, args=(str(tmp_path),))
    process.start()
    process.join()
    assert process.exitcode == 9
    with Folders(tmp_path, "clip").locked():
        pass


def test_the_three_places_have_the_recordings_name(tmp_path: Path) -> None:
    folders = Folders(tmp_path, "clip")
    names = [folders.release.name, folders.internal.name, folders.staging.name, folders.video_name]
    assert names == ["clip.release", "clip.internal", "clip.staging", "redacted.mp4"]


def test_what_a_killed_run_left_is_not_handed_out(tmp_path: Path) -> None:
    folder = Folders(tmp_path, "clip").open_release()
    (folder / ".redacted.mp4.0123456789abcdef.part").write_bytes(b"half a file")
    assert list(Folders(tmp_path, "clip").open_release().iterdir()) == []
