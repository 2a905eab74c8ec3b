"""Light for the networks: dark frames are brightened, others are not touched, and what is bright stays readable."""

import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.darkness import DARK, STEEPEST, brighten, steepness_of
from bodycam_pipeline.vision.registry import find_model
from tests.vision.pictures import facts, frame, portrait
from tests.vision.test_detector import SIZE, close, faces, look

AS_BYTES = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def packed(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """A tensor of grey pixels, (rows, columns) at its top left."""
    tensor = np.zeros((1, height, width, 4), np.uint8)
    tensor[0, : values.shape[0], : values.shape[1], :3] = values[..., None]
    return tensor.view(np.uint32)[..., 0]


@pytest.fixture(params=["centerface-int8", "detector-v1-int8", "centerface"])
def model(request: pytest.FixtureRequest) -> Model:
    return find_model(request.param)


def test_a_face_in_the_dark_is_seen(model: Model) -> None:
    picture, box = portrait(SIZE, (300, 180), 90)
    dark = Image.eval(picture, lambda value: value // 24)
    found = faces(look(model, frame(dark), facts(*SIZE)), model)
    assert close(found, box)


def test_frames_with_light_are_not_touched() -> None:
    draw = np.random.default_rng(1)
    tensor = packed(draw.integers(0, 256, (64, 96), dtype=np.uint8), 64, 96)
    before = tensor.copy()
    brighten([tensor], [(64, 96)], *AS_BYTES)
    assert (tensor == before).all()


def test_the_darkest_frames_are_brightened_least_near_white() -> None:
    values = np.full((64, 96), 10, np.uint8)
    values[10:12, 10:20] = 200  # a lamp
    tensor = packed(values, 64, 128)
    brighten([tensor], [(64, 96)], *AS_BYTES)
    seen = tensor.view(np.uint8).reshape(64, 128, 4)
    assert seen[0, 0, 0] == round(STEEPEST * 10 / (1 + (STEEPEST - 1) * 10 / 255))
    assert 200 < seen[10, 10, 0] < 255
    assert (seen[:, 96:] == 0).all()
    assert (seen[..., 3] == 0).all()


def test_bytes_and_floats_are_brightened_alike() -> None:
    draw = np.random.default_rng(2)
    values = draw.integers(0, 60, (64, 96), dtype=np.uint8)
    mean, factor = (104.0, 117.0, 123.0), (0.5, 1.0, 0.017)
    floats = (np.repeat(values[None], 3, axis=0).astype(np.float32) - np.array(mean)[:, None, None]) * np.array(factor)[
        :, None, None
    ]
    floats = np.ascontiguousarray(floats[None], np.float32)
    tensor = packed(values, 64, 96)
    brighten([tensor], [(64, 96)], *AS_BYTES)
    brighten([floats], [(64, 96)], mean, factor)
    back = floats[0] / np.array(factor, np.float32)[:, None, None] + np.array(mean, np.float32)[:, None, None]
    assert np.abs(back[1] - tensor.view(np.uint8).reshape(64, 96, 4)[..., 1]).max() <= 0.51


def test_how_much_depends_on_all_but_the_brightest_hundredth() -> None:
    green = np.full(1000, 40, np.uint8)
    green[:9] = 255
    assert steepness_of(green) == DARK / 40
    green[:20] = 255
    assert steepness_of(green) == 1.0
    assert steepness_of(np.zeros(1000, np.uint8)) == STEEPEST
