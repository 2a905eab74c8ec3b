"""The letterbox against a slow one: matrices of exact overlaps, float64, written from the definition."""

from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bodycam_pipeline import _native
from tests.native.pictures import Picture, flat, noise

# EXIF: how the coded picture becomes the upright one.
UPRIGHT: dict[int, Any] = {
    1: lambda rows: rows,
    2: np.fliplr,
    3: lambda rows: np.rot90(rows, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda rows: np.rot90(rows, -1),
    7: lambda rows: np.rot90(np.transpose(rows), 2),
    8: lambda rows: np.rot90(rows, 1),
}
MATRICES = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}


def run(picture: Picture, width: int, height: int, **options: Any) -> tuple[NDArray[np.float32], float]:
    target = np.full((1, 3, height, width), np.nan, np.float32)
    (scale,) = _native.Letterbox(**options).fill([picture.planes], [target])
    return target[0], scale


def mixing(
    span: tuple[int, int], step: Fraction, count: int, mirrored: bool, half: Fraction | None
) -> NDArray[np.float64]:
    """A matrix of (count, samples): how each target pixel mixes one axis; ``half`` is the chroma siting, if chroma."""
    start, end = span
    low_sample, high_sample = (start, end) if half is None else (start // 2, ceil(Fraction(end, 2)))
    matrix = np.zeros((count, high_sample))
    for at in range(count):
        low, high = start + at * step, start + (at + 1) * step
        if mirrored:
            low, high = end - (at + 1) * step, end - at * step
        if half is not None:
            low, high = (low + half) / 2, (high + half) / 2
        if high - low >= 1:
            low, high = max(low, Fraction(low_sample)), min(high, Fraction(high_sample))
            for sample in range(min(floor(low), high_sample - 1), ceil(high)):
                matrix[at, sample] = max(Fraction(0), min(high, Fraction(sample + 1)) - max(low, Fraction(sample)))
            if not matrix[at].any():  # the last pixel lies behind the centre of the last chroma sample
                matrix[at, min(floor(low), high_sample - 1)] = 1
            matrix[at] /= matrix[at].sum()
        else:
            middle = min(max((low + high) / 2 - Fraction(1, 2), Fraction(low_sample)), Fraction(high_sample - 1))
            before = floor(middle)
            matrix[at, before] += float(1 - (middle - before))
            matrix[at, min(before + 1, high_sample - 1)] += float(middle - before)
    return matrix


def slow(picture: Picture, width: int, height: int, options: dict[str, Any]) -> NDArray[np.float64]:
    """The definition, in coded orientation until the last step."""
    left, top, right, bottom = options.get("crop") or (0, 0, picture.width, picture.height)
    orientation = options.get("orientation", 1)
    turned = orientation >= 5
    room = (height, width) if turned else (width, height)
    step = max(Fraction(right - left, room[0]), Fraction(bottom - top, room[1]))
    columns, rows = (ceil(Fraction(right - left) / step), ceil(Fraction(bottom - top) / step))
    columns_mirrored, rows_mirrored = orientation in {2, 3, 7, 8}, orientation in {3, 4, 6, 7}

    def scaled(plane: NDArray[np.uint8], chroma: bool) -> NDArray[np.float64]:
        across = mixing((left, right), step, columns, columns_mirrored, Fraction(1, 2) if chroma else None)
        down = mixing((top, bottom), step, rows, rows_mirrored, Fraction(0) if chroma else None)
        part = plane[: down.shape[1], : across.shape[1]].astype(np.float64)
        return np.asarray(down @ part @ across.T)

    luma, blue, red = (scaled(plane, number > 0) for number, plane in enumerate(picture.samples))
    if turned:
        luma, blue, red = luma.T, blue.T, red.T
    if not options.get("full_range", False):
        luma, blue, red = (luma - 16) * 255 / 219, (blue - 128) * 255 / 224, (red - 128) * 255 / 224
    else:
        blue, red = blue - 128, red - 128
    kr, kb = MATRICES[options.get("matrix", "bt709")]
    r, b = luma + 2 * (1 - kr) * red, luma + 2 * (1 - kb) * blue
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    colours = np.clip([r, g, b] if options.get("channels", "rgb") == "rgb" else [b, g, r], 0, 255)
    mean, factor = (np.array(options.get(name, (default,) * 3)) for name, default in (("mean", 0.0), ("factor", 1.0)))
    target = np.full((3, height, width), options.get("pad", 0.0))
    values = (colours - mean[:, None, None]) * factor[:, None, None]
    target[:, : values.shape[1], : values.shape[2]] = values
    return target


@st.composite
def fits(draw: st.DrawFn) -> tuple[Picture, int, int, dict[str, Any]]:
    width, height = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    picture = noise(width, height, seed=draw(st.integers(0, 99)))
    options: dict[str, Any] = {
        "orientation": draw(st.integers(1, 8)),
        "full_range": draw(st.booleans()),
        "matrix": draw(st.sampled_from(["bt601", "bt709"])),
        "channels": draw(st.sampled_from(["rgb", "bgr"])),
        "mean": draw(st.sampled_from([(0.0, 0.0, 0.0), (104.0, 117.0, 123.0)])),
        "factor": draw(st.sampled_from([(1.0, 1.0, 1.0), (0.5, 2.0, 1.0), (-1.0, 0.0, 1.0)])),
        "pad": draw(st.sampled_from([0.0, -3.5])),
    }
    if draw(st.booleans()):
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        options["crop"] = (left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height)))
    return picture, draw(st.integers(1, 50)), draw(st.integers(1, 50)), options


