"""Tests lie in the folder of the room that they are about."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "python" / "bodycam_pipeline"
ROOMS = {path.parent.name for path in PACKAGE.rglob("__init__.py")} - {PACKAGE.name}
ACROSS = {"attacks", "end_to_end", "native", "research", "training"}
"""Promises under attack, whole jobs, the kernels and the research: no room of the package alone."""
FOLDERS = sorted(path.name for path in TESTS.iterdir() if any(path.glob("test_*.py")))


def modules(name: str) -> set[str]:
    """The rooms that have a module of a name; "" for one that lies in none."""
    return {path.parent.name if path.parent != PACKAGE else "" for path in PACKAGE.rglob(f"{name}.py")}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_tests_is_a_room(folder: str) -> None:
    assert folder in ROOMS | ACROSS


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder not in ACROSS])
def test_a_test_that_is_called_as_a_module_lies_in_its_room(folder: str) -> None:
    found = {path.stem: modules(path.stem.removeprefix("test_")) for path in (TESTS / folder).glob("test_*.py")}
    assert {name: rooms for name, rooms in found.items() if rooms and folder not in rooms} == {}


def test_every_room_but_those_that_other_rooms_show_has_tests() -> None:
    """Labels are read by `measuring`, and tasks are what `steps` do."""
    assert sorted(ROOMS - set(FOLDERS) - {"labels", "tasks"}) == []
