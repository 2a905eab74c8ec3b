"""The curve of admissions, for one kind at a time."""

from dataclasses import replace
from fractions import Fraction

from bodycam_pipeline.values.geometry import Box, Orientation
from bodycam_pipeline.values.policy import LEAST_EVIDENCE
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import TrueBox, Truth
from research.curve import Point, curve, draw, of_kind

LEAST = LEAST_EVIDENCE["balanced"]
FACE = TrueBox(0, 1, "must", "face", Box(0, 0, 10, 10))
HEAD = TrueBox(0, 2, "must", "head_from_behind", Box(20, 0, 30, 10))
PLATE = TrueBox(0, 3, "must", "plate", Box(40, 0, 60, 10))
TRUTH = Truth(100, 50, Orientation.UPRIGHT, Fraction(1, 30), (0,), 1, 0, 0, (FACE, HEAD, PLATE))


def test_what_is_of_another_kind_need_not_be_hidden() -> None:
    assert of_kind(TRUTH, "plate").boxes == (replace(FACE, flag="may"), replace(HEAD, flag="may"), PLATE)
    assert of_kind(TRUTH, "face").boxes == (FACE, HEAD, replace(PLATE, flag="may"))


def test_a_point_is_the_share_of_boxes_and_of_the_picture() -> None:
    (point,) = curve([LEAST], lambda _: Score(frames=10, must=4, must_hidden=3, excess=0.5))
    assert point == Point(LEAST, 0.75, 0.05)
    assert point.word == "balanced"


def test_the_picture_has_a_panel_a_kind_and_a_dot_a_point(tmp_path) -> None:
    points = [Point(-3.0, 1.0, 0.02), Point(0.0, 0.9, 0.005)]
    draw({"face": points, "plate": points}, tmp_path / "curve.svg")
    svg = (tmp_path / "curve.svg").read_text()
    assert svg.count("<g ") == 2
    assert svg.count("<circle ") == 4
    assert ">+0 strict</text>" in svg
