"""What the training recipe promises without training: boxes follow the pixels, schedules end, exports stay plain."""

from __future__ import annotations

import math
from random import Random

import pytest

cv2 = pytest.importorskip("cv2", reason="opencv is a training dependency")
np = pytest.importorskip("numpy")

from research.training import augment  # noqa: E402
from research.training.boxes import overlaps, suppress  # noqa: E402
from research.training.sets import SETS, shares  # noqa: E402


def disc(middle: tuple[int, int], radius: int, size: int = 200) -> np.ndarray:
    picture = np.zeros((size, size, 3), np.uint8)
    cv2.circle(picture, middle, radius, (255, 255, 255), -1)
    return picture


def bounds(picture: np.ndarray) -> np.ndarray:
    y, x = np.where(picture[:, :, 0] > 127)
    return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], float)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("degrees", [0, 20, -35])
@pytest.mark.parametrize("scales", [(1.0, 1.0), (0.3, 0.4), (1.5, 1.2)])
def test_a_face_box_follows_its_pixels(flip: bool, degrees: int, scales: tuple[float, float]) -> None:
    picture = disc((70, 90), 30)
    rows = np.array([[augment.FACE, *bounds(picture)]], np.float32)
    placement = augment.place((80.0, 95.0), (100.0, 100.0), scales, math.radians(degrees), flip=flip)
    levels = [picture, cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)]
    moved = augment.warp(levels, placement, 200, 200, (0, 0, 0))
    assert np.abs(augment.move(rows, placement)[0, 1:] - bounds(moved)).max() <= 1.5


def test_a_turned_plate_keeps_all_four_corners() -> None:
    rows = np.array([[augment.PLATE, 50, 90, 110, 110]], np.float32)
    placement = augment.place((80.0, 100.0), (80.0, 100.0), (1.0, 1.0), math.radians(30), flip=False)
    box = augment.move(rows, placement)[0, 1:]
    corners = np.array([[50, 90, 1], [110, 90, 1], [50, 110, 1], [110, 110, 1]]) @ placement.matrix.T
    assert np.allclose(box, [*corners.min(0), *corners.max(0)], atol=1e-3)


def test_a_turned_face_does_not_grow_like_a_rectangle() -> None:
    rows = np.array([[kind, 50, 50, 110, 130] for kind in (augment.FACE, augment.PLATE)], np.float32)
    placement = augment.place((80.0, 90.0), (80.0, 90.0), (1.0, 1.0), math.radians(30), flip=False)
    face, plate = (row[3:] - row[1:3] for row in augment.move(rows, placement))
    assert (face < plate).all()


def test_mirroring_twice_is_nothing() -> None:
    rows = np.array([[augment.FACE, 10, 20, 60, 90]], np.float32)
    mirror = augment.place((50.0, 50.0), (50.0, 50.0), (1.0, 1.0), 0.0, flip=True)
    assert np.allclose(augment.move(augment.move(rows, mirror), mirror), rows)
    assert np.allclose(augment.move(rows, mirror)[0, 1:], [40, 20, 90, 90])


def test_a_box_cut_to_a_sliver_is_ignored_and_one_outside_is_dropped() -> None:
    rows = np.array([[0, -30, 10, 10, 50], [0, -10, 10, 30, 50], [0, 120, 10, 150, 50], [0, 5, 5, 8, 8]], np.float32)
    kept, ignored = augment.clip(rows, 100, 100)
    assert kept.tolist() == [[0, 0, 10, 30, 50]]
    assert ignored.tolist() == [[0, 0, 10, 10, 50], [0, 5, 5, 8, 8]]


def test_the_camera_moves_nothing_and_repeats_with_its_seed() -> None:
    picture = disc((100, 100), 60)
    first, second = (augment.Camera(Random(5))(picture) for _ in range(2))  # noqa: S311
    assert first.shape == picture.shape
    assert (first == second).all()


def test_covering_stays_inside_the_picture() -> None:
    rows = np.array([[0, 150, 150, 200, 200], [1, 0, 0, 12, 6]], np.float32)
    for seed in range(50):
        picture = disc((175, 175), 20)
        augment.cover(picture, rows, Random(seed))  # noqa: S311
        assert (picture[20:140, 20:140] == 0).all()


def test_suppression_keeps_the_best_of_each_heap() -> None:
    rows = np.array([[0, 0, 10, 10, 0.5], [1, 0, 11, 10, 0.9], [30, 30, 40, 40, 0.2]])
    assert suppress(rows)[:, 4].tolist() == [0.9, 0.2]
    assert suppress(np.zeros((0, 5))).shape == (0, 5)
    iou, covered = overlaps(np.array([[0.0, 0, 10, 10]]), np.array([[0.0, 0, 5, 10]]))
    assert (iou[0, 0], covered[0, 0]) == (pytest.approx(0.5), pytest.approx(1.0))


