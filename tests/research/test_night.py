"""A set of pictures made dark: labels stay, the light goes, and the same noise comes every time."""

import json

import numpy as np
import pytest

from research.night import LIGHT, _write, darkened, make
from research.pans import read_picture

BOXES = [[10.0, 20.0, 30.0, 40.0]]


@pytest.fixture
def folder(tmp_path):
    picture = np.full((64, 96, 3), 200, np.uint8)
    (tmp_path / "set").mkdir()
    _write(picture, tmp_path / "set" / "a.png")
    items = [{"file": "a.png", "kind": "plate", "width": 96, "height": 64, "boxes": BOXES}]
    (tmp_path / "set" / "labels.json").write_text(json.dumps({"kind": "plate", "items": items}))
    return tmp_path / "set"


def test_labels_stay_and_the_light_goes(folder, tmp_path) -> None:
    assert make(folder, tmp_path / "dark") == 1
    (item,) = json.loads((tmp_path / "dark" / "labels.json").read_text())["items"]
    assert item["boxes"] == BOXES
    picture = read_picture(tmp_path / "dark" / item["file"])
    assert picture.mean() == pytest.approx(200 * LIGHT, abs=0.2)
    assert picture.std() == pytest.approx(2.0, abs=0.2)
    assert (picture == darkened(read_picture(folder / "a.png"), 0)).all()


def test_another_picture_gets_other_noise_and_a_set_is_not_written_over(folder, tmp_path) -> None:
    picture = read_picture(folder / "a.png")
    assert (darkened(picture, 0) != darkened(picture, 1)).any()
    make(folder, tmp_path / "dark")
    with pytest.raises(FileExistsError):
        make(folder, tmp_path / "dark")
