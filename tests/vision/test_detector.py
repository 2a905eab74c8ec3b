"""What a detector sees: the right boxes in the upright frame, however the frame is coded and at whatever size."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline._native import Planes
from bodycam_pipeline.following.observations import observed
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.evidence import worth_of
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.registry import find_model
from tests.vision.graphs import bright_spots, saved, taking_bytes
from tests.vision.pictures import facts, frame, portrait

SIZE = (640, 360)


@pytest.fixture(scope="module")
def centerface() -> Model:
    return find_model("centerface")


def looking(*models: Model, scales: Sequence[int] = (640,), enlarge: bool = False) -> list[Looking]:
    lowest = worth_of(models).lowest
    return [Looking(model, tuple(scales), limits, enlarge) for model, limits in zip(models, lowest, strict=True)]


def look(model: Model, picture: Planes, video: VideoFacts, scales: Sequence[int] = (640,)) -> list[Detection]:
    return Detector(looking(model, scales=scales), video).look(picture)


def faces(found: Sequence[Detection], model: Model) -> list[Detection]:
    """The faces of which a network is sure."""
    return [each for each in found if each.kind == "face" and each.score >= model.kinds["face"].high]


def close(found: Sequence[Detection], expected: Box, iou: float = 0.6) -> bool:
    return len(found) == 1 and found[0].box.iou(expected) >= iou


@pytest.mark.parametrize("face_px", [24, 40, 90, 200])
def test_a_face_is_found_at_every_size(centerface: Model, face_px: int) -> None:
    picture, box = portrait(SIZE, (300, 180), face_px)
    found = faces(look(centerface, frame(picture), facts(*SIZE)), centerface)
    assert close(found, box)
    assert found[0].network == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_upright_box_is_the_same_in_all_eight_orientations(centerface: Model, orientation: int) -> None:
    picture, box = portrait(SIZE, (210, 130), 70)
    coded = SIZE if orientation < 5 else SIZE[::-1]
    found = look(centerface, frame(picture, orientation), facts(*coded, orientation=orientation))
    assert close(faces(found, centerface), box, 0.75)


def test_full_range_frames_look_like_limited_ones(centerface: Model) -> None:
    picture, _ = portrait(SIZE, (210, 130), 70)
    limited = faces(look(centerface, frame(picture), facts(*SIZE)), centerface)[0]
    full = look(centerface, frame(picture, full_range=True), facts(*SIZE, full_range=True))
    full = faces(full, centerface)[0]
    assert full.box.iou(limited.box) > 0.95
    assert full.score == pytest.approx(limited.score, abs=0.03)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1001, 563)])
def test_two_scales_of_one_face_are_two_boxes_and_one_observation(centerface: Model, size: tuple[int, int]) -> None:
    picture, box = portrait(size, (size[0] * 0.4, size[1] * 0.45), 120)
    detector = Detector(looking(centerface, scales=(640, 1280)), facts(*size))
    found = faces(detector.look(frame(picture)), centerface)
    assert len(found) == 2
    assert all(close([each], box) for each in found)
    (one,) = observed(found, worth_of([centerface]).evidence, 1, detector.finest)
    assert one.box.iou(box) >= 0.6
    assert one.scores == (max(each.score for each in found),)


def test_a_face_too_small_for_one_scale_is_found_at_the_other(centerface: Model) -> None:
    picture, box = portrait((1280, 720), (500, 300), 20)
    assert not faces(look(centerface, frame(picture), facts(1280, 720), (320,)), centerface)
    found = look(centerface, frame(picture), facts(1280, 720), (320, 1280))
    assert close(faces(found, centerface), box, 0.5)


def test_boxes_end_where_the_picture_ends(centerface: Model) -> None:
    picture, _ = portrait(SIZE, (8, 352), 110)
    found = look(centerface, frame(picture), facts(*SIZE))
    assert found
    for each in found:
        assert 0 <= each.box.left < each.box.right <= SIZE[0]
        assert 0 <= each.box.top < each.box.bottom <= SIZE[1]


def test_nothing_is_kept_from_one_frame_to_the_next(centerface: Model) -> None:
    pictures = [frame(portrait(SIZE, (150 + 40 * n, 150), 60)[0]) for n in range(3)]
    models = looking(centerface, find_model("detector-v1-int8"))
    one = Detector(models, facts(*SIZE))
    assert [one.look(each) for each in pictures] == [Detector(models, facts(*SIZE)).look(each) for each in pictures]


def test_each_box_says_which_network_saw_it(centerface: Model) -> None:
    picture, models = frame(portrait(SIZE, (150, 150), 60)[0]), [find_model("detector-v1"), centerface]
    both = looking(*models)
    together = Detector(both, facts(*SIZE)).look(picture)
    for number, one in enumerate(both):
        alone = Detector([one], facts(*SIZE)).look(picture)
        assert alone
        assert [replace(each, network=0) for each in together if each.network == number] == alone


def test_nothing_below_what_is_worth_anything_is_told_nor_a_kind_that_a_network_is_not_trusted_with() -> None:
    model = find_model("detector-v1")
    picture = frame(portrait(SIZE, (300, 180), 150)[0])
    seen = Detector([Looking(model, (640,), {"face": 0.05})], facts(*SIZE)).look(picture)
    assert {each.kind for each in seen} == {"face"}
    surest = max(each.score for each in seen)
    fewer = Detector([Looking(model, (640,), {"face": surest - 0.001})], facts(*SIZE)).look(picture)
    assert [each.score for each in fewer] == [surest]
    assert Detector([Looking(model, (640,), {})], facts(*SIZE)).look(picture) == []


def test_a_network_without_a_table_is_listened_to_from_its_floor_on(centerface: Model) -> None:
    worth = worth_of([centerface])
    assert worth.lowest == ({"face": centerface.kinds["face"].low},)
    found = look(centerface, frame(portrait(SIZE, (300, 180), 150)[0]), facts(*SIZE))
    assert all(each.score >= centerface.kinds["face"].low for each in found)


def flat(luma: int, size: tuple[int, int] = SIZE) -> Planes:
    return frame(Image.new("RGB", size, (luma, luma, luma)))


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model that costs nothing."""
    return find_model(str(saved(bright_spots(), tmp_path_factory.mktemp("models") / "quick.onnx")))


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (17, 33), (640, 2)])
def test_tiny_and_odd_pictures_are_looked_at(quick: Model, size: tuple[int, int]) -> None:
    seen = look(quick, flat(128, size), facts(*size))
    assert all(each.box.right <= size[0] and each.box.bottom <= size[1] for each in seen)


