"""What a detector sees: the right boxes in the upright picture, however the frame is coded and at whatever size."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bodycam_pipeline.vision.details import Detail
from bodycam_pipeline.vision.sightings import Sighting, Trusted, rank
from PIL import Image
from pydantic import ValidationError

from bodycam_pipeline._native import Planes
from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Model, Thresholds
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.values.recording import VideoFacts
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.session import Tensor
from tests.vision.graphs import bright_spots, saved, taking_bytes
from tests.vision.pictures import facts, frame, portrait

SIZE = (640, 360)
ONE_SCALE = DetectionRule(long_sides_px=(640,))


@pytest.fixture(scope="module")
def centerface() -> Model:
    return find_model("centerface")


def look(model: Model, picture: Planes, video: VideoFacts, rule: DetectionRule = ONE_SCALE) -> Look:
    return Detector([model], rule, video).look([(0, picture)])[0]


def faces(found: Look) -> list[Detection]:
    return [each for each in found.detections if each.kind == "face" and each.confident]


def close(found: Sequence[Detection], expected: Box, iou: float = 0.6) -> bool:
    return len(found) == 1 and found[0].box.iou(expected) >= iou


@pytest.mark.parametrize("face_px", [24, 40, 90, 200])
def test_a_face_is_found_at_every_size(centerface: Model, face_px: int) -> None:
    picture, box = portrait(SIZE, (300, 180), face_px)
    found = faces(look(centerface, frame(picture), facts(*SIZE)))
    assert close(found, box)
    assert found[0].model == "centerface"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_upright_box_is_the_same_in_all_eight_orientations(centerface: Model, orientation: int) -> None:
    picture, box = portrait(SIZE, (210, 130), 70)
    coded = SIZE if orientation < 5 else SIZE[::-1]
    found = look(centerface, frame(picture, orientation), facts(*coded, orientation=orientation))
    assert close(faces(found), box, 0.75)


def test_full_range_frames_look_like_limited_ones(centerface: Model) -> None:
    picture, _ = portrait(SIZE, (210, 130), 70)
    limited = faces(look(centerface, frame(picture), facts(*SIZE)))[0]
    full = faces(look(centerface, frame(picture, full_range=True), facts(*SIZE, full_range=True)))[0]
    assert full.box.iou(limited.box) > 0.95
    assert full.score == pytest.approx(limited.score, abs=0.03)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1001, 563)])
def test_two_scales_of_one_face_are_one_box(centerface: Model, size: tuple[int, int]) -> None:
    picture, box = portrait(size, (size[0] * 0.4, size[1] * 0.45), 120)
    rule = DetectionRule(models=("centerface",), long_sides_px=(640, 1280))
    assert close(faces(look(centerface, frame(picture), facts(*size), rule)), box)


def test_a_face_too_small_for_one_scale_is_found_at_the_other(centerface: Model) -> None:
    picture, box = portrait((1280, 720), (500, 300), 20)
    found = look(centerface, frame(picture), facts(1280, 720), DetectionRule(long_sides_px=(320, 1280)))
    assert close(faces(found), box, 0.5)


def test_boxes_end_where_the_picture_ends(centerface: Model) -> None:
    picture, _ = portrait(SIZE, (8, 352), 110)
    found = look(centerface, frame(picture), facts(*SIZE)).detections
    assert found
    for each in found:
        assert 0 <= each.box.left < each.box.right <= SIZE[0]
        assert 0 <= each.box.top < each.box.bottom <= SIZE[1]


def test_one_frame_at_a_time_or_many_give_the_same_looks(centerface: Model) -> None:
    coded = [(n * 7, frame(portrait(SIZE, (150 + 40 * n, 150), 60)[0])) for n in range(4)]
    models = [centerface, find_model("detector-v0")]
    together = Detector(models, ONE_SCALE, facts(*SIZE)).look(coded)
    one_by_one = Detector(models, ONE_SCALE, facts(*SIZE))
    assert together == [look for each in coded for look in one_by_one.look([each])]
    assert [look.pts for look in together] == [0, 7, 14, 21]


def test_the_order_of_the_models_does_not_matter(centerface: Model) -> None:
    coded = [(0, frame(portrait(SIZE, (150, 150), 60)[0]))]
    models = [centerface, find_model("detector-v0")]
    assert Detector(models, ONE_SCALE, facts(*SIZE)).look(coded) == (
        Detector(models[::-1], ONE_SCALE, facts(*SIZE)).look(coded)
    )


def test_nothing_below_the_floor_is_told_and_nothing_below_the_start_is_confident() -> None:
    model = find_model("detector-v0")
    limits = model.kinds["plate"]
    picture = np.asarray(portrait(SIZE, (300, 180), 150)[0]).repeat(1, axis=0)
    found = look(model, frame(picture), facts(*SIZE)).detections
    assert all(each.score >= limits.floor for each in found)
    assert all(each.confident == (each.score >= limits.start) for each in found)
    assert {each.kind for each in found} <= {"plate"}, "a kind that the model is not trusted with"


def flat(luma: int) -> Planes:
    return frame(Image.new("RGB", SIZE, (luma, luma, luma)))


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A model that costs nothing."""
    return find_model(str(saved(bright_spots(), tmp_path_factory.mktemp("models") / "quick.onnx")))


