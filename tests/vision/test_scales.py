"""How large the models see the picture, and in which colours."""

from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.vision.scales import GRID, InputSize, colour_matrix, input_sizes
from tests.vision.pictures import facts


@pytest.mark.parametrize(
    ("upright", "expected"),
    [
        ((1920, 1080), [(640, 384), (1280, 736)]),
        ((1080, 1920), [(384, 640), (736, 1280)]),
        ((1280, 720), [(640, 384), (1280, 736)]),
        ((854, 480), [(640, 384), (864, 480)]),
        ((640, 480), [(640, 480)]),
        ((320, 240), [(320, 256)]),
        ((2, 2), [(32, 32)]),
        ((4000, 2), [(640, 32), (1280, 32)]),
    ],
)
def test_no_scale_is_larger_than_the_recording(upright: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    assert input_sizes((640, 1280), upright) == tuple(InputSize(*size) for size in expected)


def test_an_auditor_may_see_the_picture_enlarged() -> None:
    assert input_sizes((960,), (640, 360), enlarge=True) == (InputSize(960, 544),)


def test_scales_come_smallest_first_whatever_their_order() -> None:
    assert input_sizes((1280, 640), (1920, 1080)) == input_sizes((640, 1280), (1920, 1080))


@given(
    st.lists(st.integers(64, 4096), min_size=1, max_size=4),
    st.tuples(st.integers(1, 8192), st.integers(1, 8192)),
)
def test_every_size_is_on_the_grid_and_none_comes_twice(sides: list[int], upright: tuple[int, int]) -> None:
    sizes = input_sizes(sides, upright)
    assert sizes
    assert len(set(sizes)) == len(sizes)
    assert all(gcd(size.width, size.height, GRID) == GRID for size in sizes)


@pytest.mark.parametrize(
    ("code", "size", "expected"),
    [
        (1, (320, 240), "bt709"),
        (5, (1920, 1080), "bt601"),
        (6, (1920, 1080), "bt601"),
        (9, (1920, 1080), "bt709"),
        (2, (1280, 720), "bt709"),
        (2, (720, 1280), "bt709"),
        (2, (720, 576), "bt601"),
    ],
)
def test_the_matrix_is_the_one_named_or_else_the_usual_one(code: int, size: tuple[int, int], expected: str) -> None:
    assert colour_matrix(facts(*size, matrix=code)) == expected
