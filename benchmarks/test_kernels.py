"""The kernels at 1080p, in GB/s beside memcpy and beside numpy or OpenCV doing the same.

Every output is checked before it is timed, and a debug build is refused: its figures would mean nothing. Bytes are
those of the samples that a kernel has to read or write at least, so that a rate can be held against memcpy's.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bodycam_pipeline import _native

WIDTH, HEIGHT = 1920, 1080
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2
FACE = np.array([[400, 400, 600, 600]], np.int32)
FACE_BYTES = 200 * 200 * 3 // 2
WHOLE = np.array([[0, 0, WIDTH, HEIGHT]], np.int32)
DETECTOR_SIZES = ((640, 384), (1280, 736))

Timed = Callable[..., Any]


@pytest.fixture(autouse=True)
def _release_build() -> None:
    if _native.build_profile != "release":
        pytest.fail("a debug build is not worth timing: maturin develop --release")


@pytest.fixture
def samples() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    sizes = [(HEIGHT, WIDTH), (HEIGHT // 2, WIDTH // 2), (HEIGHT // 2, WIDTH // 2)]
    return [rng.integers(16, 236, size, dtype=np.uint8) for size in sizes]


def planes_of(samples: list[NDArray[np.uint8]]) -> _native.Planes:
    memory = [plane.data for plane in samples]
    return _native.Planes(*memory, strides=(WIDTH, WIDTH // 2, WIDTH // 2), width=WIDTH, height=HEIGHT)


@pytest.fixture
def planes(samples: list[NDArray[np.uint8]]) -> _native.Planes:
    return planes_of(samples)


@pytest.fixture
def rate(benchmark: Any) -> Callable[[int, Callable[[], Any]], None]:
    """Time a call and note how many bytes it gets through."""

    def run(size: int, call: Callable[[], Any]) -> None:
        benchmark(call)
        if benchmark.stats is not None:  # benchmarks may be run with timing disabled
            benchmark.extra_info["gigabytes_per_second"] = round(size / benchmark.stats.stats.min / 1e9, 2)

    return run


def test_memcpy_of_a_frame(rate: Timed, samples: list[NDArray[np.uint8]]) -> None:
    copies = [np.empty_like(plane) for plane in samples]

    def copy() -> None:
        for target, plane in zip(copies, samples, strict=True):
            np.copyto(target, plane)

    rate(FRAME_BYTES, copy)


def filled(arrays: Iterable[NDArray[Any]], value: float) -> None:
    for array in arrays:
        array.fill(value)


def test_memset_of_a_frame(rate: Timed, samples: list[NDArray[np.uint8]]) -> None:
    rate(FRAME_BYTES, lambda: filled(samples, 16))


def test_fill_of_a_frame(rate: Timed, planes: _native.Planes, samples: list[NDArray[np.uint8]]) -> None:
    _native.redact(planes, WHOLE, style="fill", colour=(16, 128, 128))
    assert [np.unique(plane).tolist() for plane in samples] == [[16], [128], [128]]
    rate(FRAME_BYTES, lambda: _native.redact(planes, WHOLE, style="fill"))


@pytest.mark.parametrize("style", ["fill", "blur", "mosaic", "gaussian"])
def test_style_over_a_face(style: Any, rate: Timed, planes: _native.Planes, samples: list[NDArray[np.uint8]]) -> None:
    seeds, before = np.array([1], np.uint64), samples[0].copy()
    _native.redact(planes, FACE, style=style, seeds=seeds)
    assert (samples[0][400:600, 400:600] != before[400:600, 400:600]).mean() > 0.9
    assert (samples[0] != before).sum() <= 200 * 200
    rate(FACE_BYTES, lambda: _native.redact(planes, FACE, style=style, seeds=seeds))


def test_opencv_gaussian_over_a_face(rate: Timed, samples: list[NDArray[np.uint8]]) -> None:
    cv2 = pytest.importorskip("cv2")
    cv2.setNumThreads(1)
    face, chroma = (slice(400, 600),) * 2, (slice(200, 300),) * 2

    def blur() -> None:
        for plane, part, sigma in zip(samples, (face, chroma, chroma), (33, 16, 16), strict=True):
            plane[part] = cv2.GaussianBlur(plane[part], (0, 0), sigma)

    rate(FACE_BYTES, blur)


def test_residual_of_a_face(rate: Timed, planes: _native.Planes) -> None:
    _native.redact(planes, FACE, style="blur")
    assert _native.residual(planes, FACE, style="blur").tolist() == [0.0]
    rate(FACE_BYTES, lambda: _native.residual(planes, FACE, style="blur"))


def test_digest_of_a_frame(rate: Timed, planes: _native.Planes, samples: list[NDArray[np.uint8]]) -> None:
    expected = hashlib.sha256(b"".join(plane.tobytes() for plane in samples)).digest()
    assert _native.frame_digest(planes) == expected
    rate(FRAME_BYTES, lambda: _native.frame_digest(planes))


def test_hashlib_of_a_frame(rate: Timed, samples: list[NDArray[np.uint8]]) -> None:
    packed = b"".join(plane.tobytes() for plane in samples)
    rate(FRAME_BYTES, lambda: hashlib.sha256(packed).digest())


def opencv_letterbox(
    packed: NDArray[np.uint8], size: tuple[int, int], target: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What everybody writes: the frame to RGB, the area-averaged picture, the padded and transposed floats."""
    import cv2

    scale = min(size[0] / WIDTH, size[1] / HEIGHT)
    rgb = cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420)
    small = cv2.resize(rgb, (round(WIDTH * scale), round(HEIGHT * scale)), interpolation=cv2.INTER_AREA)
    target[0, :, : small.shape[0], : small.shape[1]] = small.transpose(2, 0, 1) * np.float32(1 / 255)
    return target