def test_a_cut_is_a_great_change_and_never_the_first_frame(quick: Model) -> None:
    detector = Detector([quick], DetectionRule(long_sides_px=(640,), cut_difference=48), facts(*SIZE))
    first = detector.look([(0, flat(200)), (1, flat(190)), (2, flat(100))])
    then = detector.look([(3, flat(100)), (4, flat(200))])
    assert [each.cut for each in first + then] == [False, False, True, False, True]


def test_motion_is_measured_between_frames_of_one_scene_in_pixels_of_the_picture(quick: Model) -> None:
    detector = Detector([quick], ONE_SCALE, facts(*SIZE), motion=lambda _before, _now: (0.5, -0.25))
    looks = detector.look([(0, flat(200)), (1, flat(190)), (2, flat(100))])
    assert [each.shift for each in looks] == [None, (320.0, -90.0), None]


def test_without_a_measure_of_motion_none_is_told(quick: Model) -> None:
    looks = Detector([quick], ONE_SCALE, facts(*SIZE)).look([(0, flat(90)), (1, flat(90))])
    assert [each.shift for each in looks] == [None, None]


def test_no_frames_give_no_looks(quick: Model) -> None:
    assert Detector([quick], ONE_SCALE, facts(*SIZE)).look([]) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (17, 33), (640, 2)])
def test_tiny_and_odd_pictures_are_looked_at(quick: Model, size: tuple[int, int]) -> None:
    grey = Image.new("RGB", size, (128, 128, 128))
    looks = Detector([quick], ONE_SCALE, facts(*size)).look([(0, frame(grey))])
    assert all(box.right <= size[0] and box.bottom <= size[1] for box in (d.box for d in looks[0].detections))


def test_scores_of_two_models_are_compared_by_their_thresholds() -> None:
    cautious, bold = Thresholds(start=0.7, floor=0.3), Thresholds(start=0.3, floor=0.1)
    assert rank(0.65, cautious) < rank(0.31, bold)
    assert rank(0.7, cautious) == pytest.approx(0.5)
    assert rank(1.0, bold) == pytest.approx(1)


def test_bytes_and_floats_of_one_network_see_the_same(tmp_path: Path) -> None:
    models = [
        find_model(str(saved(model, tmp_path / f"{number}.onnx")))
        for number, model in enumerate((bright_spots(), taking_bytes(bright_spots())))
    ]
    picture = frame(portrait(SIZE, (300, 180), 90)[0])
    apart = [Detector([model], ONE_SCALE, facts(*SIZE)).look([(0, picture)])[0].detections for model in models]
    assert apart[0][0].kind == apart[1][0].kind
    assert apart[0][0].box.iou(apart[1][0].box) > 0.98
    assert apart[0][0].score == pytest.approx(apart[1][0].score, abs=0.01)
    together = Detector(models, ONE_SCALE, facts(*SIZE))
    assert len(together._groups) == 2
    assert together.look([(0, picture)])[0].detections


