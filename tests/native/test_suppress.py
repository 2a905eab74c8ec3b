"""Non-maximum suppression: greedy, by kind, and blind to the order of its input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bodycam_pipeline import _native
from bodycam_pipeline.values.geometry import iou

PLACE, SIZE = st.integers(0, 20), st.integers(1, 20)
ROW = st.tuples(PLACE, PLACE, SIZE, SIZE, st.integers(0, 4), st.integers(0, 1))


def table(rows: list[tuple[int, int, int, int, int, int]]) -> NDArray[np.float32]:
    boxes = [(x, y, x + w, y + h, score / 4, kind) for x, y, w, h, score, kind in rows]
    return np.array(boxes, np.float32).reshape(-1, 6)


TABLE = st.lists(ROW, max_size=15).map(table)


@given(boxes=TABLE, limit=st.sampled_from([0.0, 0.3, 0.45, 1.0]), data=st.data())
def test_the_order_of_the_input_does_not_show(boxes: NDArray[np.float32], limit: float, data: st.DataObject) -> None:
    shuffled = boxes[data.draw(st.permutations(range(len(boxes))))].reshape(-1, 6)
    np.testing.assert_array_equal(_native.suppress(boxes, iou_limit=limit), _native.suppress(shuffled, iou_limit=limit))


@given(boxes=TABLE, limit=st.sampled_from([0.0, 0.3, 0.45]))
def test_what_is_kept_stands_apart_and_what_is_dropped_lies_under_something_better(
    boxes: NDArray[np.float32], limit: float
) -> None:
    kept = _native.suppress(boxes, iou_limit=limit)
    assert (np.diff(kept[:, 4]) <= 0).all()
    for at, one in enumerate(kept):
        assert all(one[5] != other[5] or iou(one[:4], other[:4]) <= limit + 1e-6 for other in kept[:at])
    for box in boxes:
        better = [other for other in kept if other[5] == box[5] and other[4] >= box[4]]
        assert any(iou(other[:4], box[:4]) >= limit - 1e-6 for other in better)


def test_nothing_in_is_nothing_out() -> None:
    assert _native.suppress(np.zeros((0, 6), np.float32), iou_limit=0.5).shape == (0, 6)


@pytest.mark.parametrize("limit", [-0.01, 1.01, float("nan")])
def test_refuses_a_limit_that_is_not_a_share(limit: float) -> None:
    with pytest.raises(ValueError, match="iou_limit"):
        _native.suppress(np.zeros((1, 6), np.float32), iou_limit=limit)


def test_refuses_tables_that_are_not_boxes() -> None:
    for shape in [(6,), (2, 5), (1, 2, 6)]:
        with pytest.raises(ValueError, match="shape"):
            _native.suppress(np.zeros(shape, np.float32), iou_limit=0.5)
    broken = np.zeros((2, 6), np.float32)
    broken[1, 2] = np.inf
    with pytest.raises(ValueError, match="box 1"):
        _native.suppress(broken, iou_limit=0.5)
