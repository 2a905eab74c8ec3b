"""Clips made of pictures: what is labelled moves with what is shown."""

import numpy as np

from research.pans import WINDOW, facts_of, pan, worn

SIDE = 20


def _scene(seed: int):
    """A black picture with one bright square, and its box."""
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[100 : 100 + SIDE, 150 : 150 + SIDE] = 255
    draw = np.random.default_rng(seed)
    return pan(picture, [("must", "face", [150.0, 100.0, 150.0 + SIDE, 100.0 + SIDE])], draw), draw


def test_the_box_stays_on_what_it_labels() -> None:
    for seed in range(20):
        scene, _ = _scene(seed)
        assert scene.size == (320 * WINDOW // 2 * 2, 240 * WINDOW // 2 * 2)
        for picture, boxes in zip(scene.pictures, scene.boxes, strict=True):
            (each,) = boxes
            left, top, right, bottom = (
                round(v) for v in (each.box.left, each.box.top, each.box.right, each.box.bottom)
            )
            assert picture[top:bottom, left:right].min() == 255
            assert picture.astype(int).sum() == picture[top:bottom, left:right].astype(int).sum()


def test_the_window_moves() -> None:
    scene, _ = _scene(3)
    assert len({boxes[0].box for boxes in scene.boxes}) > 1


def test_wear_leaves_size_count_and_boxes() -> None:
    scene, draw = _scene(1)
    changed = worn(scene, draw)
    assert changed.boxes == scene.boxes
    assert len(changed.pictures) == len(scene.pictures)
    assert changed.pictures[0].shape == scene.pictures[0].shape
    assert (changed.pictures[0] != scene.pictures[0]).any()


def test_the_entry_says_what_may_be_learnt(tmp_path) -> None:
    scene, _ = _scene(2)
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    facts = facts_of(scene, path, {"things": ["face"], "nobody": []})
    (thing,) = facts["things"]
    assert [row[:3] for row in thing["boxes"]] == [[n, "must", "face"] for n in range(len(scene.pictures))]
    assert facts["span"] == [0, len(scene.pictures) - 1]
    assert facts["teaches"] == {"things": ["face"], "nobody": []}
