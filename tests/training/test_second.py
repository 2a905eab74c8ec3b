"""What the second network's recipe promises without training: who answers for what, and what is left alone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch", reason="torch is a dependency of the training only")
cv2 = pytest.importorskip("cv2", reason="opencv is a training dependency")

from research.training import augment  # noqa: E402
from research.training.v2.assign import around, match  # noqa: E402
from research.training.v2.kinds import FACE, HEAD, KINDS, PLATE, STRIDES  # noqa: E402
from research.training.v2.levels import judged, shifts  # noqa: E402
from research.training.v2.losses import loss_of  # noqa: E402
from research.training.v2.mine import wrong  # noqa: E402
from research.training.v2.network import CHANNELS, Network, flatten, points  # noqa: E402
from research.training.v2.pool import heads, in_older, in_web  # noqa: E402
from research.training.v2.regions import counted  # noqa: E402
from research.training.v2.sources import MODES, SOURCES, source_of  # noqa: E402
from research.training.v2.stream import clip, move  # noqa: E402
from research.training.v2.witnesses import doubted, vote  # noqa: E402

SHAPES = [torch.Size((64 // stride, 96 // stride)) for stride in STRIDES]
CELLS = sum(h * w for h, w in SHAPES)


def matched(*objects: tuple[float, ...]) -> list[tuple[int, int, int]]:
    """Stride, column and row of each cell that answers for the objects, of a network that knows nothing yet."""
    rows = torch.tensor(objects, dtype=torch.float32)
    found, price = around(torch.zeros(1, CELLS, len(KINDS), 4), rows, SHAPES)
    mine = match(torch.full((1, CELLS, len(KINDS)), -4.6), rows, found, price)
    centres, strides = points(SHAPES, torch.device("cpu"))
    return [
        (int(strides[c]), *(int(v // strides[c]) for v in centres[c]), int(row))
        for c, row in zip(mine.cell, mine.row, strict=True)
    ]


def test_a_tiny_object_is_answered_for_by_the_cell_of_its_centre() -> None:
    assert matched((0, FACE, 20, 20, 30, 32)) == [(4, 6, 6, 0)]


def test_a_larger_object_is_answered_for_by_cells_in_its_middle_on_levels_of_its_size() -> None:
    cells = matched((0, FACE, 20, 10, 60, 50))
    assert cells
    assert {stride for stride, *_ in cells} <= {8, 16}
    for stride, column, row, _ in cells:
        assert 20 < (column + 0.5) * stride < 60
        assert 10 < (row + 0.5) * stride < 50


def test_a_face_and_the_head_around_it_share_their_cells() -> None:
    assert matched((0, FACE, 20, 20, 30, 32), (0, HEAD, 19, 19, 31, 33)) == [(4, 6, 6, 0), (4, 6, 6, 1)]


def test_two_faces_never_share_a_cell() -> None:
    cells = matched((0, FACE, 20, 20, 30, 32), (0, FACE, 20, 20, 30, 31), (0, FACE, 30, 8, 70, 48))
    assert len({cell[:3] for cell in cells}) == len(cells)


def test_an_ignored_region_counts_for_one_kind_of_one_picture() -> None:
    weight = torch.from_numpy(counted([[1, HEAD, 0, 0, 96, 64], [0, PLATE, 7, 7, 25, 17]], 2, 64, 96))
    assert weight.shape == (2, CELLS, len(KINDS))
    assert weight[1, :, HEAD].sum() == 0
    assert weight[1, :, FACE].all()
    centres, strides = points(SHAPES, torch.device("cpu"))
    left_alone = centres[(weight[0, :, PLATE] == 0) & (strides == 4)]
    assert left_alone.min(0).values.tolist() == [6, 6]
    assert left_alone.max(0).values.tolist() == [26, 18]
    assert weight[0, :, FACE].all()


def test_a_picture_with_nothing_and_one_with_everything_can_be_priced() -> None:
    torch.manual_seed(0)
    network = Network()
    maps = network(torch.rand(2, 3, 64, 96))
    everywhere = torch.from_numpy(counted([], 2, 64, 96))
    assert loss_of(maps, torch.zeros(0, 6), everywhere).total > 0
    objects = torch.tensor([[0, FACE, 20, 20, 60, 60], [0, HEAD, 15, 10, 65, 62], [1, PLATE, 5, 5, 25, 12]]).float()
    losses = loss_of(maps, objects, everywhere)
    losses.total.backward()
    assert losses.cells >= 3
    assert all(torch.isfinite(p.grad).all() for p in network.parameters() if p.grad is not None)


def test_the_maps_are_flattened_as_the_kernels_read_them() -> None:
    maps = [torch.arange(CHANNELS * h * w).float().reshape(1, CHANNELS, h, w) for h, w in SHAPES]
    scores, qualities, codes, _ = flatten(maps)
    assert scores[0, 0].tolist() == maps[0][0, :3, 0, 0].tolist()
    assert qualities[0, 0].tolist() == maps[0][0, 3:6, 0, 0].tolist()
    assert codes[0, 0, PLATE].tolist() == maps[0][0, 14:18, 0, 0].tolist()


def test_heads_and_faces_turn_as_ellipses_and_what_is_ignored_as_a_whole() -> None:
    rows = np.array([[kind, 50, 50, 110, 130] for kind in (FACE, HEAD, PLATE)], np.float32)
    placement = augment.place((80.0, 90.0), (80.0, 90.0), (1.0, 1.0), math.radians(30), flip=False)
    face, head, plate = (row[3:] - row[1:3] for row in move(rows, placement))
    assert (face == head).all()
    assert (face < plate).all()
    assert (move(rows, placement, loose=True)[0, 3:] - move(rows, placement, loose=True)[0, 1:3] == plate).all()


def test_flat_plates_are_kept_and_slivers_are_not() -> None:
    rows = np.array([[PLATE, 10, 10, 22, 13.5], [FACE, 10, 10, 22, 13.5], [PLATE, 96, 10, 108, 20]], np.float32)
    objects, rest = clip(rows, 100, 100)
    assert objects.tolist() == [rows[0].tolist()]
    assert len(rest) == 2


def test_what_one_of_three_sees_is_ignored_and_what_two_see_is_an_object() -> None:
    face, other = [10, 10, 30, 34], [50, 10, 62, 24]
    seen = {
        "yunet": {"face": [[*face, 0.9]]},
        "centerface": {"face": [[*face, 0.8], [*other, 0.6]]},
        "own": {"face": [[*face, 0.4]], "plate": []},
    }
    sure, possible = vote(seen, "face")
    assert sure.tolist() == [face]
    assert possible.tolist() == [other]
    assert [len(boxes) for boxes in vote(seen, "plate")] == [0, 0]


def test_what_one_network_of_ours_suspects_weakly_is_doubted() -> None:
    boxes = np.array([[10, 10, 50, 22], [60, 10, 100, 22], [10, 40, 50, 52]], float)
    seen = {
        "own": {"plate": [[*boxes[0], 0.4], [*boxes[1], 0.6], [*boxes[2], 0.4]]},
        "y5fu": {"plate": [[*boxes[2], 0.3]]},
    }
    assert doubted(seen, "plate", boxes).tolist() == [True, False, False]
    assert doubted(seen, "plate", boxes[:0]).tolist() == []


def test_a_doubted_plate_is_background_unless_it_is_small() -> None:
    small, large = [10, 10, 30, 16], [60, 10, 100, 22]
    seen = {"own": {"plate": [[*small, 0.4], [*large, 0.4]]}}
    item = {"kind": "face", "boxes": [[200, 200, 240, 250]], "width": 640, "height": 480}
    objects, ignored, hard = in_older(item, seen)
    assert objects[PLATE].tolist() == []
    assert ignored[PLATE].tolist() == [small]
    assert hard[PLATE].tolist() == [large]


def test_where_not_every_head_is_labelled_none_is_background() -> None:
    objects, ignored, _ = in_web({"faces": [[100, 100, 120, 130]], "possible": [[200, 100, 210, 112]]})
    heads("web", objects, ignored, (640, 427))
    assert ignored[HEAD].tolist() == [[0, 0, 640, 427]]
    (head,) = objects[HEAD]
    assert head[0] < 100 and head[1] < 90 and head[2] > 120 and head[3] > 130  # noqa: PT018
    heads("portraits", objects, ignored, (640, 427))
    assert ignored[HEAD].tolist() == [[195, 94, 215, 118]]


def test_doubtful_sets_teach_nothing_and_the_shares_add_up() -> None:
    assert source_of("web", "hardhat_other", negative=False) is None
    assert source_of("web", "fossasia", negative=False) == "web"
    assert source_of("web", "clothing", negative=True) == "negatives"
    assert source_of("plates", "kaggle433", negative=False) == "plates"
    assert source_of("plates", "unknowncz_train", negative=False) == "unknowncz"
    assert math.isclose(sum(source.share for source in SOURCES.values()), 1)
    assert math.isclose(sum(MODES.values()), 1)


def test_the_export_gives_what_the_network_gives(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    from research.training.export import worst_difference
    from research.training.v2.detector import Second
    from research.training.v2.export import Flat, exported

    torch.manual_seed(0)
    network = Network(width=(8, 8, 8, 8), depth=(1, 1, 1, 1), neck=(8, 8, 8, 8))
    model = exported(network, {"crops": "0"})
    assert worst_difference(Flat(network), model) < 1e-3
    onnx.save(model, tmp_path / "m.onnx")
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    found = Second(tmp_path / "m.onnx")(picture, 0.01)
    assert set(found) == set(KINDS)


def test_strides_whose_boxes_are_as_often_right_at_a_lower_score_are_raised() -> None:
    r = np.random.default_rng(1)
    level, score = r.integers(0, 4, 4000), r.uniform(0.1, 0.9, 4000)
    logit = np.log(score / (1 - score)) + np.where(level == 0, 1.0, 0.0)  # of the finest, all are a logit too low
    right = (r.random(4000) < 1 / (1 + np.exp(-logit))).astype(float)
    found = shifts(np.column_stack([score, level]), right)
    assert found[0] - found[1:].mean() == pytest.approx(1.0, abs=0.15)
    assert np.ptp(found[1:]) < 0.25


def test_a_box_on_something_to_ignore_is_neither_right_nor_wrong() -> None:
    rows = np.array([[10, 10, 50, 20, 0.9, 0], [100, 10, 140, 20, 0.8, 1], [200, 10, 240, 20, 0.7, 2]], float)
    scores, right = judged(rows, rows[:1, :4], rows[1:2, :4])
    assert scores.tolist() == [[0.9, 0], [0.7, 2]]
    assert right.tolist() == [1, 0]


def test_a_false_alarm_touches_nothing_that_is_known() -> None:
    rows = np.array([[10, 10, 50, 20, 0.9], [100, 10, 140, 20, 0.8], [200, 10, 240, 20, 0.7]], float)
    known, ignored = rows[:1, :4] + 1, rows[1:2, :4] - 30
    assert wrong(rows, known, ignored).tolist() == rows[1:].tolist()
    assert wrong(rows, known, rows[1:2, :4] + 5).tolist() == rows[2:].tolist()
    assert len(wrong(rows[:0], known, ignored)) == 0
