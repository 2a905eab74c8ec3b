"""How often who looks, where a policy says nothing of it."""

import pytest

from bodycam_pipeline.values.policy import SHIPPED_INTERVALS, SHIPPED_MODELS, DetectionRule, Policy


def test_the_shipped_models_look_as_they_were_measured() -> None:
    assert Policy().detection.every == SHIPPED_INTERVALS
    assert Policy().detection.intervals == ((1, 5), (1, 1))
    assert DetectionRule(models=SHIPPED_MODELS) == DetectionRule()


@pytest.mark.parametrize(
    "said",
    [
        {"models": ("centerface", "detector-v1")},
        {"models": SHIPPED_MODELS[::-1]},
        {"long_sides_px": (640,)},
        {"long_sides_px": (640, 1920)},
        {"every": ()},
    ],
)
def test_whoever_says_something_else_looks_at_every_frame(said: dict[str, object]) -> None:
    rule = DetectionRule.model_validate(said)
    assert {number for row in rule.intervals for number in row} == {1}


def test_other_models_under_the_same_policy_look_at_every_frame() -> None:
    policy = Policy.model_validate({"detection": {"every": [[1, 3], 2], "suspect": 0.5}})
    other = policy.with_models(["detector-v1"])
    assert other.detection.models == ("detector-v1",)
    assert other.detection.intervals == ((1, 1),)
    assert other.detection.suspect == 0.5
    assert policy.with_models(SHIPPED_MODELS).detection.every == SHIPPED_INTERVALS


def test_how_often_and_from_where_on_somebody_suspects_are_part_of_the_digest() -> None:
    rules = [{}, {"every": []}, {"suspect": 0.3}, {"every": [[1, 6], 1]}]
    policies = [Policy.model_validate({"detection": rule}) for rule in rules]
    assert len({policy.detection_sha256 for policy in policies}) == len(policies)