class TestLookingLessOften:
    """``every``: one model sees every frame, another only some of them."""

    def seen_in(self, pictures: Sequence[Planes], every: tuple[int, ...], centerface: Model) -> list[bool]:
        blind = replace(find_model("detector-v0"), kinds={})  # looks, and is trusted with nothing
        rule = DetectionRule(models=("centerface", "detector-v0"), long_sides_px=(640,), every=every, suspect=1)
        looks = Detector([centerface, blind], rule, facts(*SIZE)).look(list(enumerate(pictures)))
        return [bool(faces(found)) for found in looks]

    def test_a_model_looks_at_the_first_frame_and_then_at_every_so_many(self, centerface: Model) -> None:
        pictures = [frame(portrait(SIZE, (300, 180), 90)[0])] * 5
        assert self.seen_in(pictures, (2, 1), centerface) == [True, False, True, False, True]
        assert self.seen_in(pictures, (), centerface) == [True] * 5

    def test_after_a_cut_all_look_again(self, centerface: Model) -> None:
        there = frame(portrait(SIZE, (300, 180), 90)[0])
        dark = frame(Image.new("RGB", SIZE))
        assert self.seen_in([dark, there, there, there], (3, 1), centerface) == [False, True, False, False]

    @pytest.mark.parametrize("every", [(1,), (2, 2), (0, 1), (1, 1, 1)])
    def test_some_model_has_to_see_every_frame(self, every: tuple[int, ...]) -> None:
        with pytest.raises(ValidationError):
            DetectionRule(models=("centerface", "detector-v0"), every=every)

    def test_a_scale_may_be_looked_at_less_often_and_again_after_a_cut(self, centerface: Model) -> None:
        tiny, dark = frame(portrait((1280, 720), (500, 300), 20)[0]), frame(Image.new("RGB", (1280, 720)))
        rule = DetectionRule(models=("centerface",), long_sides_px=(320, 1280), every=((1, 2),), suspect=1)
        looks = Detector([centerface], rule, facts(1280, 720)).look(list(enumerate([tiny, tiny, tiny, dark, tiny])))
        assert [bool(faces(found)) for found in looks] == [True, False, True, False, True]

    def test_a_model_may_leave_a_scale_to_the_others(self, centerface: Model) -> None:
        tiny = [frame(portrait((1280, 720), (500, 300), 20)[0])] * 2
        blind, found = replace(find_model("detector-v1"), kinds={}), []
        for every in ((), ((1, 0), 1), ((0, 1), 1)):
            rule = DetectionRule(models=("centerface", "detector-v1"), long_sides_px=(320, 1280), every=every)
            looks = Detector([centerface, blind], rule, facts(1280, 720)).look(list(enumerate(tiny)))
            found.append([bool(faces(look)) for look in looks])
        assert found == [[True, True], [False, False], [True, True]]

    def test_a_scale_of_nobody_takes_no_tensor(self, centerface: Model) -> None:
        rule = DetectionRule(models=("centerface",), long_sides_px=(320, 1280), every=((1, 0),))
        (group,) = Detector([centerface], rule, facts(1280, 720))._groups
        assert [tensor.shape for tensor in group._tensors] == [(1, 3, 192, 320)]

    def test_scales_that_a_small_picture_makes_one_are_looked_at_as_often_as_either(self, centerface: Model) -> None:
        there = frame(portrait(SIZE, (300, 180), 90)[0])
        rule = DetectionRule(models=("centerface",), long_sides_px=(1280, 640), every=((3, 1),))
        looks = Detector([centerface], rule, facts(*SIZE)).look([(0, there), (1, there)])
        assert all(faces(found) for found in looks)

    @pytest.mark.parametrize("every", [((1,), 1), (2, (3, 2)), (1, (1, 1, 1)), (1, (1, 11)), (1, (0, 0)), ((0, 2), 2)])
    def test_an_entry_is_a_number_or_one_for_each_scale(self, every: tuple[int | tuple[int, ...], ...]) -> None:
        with pytest.raises(ValidationError):
            DetectionRule(models=("centerface", "detector-v0"), long_sides_px=(640, 1280), every=every)

    def test_two_models_may_look_at_scales_of_their_own_rates(self, centerface: Model) -> None:
        both = ("centerface", "detector-v1")
        rule = DetectionRule(models=both, long_sides_px=(320, 1280), every=((1, 3), 1), suspect=1)
        assert rule.intervals == ((1, 3), (1, 1))
        tiny = frame(portrait((1280, 720), (500, 300), 20)[0])
        blind = replace(find_model("detector-v1"), kinds={})
        looks = Detector([centerface, blind], rule, facts(1280, 720)).look(list(enumerate([tiny] * 4)))
        assert [bool(faces(found)) for found in looks] == [True, False, False, True]


