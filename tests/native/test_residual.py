"""A redacted frame is a fixed point of its own redaction, and anything else is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from bodycam_pipeline import _native
from tests.native.pictures import Picture, flat, noise, regions, scenes

SHIPPING = list(_native.SHIPPING_STYLES)


@pytest.mark.parametrize("style", SHIPPING)
@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_a_redacted_frame_is_a_fixed_point(style: str, scene: tuple[Picture, NDArray[np.int32]]) -> None:
    picture, table = scene
    options = {"style": style, "seeds": np.arange(len(table), dtype=np.uint64), "colour": (30, 40, 50)}
    _native.redact(picture.planes, table, **options)  # type: ignore[arg-type]
    before = picture.copy()
    assert _native.residual(picture.planes, table, **options).tolist() == [0.0] * len(table)  # type: ignore[arg-type]
    assert picture == before


@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_a_frame_of_several_styles_is_a_fixed_point(scene: tuple[Picture, NDArray[np.int32]]) -> None:
    picture, table = scene
    styles, seeds = (SHIPPING * len(table))[: len(table)], np.arange(len(table), dtype=np.uint64)
    _native.redact(picture.planes, table, style=styles, seeds=seeds)
    assert _native.residual(picture.planes, table, style=styles, seeds=seeds).tolist() == [0.0] * len(table)


def test_a_region_in_another_style_than_its_own_stands_out() -> None:
    picture, table = noise(96, 64), regions((0, 0, 32, 32), (48, 16, 80, 48))
    _native.redact(picture.planes, table, style="blur")
    as_said, other = _native.residual(picture.planes, table, style=["blur", "fill"])
    assert (as_said, other > 40) == (0.0, True)


@settings(max_examples=100, deadline=None)
@given(scene=scenes())
def test_a_frame_with_codes_is_a_fixed_point(scene: tuple[Picture, NDArray[np.int32]]) -> None:
    picture, table = scene
    codes = ["(b)(6)", "s. 1", ""] * len(table)
    _native.redact(picture.planes, table, style="fill", codes=codes[: len(table)])
    residual = _native.residual(picture.planes, table, style="fill", codes=codes[: len(table)])
    assert residual.tolist() == [0.0] * len(table)


def test_another_code_stands_out() -> None:
    picture, table = flat(128, 64, (90, 128, 128)), regions((0, 0, 128, 64))
    _native.redact(picture.planes, table, style="fill", codes=["(b)(6)"])
    assert _native.residual(picture.planes, table, style="fill", codes=["(b)(7)"])[0] > 40
    assert _native.residual(picture.planes, table, style="fill")[0] > 40


@pytest.mark.parametrize("style", SHIPPING)
def test_a_region_that_was_forgotten_stands_out(style: str) -> None:
    picture, table = noise(96, 64), regions((0, 0, 32, 32), (48, 16, 80, 48))
    seeds = np.array([1, 2], np.uint64)
    _native.redact(picture.planes, table[:1], style=style, seeds=seeds[:1])  # type: ignore[arg-type]
    hidden, forgotten = _native.residual(picture.planes, table, style=style, seeds=seeds)  # type: ignore[arg-type]
    assert (hidden, forgotten > 40) == (0.0, True)


def test_one_leaking_block_shows_in_full() -> None:
    picture, table = flat(128, 128, (90, 128, 128)), regions((16, 16, 112, 112))
    _native.redact(picture.planes, table, style="fill")
    picture.samples[0][24:32, 40:48] = 90
    assert _native.residual(picture.planes, table, style="fill").tolist() == [74.0]


def test_a_leak_in_chroma_shows_as_well() -> None:
    picture, table = flat(64, 64, (16, 128, 128)), regions((0, 0, 64, 64))
    picture.samples[2][4:8, 8:12] = 140
    assert _native.residual(picture.planes, table, style="fill").tolist() == [12.0]


def test_the_last_incomplete_block_counts_only_its_own_samples() -> None:
    picture, table = flat(17, 9, (16, 128, 128)), regions((0, 0, 17, 9))
    picture.samples[0][8, 16] = 26
    assert _native.residual(picture.planes, table, style="fill").tolist() == [10.0]


def test_reads_frames_that_cannot_be_written() -> None:
    planes = _native.Planes(bytes(256), bytes(64), bytes(64), strides=(16, 8, 8), width=16, height=16)
    assert _native.residual(planes, regions((0, 0, 16, 16)), style="fill").tolist() == [128.0]
    assert _native.residual(planes, regions(), style="blur").shape == (0,)