def test_memset_of_the_tensors(rate: Timed) -> None:
    """No letterbox can be faster."""
    targets = [np.zeros((1, 3, height, width), np.float32) for width, height in DETECTOR_SIZES]
    rate(sum(target.nbytes for target in targets), lambda: filled(targets, 0.5))


@pytest.mark.parametrize("sizes", [DETECTOR_SIZES[:1], DETECTOR_SIZES[1:], DETECTOR_SIZES], ids=str)
def test_letterbox(sizes: tuple[tuple[int, int], ...], rate: Timed) -> None:
    pytest.importorskip("cv2")
    smooth = smooth_picture()
    planes = planes_of(smooth)
    targets = [np.zeros((1, 3, height, width), np.float32) for width, height in sizes]
    options: Any = {"factor": (1 / 255, 1 / 255, 1 / 255), "matrix": "bt601"}
    letterbox = _native.Letterbox(**options)
    letterbox.fill([planes], targets)
    packed = np.concatenate([plane.ravel() for plane in smooth]).reshape(HEIGHT * 3 // 2, WIDTH)
    for target, size in zip(targets, sizes, strict=True):
        theirs = opencv_letterbox(packed, size, np.zeros_like(target))
        assert np.abs(target - theirs).max() < 4 / 255
    moved_bytes = FRAME_BYTES * len(targets) + sum(target.nbytes for target in targets)
    rate(moved_bytes, lambda: letterbox.fill([planes], targets))


@pytest.mark.parametrize("sizes", [DETECTOR_SIZES[:1], DETECTOR_SIZES[1:], DETECTOR_SIZES], ids=str)
def test_packed_letterbox(sizes: tuple[tuple[int, int], ...], rate: Timed) -> None:
    planes, letterbox = planes_of(smooth_picture()), _native.Letterbox(matrix="bt601")
    floats = [np.zeros((1, 3, height, width), np.float32) for width, height in sizes]
    targets = [np.zeros((1, height, width), np.uint32) for width, height in sizes]
    letterbox.fill([planes], [*floats, *targets])
    for target, expected in zip(targets, floats, strict=True):
        pixels = target.view(np.uint8).reshape(*target.shape, 4)[0, ..., :3].transpose(2, 0, 1)
        assert np.abs(pixels - expected[0]).max() < 0.51
    moved_bytes = FRAME_BYTES * len(targets) + sum(target.nbytes for target in targets)
    rate(moved_bytes, lambda: letterbox.fill([planes], targets))


@pytest.mark.parametrize("sizes", [DETECTOR_SIZES[:1], DETECTOR_SIZES[1:], DETECTOR_SIZES], ids=str)
def test_opencv_letterbox(sizes: tuple[tuple[int, int], ...], rate: Timed) -> None:
    cv2 = pytest.importorskip("cv2")
    cv2.setNumThreads(1)
    packed = np.concatenate([plane.ravel() for plane in smooth_picture()]).reshape(HEIGHT * 3 // 2, WIDTH)
    targets = [np.zeros((1, 3, height, width), np.float32) for width, height in sizes]
    size = FRAME_BYTES * len(targets) + sum(target.nbytes for target in targets)
    rate(size, lambda: [opencv_letterbox(packed, *pair) for pair in zip(sizes, targets, strict=True)])


def smooth_picture() -> list[NDArray[np.uint8]]:
    """Slow waves in all planes: two ways of scaling agree on them."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    luma = 125 + 60 * np.sin(x / 90) * np.cos(y / 70)
    blue, red = 128 + 30 * np.sin(x[::2, ::2] / 200), 128 + 30 * np.cos(y[::2, ::2] / 150)
    return [plane.astype(np.uint8) for plane in (luma, blue, red)]


def test_decoding_and_suppression(rate: Timed) -> None:
    rng = np.random.default_rng(0)
    maps = []
    for stride in (8, 16, 32):
        shape = (736 // stride, 1280 // stride)
        maps += [rng.random((1, 2, *shape), np.float32) ** 8, rng.normal(0, 0.3, (1, 4, *shape)).astype(np.float32)]

    def boxes() -> NDArray[np.float32]:
        (found,) = _native.decode_head("bodycam", maps, input_width=1280, input_height=736, thresholds=(0.7, 0.7))
        return _native.suppress(found, iou_limit=0.45)

    assert len(boxes()) > 100
    rate(sum(values.nbytes for values in maps), boxes)
