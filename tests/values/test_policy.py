"""How often the networks look, how much evidence is enough, and which former words are refused."""

import pytest
from pydantic import ValidationError

from bodycam_pipeline.values.errors import PolicyError
from bodycam_pipeline.values.policy import LEAST_EVIDENCE, SHIPPED_DETECTORS, DetectionRule, GateRule, HideRule, Policy

SMALL = {"model": "detector-v1", "long_sides_px": [640]}
CAUTIOUS = {"face": {"reason": "a test", "admission": "cautious"}}


def test_all_models_look_at_every_other_frame_unless_told_otherwise() -> None:
    assert Policy().detection.interval == 2
    assert Policy().detection.detectors == SHIPPED_DETECTORS
    assert DetectionRule.model_validate({"detectors": [SMALL]}).interval == 2


def test_other_models_look_as_often() -> None:
    policy = Policy.model_validate({"detection": {"interval": 3}})
    other = policy.with_models(["detector-v1"])
    assert (other.detection.models, other.detection.interval) == (("detector-v1",), 3)


def test_other_models_look_at_every_scale_of_those_before_them() -> None:
    two = {"detectors": [{"model": "a", "long_sides_px": [1280]}, {"model": "b", "long_sides_px": [320, 640]}]}
    other = Policy.model_validate({"detection": two}).with_models(["detector-v1"])
    assert other.detection.detectors[0].long_sides_px == (320, 640, 1280)
    assert Policy().with_models(["detector-v1"], [960]).detection.detectors[0].long_sides_px == (960,)


@pytest.mark.parametrize(("part", "key"), [("detection", "detectors"), ("gate", "auditors")])
def test_detectors_and_auditors_have_one_shape(part: str, key: str) -> None:
    said = {part: {key: [SMALL, {"model": "detector-l1", "long_sides_px": [320, 960]}]}}
    policy = Policy.model_validate(said)
    assert policy.model_dump(mode="json")[part][key] == said[part][key]
    assert DetectionRule.model_fields["detectors"].annotation == GateRule.model_fields["auditors"].annotation


@pytest.mark.parametrize(("part", "key"), [("detection", "detectors"), ("gate", "auditors")])
def test_a_network_that_is_named_twice_is_refused(part: str, key: str) -> None:
    with pytest.raises(ValidationError, match="detector-v1 is named twice: name it once"):
        Policy.model_validate({part: {key: [SMALL, {**SMALL, "long_sides_px": [1280]}]}})
    with pytest.raises(PolicyError, match="--model detector-v1 --model detector-v1: detector-v1 is named twice"):
        Policy().with_models(["detector-v1", "detector-v1"])


def test_how_often_is_part_of_the_digest() -> None:
    policies = [Policy.model_validate({"detection": rule}) for rule in ({}, {"interval": 1}, {"interval": 3})]
    assert len({policy.detection_sha256 for policy in policies}) == len(policies)
    assert Policy.model_validate({"detection": {"interval": 2}}).detection_sha256 == Policy().detection_sha256


