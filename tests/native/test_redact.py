"""Redaction at every size and edge: the hidden is gone, the rest untouched, and a refused call changes nothing."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bodycam_pipeline import _native
from tests.native.pictures import Picture, cover, flat, noise, regions, scenes

SHIPPING = list(_native.SHIPPING_STYLES)


def seeds(table: NDArray[np.int32]) -> NDArray[np.uint64]:
    return np.arange(7, 7 + len(table), dtype=np.uint64)


def redacted(picture: Picture, table: NDArray[np.int32], style: str | list[str]) -> Picture:
    after = picture.copy()
    _native.redact(after.planes, table, style=style, seeds=seeds(table))  # type: ignore[arg-type]
    return after


def mixed(table: NDArray[np.int32], first: int = 0) -> list[str]:
    """One of the shipping styles for each region, in turn."""
    return [SHIPPING[(first + index) % len(SHIPPING)] for index in range(len(table))]


@pytest.mark.parametrize("style", SHIPPING)
@settings(max_examples=200, deadline=None)
@given(scene=scenes(), other_seed=st.integers(100, 199))
def test_frames_that_differ_only_under_the_regions_become_identical(
    style: str, scene: tuple[Picture, NDArray[np.int32]], other_seed: int
) -> None:
    picture, table = scene
    other, strange = picture.copy(), noise(picture.width, picture.height, seed=other_seed)
    for plane, unlike, hidden in zip(other.samples, strange.samples, cover(picture, table), strict=True):
        plane[hidden] = unlike[hidden]
    assert redacted(picture, table, style) == redacted(other, table, style)


@settings(max_examples=200, deadline=None)
@given(scene=scenes(), other_seed=st.integers(100, 199), first=st.integers(0, 2))
def test_frames_that_differ_only_under_regions_of_several_styles_become_identical(
    scene: tuple[Picture, NDArray[np.int32]], other_seed: int, first: int
) -> None:
    picture, table = scene
    other, strange = picture.copy(), noise(picture.width, picture.height, seed=other_seed)
    for plane, unlike, hidden in zip(other.samples, strange.samples, cover(picture, table), strict=True):
        plane[hidden] = unlike[hidden]
    styles = mixed(table, first)
    assert redacted(picture, table, styles) == redacted(other, table, styles)


@pytest.mark.parametrize(("over", "under"), [*combinations(_native.STYLES, 2)])
def test_where_regions_overlap_the_style_that_reads_less_paints_whichever_comes_first(over: str, under: str) -> None:
    table, shared = regions((8, 8, 40, 40), (24, 24, 56, 56)), np.s_[24:40, 24:40]

    def painted(order: list[int], styles: list[str]) -> Picture:
        picture = noise(64, 64)
        _native.redact(picture.planes, table[order], style=[styles[n] for n in order], seeds=seeds(table)[order])
        return picture

    assert painted([0, 1], [under, over]) == painted([1, 0], [under, over])
    expected, seen = (painted([0, 1], styles).samples[0][shared] for styles in ([over, over], [under, over]))
    assert np.array_equal(seen, expected)


@pytest.mark.parametrize("style", [*SHIPPING, "gaussian"])
@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_nothing_outside_the_regions_changes_nor_any_padding(
    style: str, scene: tuple[Picture, NDArray[np.int32]]
) -> None:
    picture, table = scene
    after = redacted(picture, table, style)
    for hidden, old, new in zip(cover(picture, table), picture.samples, after.samples, strict=True):
        assert np.array_equal(old[~hidden], new[~hidden])
    for old, new, samples in zip(picture.padded, after.padded, picture.samples, strict=True):
        width = samples.shape[1]
        assert np.array_equal(old[:, width:], new[:, width:])


@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_fill_paints_every_sample_that_is_hidden(scene: tuple[Picture, NDArray[np.int32]]) -> None:
    picture, table = scene
    after = picture.copy()
    _native.redact(after.planes, table, style="fill", colour=(50, 60, 70))
    for value, hidden, new in zip((50, 60, 70), cover(picture, table), after.samples, strict=True):
        assert (new[hidden] == value).all()


@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_blur_stays_within_what_is_visible_around_it(scene: tuple[Picture, NDArray[np.int32]]) -> None:
    picture, table = scene
    after = redacted(picture, table, "blur")
    for plain, plane, hidden, new in zip(
        (16, 128, 128), picture.samples, cover(picture, table), after.samples, strict=True
    ):
        if not hidden.all():
            inside, seen = new[hidden], plane[~hidden]
            between = (seen.min() <= inside) & (inside <= seen.max())
            assert (between | (inside == plain)).all(), "a region with nothing visible around it is plain"


def test_the_last_row_and_column_are_hidden() -> None:
    picture = redacted(noise(17, 9), regions((16, 8, 17, 9)), "fill")
    assert [int(plane[-1, -1]) for plane in picture.samples] == [16, 128, 128]


def test_an_odd_region_hides_the_chroma_it_touches_and_no_more() -> None:
    picture = flat(8, 8, (200, 90, 90))
    after = redacted(picture, regions((3, 3, 4, 4)), "fill")
    assert (after.samples[0] == 16).sum() == 1
    assert np.argwhere(after.samples[1] == 128).tolist() == [[1, 1]]


@settings(max_examples=100, deadline=None)
@given(scene=scenes(), other_seed=st.integers(100, 199))
def test_frames_that_differ_only_under_the_regions_become_identical_with_codes_on_them(
    scene: tuple[Picture, NDArray[np.int32]], other_seed: int
) -> None:
    picture, table = scene
    other, strange = picture.copy(), noise(picture.width, picture.height, seed=other_seed)
    before = picture.copy()
    for plane, unlike, hidden in zip(other.samples, strange.samples, cover(picture, table), strict=True):
        plane[hidden] = unlike[hidden]
    for each in (picture, other):
        _native.redact(each.planes, table, style="fill", codes=["(6)"] * len(table))
    assert picture == other
    for hidden, old, new in zip(cover(picture, table), before.samples, picture.samples, strict=True):
        assert np.array_equal(old[~hidden], new[~hidden])


def test_a_code_is_drawn_in_luma_alone_and_inside_its_region() -> None:
    picture, plain, table = noise(96, 64), noise(96, 64), regions((16, 16, 80, 48))
    _native.redact(picture.planes, table, style="fill", codes=["(b)(6)"])
    _native.redact(plain.planes, table, style="fill")
    ink = picture.samples[0] != plain.samples[0]
    assert set(picture.samples[0][ink].tolist()) == {235}
    assert ink[16:48, 16:80].sum() == ink.sum() > 100
    assert all(np.array_equal(*planes) for planes in zip(picture.samples[1:], plain.samples[1:], strict=True))


@pytest.mark.parametrize(
    ("style", "codes", "message"),
    [
        ("blur", ["(6)"], "codes are drawn on the style fill"),
        ("mosaic", ["(6)"], "codes are drawn on the style fill"),
        ("gaussian", ["(6)"], "codes are drawn on the style fill"),
        ("fill", [], "need as many codes"),
        ("fill", ["(6)", "(6)"], "need as many codes"),
        ("fill", ["§"], "printable ASCII"),
        ("fill", ["a\tb"], "printable ASCII"),
    ],
)
def test_refuses_codes_that_cannot_be_drawn_and_changes_nothing(style: str, codes: list[str], message: str) -> None:
    picture, table = noise(32, 32), regions((0, 0, 32, 32))
    before = picture.copy()
    with pytest.raises(ValueError, match=message):
        _native.redact(picture.planes, table, style=style, seeds=seeds(table), codes=codes)  # type: ignore[arg-type]
    if style != "gaussian":
        with pytest.raises(ValueError, match=message):
            _native.residual(picture.planes, table, style=style, seeds=seeds(table), codes=codes)  # type: ignore[arg-type]
    assert picture == before


def test_blur_of_a_flat_picture_cannot_be_seen() -> None:
    picture = flat(40, 30, (77, 88, 99))
    assert redacted(picture, regions((5, 5, 30, 20), (20, 10, 40, 30)), "blur") == picture


def test_blur_continues_a_slope() -> None:
    picture = flat(60, 40, (0, 128, 128))
    picture.samples[0][:] = np.arange(60) * 3
    after = redacted(picture, regions((20, 10, 40, 30)), "blur")
    difference = np.abs(after.samples[0].astype(int) - picture.samples[0])
    assert difference.max() <= 15, "the loop's smoothing rounds its corners off, and nothing else bends it"


def test_neighbours_are_not_read_however_they_touch() -> None:
    picture = flat(48, 48, (100, 128, 128))
    table = regions((0, 0, 24, 24), (24, 0, 48, 24), (0, 24, 24, 48))
    picture.samples[0][:24] = 255
    picture.samples[0][24:, :24] = 255
    after = redacted(picture, table, "blur")
    assert (after.samples[0][:24, 24:] == 100).all()
    assert (after.samples[0][24:, :24] == 100).all()


def test_a_region_inside_another_leaves_no_patch() -> None:
    outer, inner = (8, 8, 56, 48), (20, 18, 40, 30)
    both, alone = (redacted(noise(64, 56), regions(*rows), "blur") for rows in ((outer, inner), (outer,)))
    assert both == alone


def test_a_frame_hidden_whole_gets_the_colour() -> None:
    for style in ("fill", "blur"):
        after = redacted(noise(21, 13), regions((0, 0, 21, 13)), style)
        assert after == redacted(noise(21, 13), regions((0, 0, 21, 13)), "fill")


def test_mosaic_cells_stand_still_on_their_region_and_follow_the_seed() -> None:
    picture = flat(80, 64, (120, 128, 128))

    def cells(left: int, top: int, seed: int) -> NDArray[np.uint8]:
        after = picture.copy()
        table = regions((left, top, left + 32, top + 24))
        _native.redact(after.planes, table, style="mosaic", seeds=np.array([seed], np.uint64))
        return after.samples[0][top : top + 24, left : left + 32]

    assert np.array_equal(cells(3, 5, 1), cells(40, 30, 1))
    assert not np.array_equal(cells(3, 5, 1), cells(3, 5, 2))
    assert len(np.unique(cells(0, 0, 3))) > 6


def test_gaussian_reads_what_it_hides() -> None:
    one, other = noise(32, 32), noise(32, 32)
    other.samples[0][16, 16] ^= 255
    table = regions((8, 8, 24, 24))
    assert redacted(one, table, "gaussian") != redacted(other, table, "gaussian")


def test_no_regions_change_nothing() -> None:
    picture = noise(8, 8)
    for style in [*SHIPPING, "gaussian"]:
        assert redacted(picture, regions(), style) == picture


REFUSED = [
    (regions((0, 0, 9, 4)), "outside"),
    (regions((0, 0, 4, 8)), "outside"),
    (regions((-1, 0, 4, 4)), "outside"),
    (regions((0, -1, 4, 4)), "outside"),
    (regions((3, 0, 3, 4)), "empty"),
    (regions((0, 4, 4, 3)), "empty"),
    (regions((0, 0, 4, 4), (2, 2, 9, 3)), "region 1"),
    (np.zeros((1, 5), np.int32), "shape"),
    (np.zeros(4, np.int32), "shape"),
]


@pytest.mark.parametrize(("table", "message"), REFUSED)
@pytest.mark.parametrize("style", [*SHIPPING, "gaussian"])
def test_refuses_a_region_outside_the_frame_and_changes_nothing(
    table: NDArray[np.int32], message: str, style: str
) -> None:
    picture = noise(8, 7)
    before = picture.copy()
    with pytest.raises(ValueError, match=message):
        _native.redact(picture.planes, table, style=style, seeds=seeds(table))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        _native.residual(picture.planes, table, style=style, seeds=seeds(table))  # type: ignore[arg-type]
    assert picture == before


def test_refuses_a_mosaic_without_a_seed_for_every_region() -> None:
    picture = noise(8, 8)
    before = picture.copy()
    table = regions((0, 0, 4, 4), (4, 4, 8, 8))
    for given_seeds in (None, np.zeros(1, np.uint64), np.zeros(3, np.uint64), np.zeros((2, 1), np.uint64)):
        with pytest.raises(ValueError, match="seeds"):
            _native.redact(picture.planes, table, style="mosaic", seeds=given_seeds)
        with pytest.raises(ValueError, match="seeds"):
            _native.residual(picture.planes, table, style="mosaic", seeds=given_seeds)
    assert picture == before


def test_refuses_styles_that_are_not_one_for_each_region() -> None:
    picture = noise(8, 8)
    before, table = picture.copy(), regions((0, 0, 4, 4), (4, 4, 8, 8))
    for styles in ([], ["fill"], ["fill"] * 3):
        with pytest.raises(ValueError, match="2 regions need as many styles"):
            _native.redact(picture.planes, table, style=styles)
        with pytest.raises(ValueError, match="2 regions need as many styles"):
            _native.residual(picture.planes, table, style=styles)
    with pytest.raises(TypeError):
        _native.redact(picture.planes, table, style=7)  # type: ignore[arg-type]
    assert picture == before


def test_refuses_an_unknown_style_and_an_impossible_colour() -> None:
    picture = noise(8, 8)
    before = picture.copy()
    for style in ("none", "Fill", ""):
        with pytest.raises(ValueError, match="style"):
            _native.redact(picture.planes, regions((0, 0, 4, 4)), style=style)  # type: ignore[arg-type]
    for colour in [(256, 0, 0), (0, -1, 0)]:
        with pytest.raises(ValueError, match="colour"):
            _native.redact(picture.planes, regions((0, 0, 4, 4)), style="fill", colour=colour)
    assert picture == before


def test_refuses_tables_of_another_type() -> None:
    picture = noise(8, 8)
    with pytest.raises(TypeError):
        _native.redact(picture.planes, np.zeros((1, 4), np.int64), style="fill")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _native.redact(picture.planes, [(0, 0, 4, 4)], style="fill")  # type: ignore[arg-type]