@settings(max_examples=400, deadline=None)
@given(fit=fits())
def test_equals_its_definition(fit: tuple[Picture, int, int, dict[str, Any]]) -> None:
    picture, width, height, options = fit
    found, _ = run(picture, width, height, **options)
    np.testing.assert_allclose(found, slow(picture, width, height, options), atol=2e-3)


# The ratios that recordings and detectors really have, at whole rows of theirs: 1/3, 2/3, 1/2, 1/4, 1/6, 1, 2, 16/45.
COMMON = [
    (1920, 12, 640, 32),
    (1920, 12, 1280, 32),
    (1280, 12, 640, 32),
    (1280, 10, 1280, 32),
    (2560, 16, 640, 32),
    (3840, 24, 640, 32),
    (640, 10, 1280, 32),
    (1440, 90, 512, 32),
    (1922, 14, 640, 32),
    (854, 20, 640, 32),
]


@pytest.mark.parametrize(("width", "height", "target_width", "target_height"), COMMON)
@pytest.mark.parametrize("orientation", [1, 2, 3, 6])
def test_common_ratios_equal_their_definition(
    width: int, height: int, target_width: int, target_height: int, orientation: int
) -> None:
    picture = noise(width, height)
    size = (target_height, target_width) if orientation == 6 else (target_width, target_height)
    options = {"orientation": orientation, "pad": 7.0}
    np.testing.assert_allclose(run(picture, *size, **options)[0], slow(picture, *size, options), atol=2e-3)


def test_no_scaling_is_only_a_conversion() -> None:
    picture = flat(4, 2, (16, 128, 128))
    picture.samples[0][:] = [[16, 235, 126, 16], [0, 255, 16, 16]]
    found, scale = run(picture, 4, 2)
    assert scale == 1.0
    np.testing.assert_allclose(found, [[[0, 255, 128.0822, 0], [0, 255, 0, 0]]] * 3, atol=1e-3)


def test_shrinking_averages_the_area_under_a_pixel() -> None:
    picture = flat(6, 3, (0, 128, 128))
    picture.samples[0][:] = [[0, 90, 0, 9, 9, 9]] * 3
    found, scale = run(picture, 2, 1, full_range=True)
    assert scale == pytest.approx(1 / 3)
    np.testing.assert_allclose(found, [[[30, 9]]] * 3, atol=1e-4)


def test_primaries_come_out_as_themselves() -> None:
    red_709, blue_601 = flat(2, 2, (63, 102, 240)), flat(2, 2, (29, 255, 107))
    np.testing.assert_allclose(run(red_709, 2, 2)[0][:, 0, 0], [255, 0, 0], atol=2)
    bgr = run(blue_601, 2, 2, matrix="bt601", full_range=True, channels="bgr")[0][:, 0, 0]
    np.testing.assert_allclose(bgr, [255, 0, 0], atol=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_stands_upright(orientation: int) -> None:
    picture = flat(12, 8, (0, 128, 128))
    picture.samples[0][:] = np.arange(96).reshape(8, 12) * 2
    size = (4, 6) if orientation >= 5 else (6, 4)
    coded, _ = run(picture, 6, 4)
    upright, scale = run(picture, *size, orientation=orientation)
    assert scale == 0.5
    for channel, expected in zip(upright, coded, strict=True):
        np.testing.assert_allclose(channel, UPRIGHT[orientation](expected), atol=1e-4)


def test_pads_to_the_right_and_below_with_the_value_as_it_is() -> None:
    found, scale = run(flat(8, 4, (126, 128, 128)), 5, 7, mean=(1.0, 2.0, 3.0), factor=(9.0, 9.0, 9.0), pad=114.0)
    assert scale == 5 / 8
    assert (found[:, 3:] == 114).all()
    assert (found[:, :2] != 114).all()


def test_a_box_divided_by_the_scale_comes_back() -> None:
    picture = flat(1000, 562, (16, 128, 128))
    picture.samples[0][300:340, 600:680] = 235
    found, scale = run(picture, 640, 384)
    rows, columns = np.nonzero(found[0] > 128)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / scale
    np.testing.assert_allclose(box, [600, 300, 680, 340], atol=1)


def test_several_frames_and_scales_in_one_call() -> None:
    one, two = noise(64, 48, seed=1), noise(64, 48, seed=2)
    small, large = np.zeros((2, 3, 32, 32), np.float32), np.zeros((2, 3, 96, 64), np.float32)
    assert _native.Letterbox(pad=5.0).fill([one.planes, two.planes], [small, large]) == [0.5, 1.0]
    for at, picture in enumerate((one, two)):
        np.testing.assert_array_equal(small[at], run(picture, 32, 32, pad=5.0)[0])
        np.testing.assert_array_equal(large[at], run(picture, 64, 96, pad=5.0)[0])


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"orientation": 0}, "orientation"),
    ({"orientation": 9}, "orientation"),
    ({"matrix": "bt2020"}, "matrix"),
    ({"channels": "grb"}, "channels"),
    ({"crop": (0, 0, 17, 8)}, "crop"),
    ({"crop": (0, 0, 16, 9)}, "crop"),
    ({"crop": (4, 4, 4, 8)}, "crop"),
    ({"crop": (4, 4, 8, 3)}, "crop"),
    ({"crop": (-1, 0, 8, 8)}, "crop"),
]