@pytest.mark.parametrize("interval", [0, 11, -1, 1.5])
def test_a_rate_is_a_whole_number_from_one_to_ten(interval: float) -> None:
    with pytest.raises(ValidationError, match=r"detection\.interval"):
        Policy.model_validate({"detection": {"interval": interval}})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"detection": {"every": 2}}, "detection.every is now called detection.interval"),
        ({"detection": {"cut_difference": 9}}, "cut_difference is now called detection.scene_change_difference"),
        ({"detection": {"interval": [2, 1]}}, "detection.interval is one number for all detectors"),
        ({"detection": {"interval": ((1, 5), 1)}}, "detection.interval is one number for all detectors"),
        ({"detection": {"models": ["detector-v1"]}}, "detection.models is gone: write [[detection.detectors]]"),
        ({"detection": {"long_sides_px": [640]}}, "detection.long_sides_px is gone: write [[detection.detectors]]"),
        ({"detection": {"suspect": 0.3}}, "detection.suspect is gone: delete it"),
        ({"detection": {"suppress_iou": 0.5}}, "detection.suppress_iou is gone: delete it"),
        ({"tracking": {"extend_ms": 400}}, "admission = 'cautious', 'balanced' or 'strict' under hide.face"),
        ({"tracking": {}}, "tracking is gone"),
    ],
)
def test_a_former_word_is_refused_with_what_to_write_instead(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Policy.model_validate(given)
    assert said in str(caught.value)


class TestAdmission:
    """How much evidence hides a thing."""

    def test_the_more_cautious_the_less_evidence_is_enough(self) -> None:
        assert LEAST_EVIDENCE["cautious"] < LEAST_EVIDENCE["balanced"] < LEAST_EVIDENCE["strict"]
        rules = {word: HideRule(reason="a test", admission=word) for word in LEAST_EVIDENCE}
        assert {word: rule.least_evidence for word, rule in rules.items()} == LEAST_EVIDENCE
        assert HideRule(reason="a test").admission == "balanced"

    def test_whoever_is_cautious_looks_at_every_frame(self) -> None:
        assert Policy.model_validate({"hide": CAUTIOUS}).detection.interval == 1
        assert not Policy.model_validate({"hide": CAUTIOUS}).detection.thin_out
        assert Policy.model_validate({"hide": CAUTIOUS, "detection": {"detectors": [SMALL]}}).detection.interval == 1

    def test_one_cautious_kind_is_enough(self) -> None:
        hide = {**CAUTIOUS, "plate": {"reason": "a test", "admission": "strict"}}
        assert Policy.model_validate({"hide": hide}).detection.interval == 1

    def test_whoever_says_how_often_is_heard(self) -> None:
        assert Policy.model_validate({"hide": CAUTIOUS, "detection": {"interval": 4}}).detection.interval == 4
        assert Policy.model_validate({"hide": CAUTIOUS, "detection": {"thin_out": True}}).detection.thin_out
        assert Policy.model_validate({"hide": CAUTIOUS, "detection": DetectionRule(interval=2)}).detection.interval == 2

    def test_rules_made_in_code_say_the_same_as_written_ones(self) -> None:
        made = Policy(hide={"face": HideRule(reason="a test", admission="cautious")}, detection=DetectionRule())
        assert (made.detection.interval, made.detection.thin_out) == (1, False)
        assert made.sha256 == Policy.model_validate({"hide": CAUTIOUS}).sha256

    @pytest.mark.parametrize("admission", ["balanced", "strict"])
    def test_the_others_look_at_every_other_frame(self, admission: str) -> None:
        assert (
            Policy.model_validate({"hide": {"face": {"reason": "a", "admission": admission}}}).detection.interval == 2
        )

    def test_a_part_that_is_no_table_stays_refused(self) -> None:
        for wrong in ({"hide": 5}, {"hide": "face"}, {"hide": CAUTIOUS, "detection": 0}, {"detection": 0}):
            with pytest.raises(ValidationError):
                Policy.model_validate(wrong)


class TestStyles:
    """What is painted over a kind."""

    def test_a_kind_is_painted_as_all_are_unless_it_has_a_style_of_its_own(self) -> None:
        policy = with_styles({"face": None, "plate": "fill", "screen": "blur"})
        assert [policy.hiding.style_of(kind) for kind in ("face", "plate", "screen")] == ["blur", "fill", "blur"]
        assert policy.own_styles == {"plate": "fill"}

    def test_the_digest_is_over_styles_that_differ_from_the_usual_one_alone(self) -> None:
        none = with_styles({"face": None})
        assert none.sha256 == with_styles({"face": "blur"}).sha256
        digests = {with_styles({"face": style}).sha256 for style in ("blur", "fill", "mosaic")}
        assert len({none.sha256, *digests}) == 3
        assert "style" in none.model_dump()["hide"]["face"], "no digest is over what is not said"

    def test_what_was_released_before_kinds_had_styles_is_known_as_its_policy_s_work(self) -> None:
        assert with_styles({"face": None}).sha256 == "9e8d585c601eb4aecdf40cf66a4d9ad9e3476696f25e4a02627659145a01bf71"

    def test_codes_need_a_style_on_which_they_can_be_read(self) -> None:
        plain = {"redaction": {"style": "fill", "codes": True}}
        assert with_styles({"face": "fill"}, **plain).drawn_codes == {"face": "7"}
        with pytest.raises(ValidationError, match=r"needs hide\.face\.style = 'fill': on 'mosaic'"):
            with_styles({"face": "mosaic"}, **plain)

    def test_a_style_that_reads_what_it_hides_is_for_working_copies(self) -> None:
        with pytest.raises(ValidationError, match=r"hide\.face\.style 'gaussian' reads the pixels it hides"):
            with_styles({"face": "gaussian"})
        assert with_styles({"face": "gaussian"}, purpose="internal").own_styles == {"face": "gaussian"}


def with_styles(styles: dict[str, str | None], **parts: object) -> Policy:
    hide = {kind: {"reason": "a test", "code": "7", "style": style} for kind, style in styles.items()}
    return Policy.model_validate({"hide": hide, **parts})