class TestLookingCloser:
    """``suspect``: in a frame that is not its own, a model still looks around what is suspected."""

    def looks(self, pictures: Sequence[Planes], models: Sequence[Model], **options: Any) -> list[Look]:
        shared: dict[str, Any] = {"long_sides_px": (320, 1280), "every": ((1, 4), 1), "cut_difference": 255}
        rule = DetectionRule(models=("a", "b"), **shared, **options)
        return Detector(models, rule, facts(1280, 720)).look(list(enumerate(pictures)))

    def test_what_was_found_in_the_frame_before_is_looked_at_again(self, centerface: Model) -> None:
        tiny, blind = frame(portrait((1280, 720), (500, 300), 20)[0]), replace(find_model("detector-v1"), kinds={})
        assert [bool(faces(look)) for look in self.looks([tiny] * 4, [centerface, blind])] == [True] * 4
        gone = self.looks([tiny] * 4, [centerface, blind], suspect=1)
        assert [bool(faces(look)) for look in gone] == [True, False, False, False]

    def test_what_another_suspects_is_looked_at(self, centerface: Model) -> None:
        tiny, nobody = frame(portrait((1280, 720), (500, 300), 20)[0]), frame(Image.new("RGB", (1280, 720), (90,) * 3))
        timid = replace(find_model("detector-v1"), kinds={"face": Thresholds(start=0.999, floor=0.998)})
        there = [nobody, tiny, tiny]
        assert [bool(faces(look)) for look in self.looks(there, [centerface, timid])] == [False, True, True]
        assert not any(faces(look) for look in self.looks(there, [centerface, timid], suspect=0.95))

    def test_a_suspicion_is_no_detection(self) -> None:
        tiny = frame(portrait((1280, 720), (500, 300), 20)[0])
        timid = replace(find_model("detector-v1"), kinds={"face": Thresholds(start=0.999, floor=0.998)})
        blind = replace(find_model("centerface"), kinds={})
        assert not any(look.detections for look in self.looks([tiny] * 3, [blind, timid], suspect=0.01))

    def test_where_nothing_is_suspected_nobody_looks(self, centerface: Model, monkeypatch: pytest.MonkeyPatch) -> None:
        details: list[object] = []
        inner = Trusted.sightings

        def noted(self: Trusted, tensor: Tensor, scale: float, detail: Detail | None = None) -> Iterator[Sighting]:
            details.append(detail)
            return inner(self, tensor, scale, detail)

        monkeypatch.setattr(Trusted, "sightings", noted)
        empty = [frame(Image.new("RGB", (1280, 720), (90, 90, 90)))] * 3
        self.looks(empty, [centerface, find_model("detector-v1")])
        assert details == [None] * (4 + 3 + 3)

    def test_boxes_from_a_detail_stand_where_they_do_in_the_picture(self, centerface: Model) -> None:
        blind = replace(find_model("detector-v1"), kinds={})
        for centre in ((60, 60), (1200, 660), (640, 360)):
            tiny = frame(portrait((1280, 720), centre, 24)[0])
            whole, detail = (faces(look)[0].box for look in self.looks([tiny] * 2, [centerface, blind]))
            assert whole.iou(detail) > 0.8

    def test_what_is_large_here_and_tiny_at_the_scale_below_is_looked_at(self, centerface: Model) -> None:
        blind, face = replace(find_model("detector-v1"), kinds={}), frame(portrait((1280, 720), (500, 300), 100)[0])
        rule = DetectionRule(models=("a", "b"), long_sides_px=(64, 1280), every=((1, 4), 1), cut_difference=255)
        looks = Detector([centerface, blind], rule, facts(1280, 720)).look([(0, face), (1, face)])
        assert [bool(faces(look)) for look in looks] == [True, True]
