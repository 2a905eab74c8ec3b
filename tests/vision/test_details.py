"""Details hold every suspicion with room around it, and cost no more than the whole picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.vision.details import LARGEST, MOST, ROOM, SIDE, Boxes, Detail, details, part
from bodycam_pipeline.vision.scales import InputSize

SIZE = InputSize(1280, 736)


def boxes(*rows: tuple[float, float, float, float]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 4)


@st.composite
def suspicions(draw: st.DrawFn) -> tuple[Boxes, InputSize]:
    width, height = (32 * draw(st.integers(1, 60)) for _ in range(2))
    corner = st.tuples(st.floats(0, width - 1), st.floats(0, height - 1), st.floats(1, LARGEST), st.floats(1, LARGEST))
    rows = [(x, y, min(x + w, width), min(y + h, height)) for x, y, w, h in draw(st.lists(corner, max_size=12))]
    return boxes(*rows), InputSize(width, height)


@given(suspicions())
def test_every_suspicion_lies_in_a_detail_with_room_around_it(given: tuple[Boxes, InputSize]) -> None:
    suspected, size = given
    found = details(suspected, size)
    for left, top, right, bottom in suspected:
        assert any(
            detail.left <= max(left - ROOM, 0)
            and detail.top <= max(top - ROOM, 0)
            and detail.right >= min(right + ROOM, size.width)
            and detail.bottom >= min(bottom + ROOM, size.height)
            for detail in found
        )


@given(suspicions())
def test_details_are_parts_of_the_picture_and_not_most_of_it(given: tuple[Boxes, InputSize]) -> None:
    suspected, size = given
    found = details(suspected, size)
    whole = size.width * size.height
    assert found == [Detail(0, 0, size.width, size.height)] or sum(detail.area for detail in found) <= MOST * whole
    for detail in found:
        assert 0 <= detail.left < detail.right <= size.width
        assert 0 <= detail.top < detail.bottom <= size.height
        assert (detail.right - detail.left) % 32 == (detail.bottom - detail.top) % 32 == 0


def test_neighbours_share_a_detail() -> None:
    assert len(details(boxes((600, 300, 620, 325), (640, 310, 660, 330)), SIZE)) == 1
    assert len(details(boxes((600, 300, 620, 325), (900, 310, 920, 330)), SIZE)) == 2
    assert details(boxes(), SIZE) == []


@pytest.mark.parametrize("suspected", [(0, 0, SIDE, 20), (500, 200, 540, 200 + SIDE)])
def test_what_is_too_large_for_a_detail_takes_the_whole(suspected: tuple[int, int, int, int]) -> None:
    assert details(boxes((10, 10, 20, 20), suspected), SIZE) == [Detail(0, 0, 1280, 736)]


def test_a_crowd_takes_the_whole() -> None:
    crowd = boxes(*((x, y, x + 20, y + 20) for x in range(0, 1200, 90) for y in range(0, 700, 90)))
    assert details(crowd, SIZE) == [Detail(0, 0, 1280, 736)]


@pytest.mark.parametrize(("dtype", "shape"), [(np.float32, (1, 3, 64, 96)), (np.uint32, (1, 64, 96))])
def test_a_part_is_cut_from_either_kind_of_tensor(dtype: type, shape: tuple[int, ...]) -> None:
    tensor = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    cut = part(tensor, Detail(32, 0, 64, 64))
    assert cut.shape[-2:] == (64, 32)
    assert cut.dtype == dtype
    np.testing.assert_array_equal(cut[0, ..., 5, 0], tensor[0, ..., 5, 32])
