"""A watched dock: nothing is missed, nothing is taken while it grows, nothing is taken twice."""

from pathlib import Path

import pytest

from bodycam_pipeline.custody.watch_folder import WatchFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dock").mkdir()
    return tmp_path / "dock"


def test_a_file_is_given_out_once_when_it_has_stopped_growing(folder: Path) -> None:
    dock, file = WatchFolder([folder]), folder / "a.mp4"
    file.write_bytes(b"1")
    assert dock.settled() == []
    file.write_bytes(b"12")
    assert dock.settled() == []
    assert dock.settled() == [file]
    assert dock.settled() == []


def test_what_comes_while_another_is_taken_in_is_not_missed(folder: Path) -> None:
    dock = WatchFolder([folder])
    (folder / "a.mp4").write_bytes(b"a")
    dock.settled()
    assert dock.settled() == [folder / "a.mp4"]
    (folder / "b.mp4").write_bytes(b"b")
    assert dock.settled() == []
    assert dock.settled() == [folder / "b.mp4"]


def test_a_file_that_changes_is_given_out_again(folder: Path) -> None:
    dock, file = WatchFolder([folder]), folder / "a.mp4"
    file.write_bytes(b"half")
    assert [dock.settled(), dock.settled()] == [[], [file]]
    file.write_bytes(b"all of it")
    assert [dock.settled(), dock.settled()] == [[], [file]]


def test_facts_that_were_mended_give_their_recording_out_again(folder: Path) -> None:
    dock, file = WatchFolder([folder]), folder / "a.mp4"
    file.write_bytes(b"a")
    (folder / "a.mp4.json").write_text("{")
    assert [dock.settled(), dock.settled()] == [[], [file]]
    (folder / "a.mp4.json").write_text('{"officer": "7"}')
    assert [dock.settled(), dock.settled(), dock.settled()] == [[], [file], []]


def test_a_card_may_go_and_come_back(folder: Path) -> None:
    dock, file = WatchFolder([folder, folder / "a.mp4"]), folder / "a.mp4"
    file.write_bytes(b"a")
    assert [dock.settled(), dock.settled()] == [[], [file]]
    folder.rename(folder.with_name("elsewhere"))
    assert dock.settled() == []
    folder.with_name("elsewhere").rename(folder)
    assert [dock.settled(), dock.settled()] == [[], [file]]