def test_a_teacher_alone_must_be_sure_and_two_may_agree() -> None:
    pytest.importorskip("onnxruntime")
    from research.training.teacher import labels

    weak = {"centerface": [[10, 10, 30, 30, 0.4]], "yunet": [[11, 10, 30, 31, 0.5]]}
    assert len(labels(weak, "face")[0]) == 1
    alone = {"centerface": [[10, 10, 30, 30, 0.4]], "yunet": []}
    assert [len(part) for part in labels(alone, "face")] == [0, 1]
    sure = {"y5fu": [[10, 10, 60, 30, 0.9], [80, 80, 90, 90, 0.1]]}
    assert [len(part) for part in labels(sure, "plate")] == [1, 0]


def test_an_unlabelled_kind_without_a_teacher_is_masked_everywhere() -> None:
    pytest.importorskip("torch", reason="torch is a training dependency")
    from research.training.data import objects

    item = {"kind": "plate", "boxes": [[5, 5, 50, 20]], "width": 100, "height": 80, "set": "chirag_train"}
    found, ignored = objects(item, None)
    assert found == [[augment.PLATE, 5, 5, 50, 20]]
    assert ignored == [[augment.FACE, 0, 0, 100, 80]]


def test_an_unlabelled_head_is_never_a_false_alarm() -> None:
    pytest.importorskip("torch", reason="torch is a training dependency")
    from research.training.data import objects

    item = {"kind": "head", "boxes": [[5, 5, 15, 20]], "width": 100, "height": 80, "set": "chtseng_head"}
    found, ignored = objects(item, {"centerface": [], "yunet": [], "y5fu": []})
    assert found == []
    assert ignored == [[augment.FACE, 5, 5, 15, 20]]


def test_perfect_maps_cost_nothing_and_ignored_cells_never_do() -> None:
    torch = pytest.importorskip("torch", reason="torch is a training dependency")
    from research.training.losses import loss_of

    shapes = [(8, 8), (4, 4), (2, 2)]
    maps = [(torch.full((1, 2, *s), -20.0), torch.zeros(1, 4, *s)) for s in shapes]
    maps[0][0][0, 0, 3, 3] = 20.0  # a face where there is none
    nothing = torch.zeros(0, 6)
    assert loss_of(maps, nothing, nothing).total > 1
    assert loss_of(maps, nothing, torch.tensor([[0.0, 0, 20, 20, 36, 36]])).total < 1e-3
    wrong_kind = torch.tensor([[0.0, 1, 20, 20, 36, 36]])
    assert loss_of(maps, nothing, wrong_kind).total > 1
    for (_, code), stride in zip(maps, (8, 16, 32), strict=True):  # every cell says: 32 pixels around (28, 28)
        towards = (28 - (torch.arange(code.shape[2]) + 0.5) * stride) / stride
        code[:, 0], code[:, 1], code[:, 2:] = towards[None], towards[:, None], math.log(32 / (4 * stride))
    assert loss_of(maps, torch.tensor([[0.0, 0, 12, 12, 44, 44]]), nothing).box < 1e-3
    assert loss_of(maps, torch.tensor([[0.0, 0, 12, 12, 44, 64]]), nothing).box > 0.1


def test_the_schedule_ends_with_its_steps_and_survives_a_pause() -> None:
    pytest.importorskip("torch", reason="torch is a training dependency")
    from research.training.train import Clock

    assert [Clock(10, "", 0).tick(step) for step in (0, 5, 10)] == [0, 0.5, 1]
    clock = Clock(0, "00:00", 0.25)
    clock.last = clock.end - 1001
    clock.usual = 1.0
    now = clock.end - 100  # it was stopped for 901 seconds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("research.training.train.time.time", lambda: now)
        assert 0.25 < clock.tick(1) < 0.25 + 0.75 * 0.04


def test_the_share_of_a_missing_set_goes_to_its_kind() -> None:
    whole = dict.fromkeys(SETS, 10)
    without = {name: 10 for name, source in SETS.items() if source.licence is not None}
    every, licensed = shares(whole), shares(without)
    assert sum(every.values()) == pytest.approx(1)
    assert sum(licensed.values()) == pytest.approx(1)
    for kind in ("face", "head", "plate"):
        of_kind = [
            sum(share for name, share in drawn.items() if SETS[name].kind == kind) for drawn in (every, licensed)
        ]
        assert of_kind[0] == pytest.approx(of_kind[1])
    assert len(without) < len(whole)