@settings(deadline=None)
@given(
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)).map(lambda half: (2 * half[0], 2 * half[1])),
    target=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    channels=st.sampled_from(["rgb", "bgr"]),
)
def test_packed_pixels_are_the_planes_rounded(
    orientation: int, size: tuple[int, int], target: tuple[int, int], channels: str
) -> None:
    picture, (width, height) = noise(*size), target
    options: Any = {"orientation": orientation, "channels": channels, "pad": 114.0}
    planes, scale = run(picture, width, height, **options)
    packed = np.full((1, height, width), 2**32 - 1, np.uint32)
    assert _native.Letterbox(**options).fill([picture.planes], [packed]) == [scale]
    pixels = packed.view(np.uint8).reshape(height, width, 4)
    assert np.abs(pixels[..., :3].transpose(2, 0, 1) - planes).max() <= 0.501
    assert not pixels[..., 3].any()


@pytest.mark.parametrize("shape", [(2, 8, 8), (1, 3, 8, 8), (8, 8), (1, 0, 8)])
def test_refuses_packed_targets_that_do_not_fit(shape: tuple[int, ...]) -> None:
    target = np.full(shape, 4, np.uint32)
    with pytest.raises(ValueError, match="target"):
        _native.Letterbox().fill([noise(16, 8).planes], [target])
    assert (target == 4).all()


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_refuses_options_that_mean_nothing(options: dict[str, Any], message: str) -> None:
    target = np.full((1, 3, 8, 8), 4.0, np.float32)
    with pytest.raises(ValueError, match=message):
        _native.Letterbox(**options).fill([noise(16, 8).planes], [target])
    assert (target == 4).all()


def test_refuses_frames_of_different_sizes_and_no_frame() -> None:
    target = np.full((2, 3, 8, 8), 4.0, np.float32)
    with pytest.raises(ValueError, match="frame 1 is 16x6"):
        _native.Letterbox().fill([noise(16, 8).planes, noise(16, 6).planes], [target])
    with pytest.raises(ValueError, match="no frame"):
        _native.Letterbox().fill([], [target])
    assert (target == 4).all()


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (1, 4, 8, 8), (3, 8, 8), (1, 3, 0, 8), (1, 3, 8, 0)])
def test_refuses_a_target_that_does_not_fit(shape: tuple[int, ...]) -> None:
    first, second = np.full((1, 3, 8, 8), 4.0, np.float32), np.full(shape, 4.0, np.float32)
    with pytest.raises(ValueError, match="target"):
        _native.Letterbox().fill([noise(16, 8).planes], [first, second])
    assert (first == 4).all()
    assert (second == 4).all()


def test_refuses_a_target_that_cannot_be_written_in_place() -> None:
    good = np.full((1, 3, 8, 8), 4.0, np.float32)
    read_only = good.copy()
    read_only.flags.writeable = False
    strided = np.zeros((1, 3, 8, 16), np.float32)[..., ::2]
    fortran = np.asfortranarray(np.zeros((1, 3, 8, 8), np.float32))
    for bad in (read_only, strided, fortran):
        with pytest.raises(BufferError):
            _native.Letterbox().fill([noise(16, 8).planes], [good, bad])
    with pytest.raises(BufferError):
        _native.Letterbox().fill([noise(16, 8).planes], [good, good])
    with pytest.raises(TypeError):
        _native.Letterbox().fill([noise(16, 8).planes], [np.zeros((1, 3, 8, 8))])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="float32 or of uint32"):
        _native.Letterbox().fill([noise(16, 8).planes], [np.zeros((1, 8, 8), np.uint8)])  # type: ignore[list-item]
    assert (good == 4).all()