@pytest.mark.parametrize(
    ("scales", "enlarge", "finest"),
    [
        ((640,), False, 0.5),
        ((320, 640), False, 0.5),
        ((640, 1280), False, 1.0),
        ((1920,), False, 1.0),
        ((1920,), True, 1.5),
    ],
)
def test_the_finest_tensor_is_told_beside_the_picture(
    quick: Model, scales: tuple[int, ...], enlarge: bool, finest: float
) -> None:
    detector = Detector(looking(quick, scales=scales, enlarge=enlarge), facts(1280, 704))
    assert detector.finest == finest
    assert Detector(looking(quick, scales=scales, enlarge=enlarge), facts(704, 1280)).finest == finest


def test_a_scale_larger_than_the_picture_is_looked_at_where_that_is_wanted(quick: Model) -> None:
    for enlarge, expected in ((False, {(1, 3, 96, 160)}), (True, {(1, 3, 192, 320)})):
        detector = Detector(looking(quick, scales=(320,), enlarge=enlarge), facts(160, 96))
        (tensors,) = detector._conventions.values()
        assert {each.shape for each in tensors._tensors} == expected


def test_networks_that_take_the_same_pictures_share_their_tensors(quick: Model, tmp_path: Path) -> None:
    bytes_of = find_model(str(saved(taking_bytes(bright_spots()), tmp_path / "bytes.onnx")))
    both = [Looking(quick, (320, 640), {"face": 0.5}), Looking(quick, (640,), {"face": 0.5})]
    (shared,) = Detector(both, facts(*SIZE))._conventions.values()
    assert len(shared._tensors) == 2
    assert len(Detector(looking(quick, bytes_of), facts(*SIZE))._conventions) == 2


def test_bytes_and_floats_of_one_network_see_the_same(tmp_path: Path) -> None:
    models = [
        find_model(str(saved(model, tmp_path / f"{number}.onnx")))
        for number, model in enumerate((bright_spots(), taking_bytes(bright_spots())))
    ]
    picture = frame(portrait(SIZE, (300, 180), 90)[0])
    apart = [look(model, picture, facts(*SIZE)) for model in models]
    assert apart[0][0].kind == apart[1][0].kind
    assert apart[0][0].box.iou(apart[1][0].box) > 0.98
    assert apart[0][0].score == pytest.approx(apart[1][0].score, abs=0.01)
    together = Detector(looking(*models), facts(*SIZE)).look(picture)
    assert {each.network for each in together} == {0, 1}


def test_boxes_of_one_network_that_overlap_are_one_and_those_of_two_are_not(quick: Model) -> None:
    """Cells are told apart by a stride of 8, and boxes reach four cells."""
    white = np.zeros((*SIZE[::-1], 3), np.uint8)
    white[160:192, 320:352] = 255
    one = Detector([Looking(quick, (640,), {"face": 0.7})], facts(*SIZE)).look(frame(white))
    two = Detector([Looking(quick, (640,), {"face": 0.7})] * 2, facts(*SIZE)).look(frame(white))
    assert one
    assert all(a.box.iou(b.box) <= 0.5 for a in one for b in one if a is not b)
    assert two == one + [replace(each, network=1) for each in one]
