"""One picture with one face and one plate, written in every format that is read, comes out the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline.measuring.labels.find import find_datasets
from bodycam_pipeline.values.errors import DatasetError

SIZE = (160, 120)
FACE = [10.0, 20.0, 50.0, 60.0]
PLATE = [80.0, 90.0, 140.0, 110.0]


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", SIZE, "#808080").save(path)
    return path


def coco(folder: Path) -> None:
    picture(folder / "images" / "a.jpg")
    picture(folder / "images" / "empty.jpg")
    boxes = [[10, 20, 40, 40], [80, 90, 60, 20], [0, 0, 5, 5]]
    listing = {
        "images": [
            {"id": n, "file_name": name, "width": 160, "height": 120} for n, name in ((7, "a.jpg"), (8, "empty.jpg"))
        ],
        "categories": [{"id": 1, "name": "Face"}, {"id": 2, "name": "license_plate"}, {"id": 3, "name": "dog"}],
        "annotations": [
            {"image_id": 7, "category_id": kind, "bbox": box} for kind, box in zip((1, 2, 3), boxes, strict=True)
        ],
    }
    (folder / "annotations").mkdir()
    (folder / "annotations" / "instances.json").write_text(json.dumps(listing))


def yolo(folder: Path) -> None:
    picture(folder / "valid" / "images" / "a.jpg")
    picture(folder / "valid" / "images" / "empty.jpg")
    (folder / "data.yaml").write_text("names:\n  0: dog\n  1: face\n  2: licence-plate\n")
    rows = [(0, [0, 0, 5, 5]), (1, FACE), (2, PLATE)]
    text = "\n".join(
        f"{kind} {(b[0] + b[2]) / 2 / 160} {(b[1] + b[3]) / 2 / 120} {(b[2] - b[0]) / 160} {(b[3] - b[1]) / 120}"
        for kind, b in rows
    )
    (folder / "valid" / "labels").mkdir()
    (folder / "valid" / "labels" / "a.txt").write_text(f"{text}\n")


def voc(folder: Path) -> None:
    sides = ("xmin", "ymin", "xmax", "ymax")
    things = "".join(
        f"<object><name>{name}</name><bndbox>"
        + "".join(f"<{side}>{value}</{side}>" for side, value in zip(sides, box, strict=True))
        + "</bndbox></object>"
        for name, box in (("face", FACE), ("number plate", PLATE), ("dog", [0, 0, 5, 5]))
    )
    for name, objects in (("a", things), ("empty", "")):
        picture(folder / "JPEGImages" / f"{name}.jpg")
        (folder / "Annotations").mkdir(exist_ok=True)
        size = "<size><width>160</width><height>120</height></size>"
        xml = f"<annotation><filename>{name}.jpg</filename>{size}{objects}</annotation>"
        (folder / "Annotations" / f"{name}.xml").write_text(xml)


@pytest.mark.parametrize("write", [coco, yolo, voc])
def test_every_format_says_the_same(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    write(tmp_path)
    (found,) = find_datasets(tmp_path, {})
    assert found.kinds == ("face", "plate")
    marked, empty = sorted(found.pictures, key=lambda each: each.path.name)
    assert marked.path.is_file()
    assert marked.size == SIZE
    np.testing.assert_allclose(marked.boxes["face"], [FACE], atol=1e-3)
    np.testing.assert_allclose(marked.boxes["plate"], [PLATE], atol=1e-3)
    assert [len(empty.boxes[kind]) for kind in found.kinds] == [0, 0]


def test_a_list_of_ours_marks_one_kind(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    item = {"file": "a.jpg", "width": 160, "height": 120, "boxes": [FACE]}
    (tmp_path / "labels.json").write_text(json.dumps({"kind": "face", "items": [item]}))
    (found,) = find_datasets(tmp_path, {})
    assert found.kinds == ("face",)
    np.testing.assert_array_equal(found.pictures[0].boxes["face"], [FACE])


def test_sets_below_a_folder_are_found_each_by_its_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        voc(tmp_path / name)
    assert [each.name for each in find_datasets(tmp_path, {})] == ["one", "two"]


def test_an_unknown_word_is_refused_until_somebody_says_what_it_means(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "data.yaml").write_text("names: [dog, visage, plaque]\n")
    with pytest.raises(DatasetError, match="none of which is known"):
        find_datasets(tmp_path, {})
    (found,) = find_datasets(tmp_path, {"visage": "face"})
    assert found.kinds == ("face",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.json", '{"kind": "face", "items": [{}]}'),
        ("labels.json", "not json"),
        ("bomb.xml", '<!DOCTYPE a [<!ENTITY b "b">]><annotation>&b;</annotation>'),
        ("list.json", '{"images": [{"id": 1}], "annotations": [], "categories": [{"id": 1, "name": "face"}]}'),
    ],
)
def test_labels_that_contradict_themselves_are_refused_by_name(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=name.split(".", maxsplit=1)[0]):
        find_datasets(tmp_path, {})


def test_a_yolo_row_of_an_unknown_class_is_refused(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "valid" / "labels" / "a.txt").write_text("9 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DatasetError, match=r"a\.txt"):
        find_datasets(tmp_path, {})


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    with pytest.raises(DatasetError, match="no labelled pictures"):
        find_datasets(tmp_path, {})
