"""What computes a network is what was asked for, or an error: never another one in silence."""

from pathlib import Path

import onnxruntime
import pytest

from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.errors import MissingProviderError, PolicyError
from bodycam_pipeline.values.policy import DetectionRule, Policy
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.providers import PROVIDERS, check_provider, installed_providers
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.session import open_network
from tests.clips import clip
from tests.vision.graphs import bright_spots, saved
from tests.vision.pictures import facts

ABSENT = next(provider for provider in PROVIDERS if provider not in installed_providers())


def test_the_processor_is_always_there_and_the_default() -> None:
    assert "cpu" in installed_providers()
    assert Policy().detection.provider == "cpu"
    check_provider("cpu")


def test_every_provider_is_one_that_the_runtime_knows() -> None:
    assert set(PROVIDERS.values()) <= set(onnxruntime.get_all_providers())


def test_one_that_is_not_installed_is_refused_by_name_before_a_frame_is_decoded(tmp_path: Path) -> None:
    model = find_model(str(saved(bright_spots(), tmp_path / "m.onnx")))
    rule = DetectionRule(provider=ABSENT)
    with pytest.raises(MissingProviderError, match=f"'{ABSENT}' is not installed"):
        open_network(model, ABSENT)
    with pytest.raises(MissingProviderError, match=ABSENT):
        Detector([Looking(model, (64,), {})], facts(64, 64), ABSENT)
    order = Order(str(clip(tmp_path / "clip.mp4")), tmp_path / "out", Policy(detection=rule))
    with LocalRunner(1) as runner, pytest.raises(MissingProviderError, match=r"there is .*cpu"):
        redact(order, runner)
    assert not (tmp_path / "out").exists()


def test_one_that_is_installed_and_fails_to_start_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    model = find_model(str(saved(bright_spots(), tmp_path / "m.onnx")))
    with pytest.raises(MissingProviderError, match=f"'{ABSENT}' is installed but does not start"):
        open_network(model, ABSENT)


def test_a_runtime_that_falls_back_in_silence_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does so where a provider's library is there and its driver is not."""
    real = onnxruntime.InferenceSession

    def falls_back(content: bytes, options: object, providers: list[str]) -> object:
        return real(content, options, providers=providers[-1:])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "InferenceSession", falls_back)
    model = find_model(str(saved(bright_spots(), tmp_path / "m.onnx")))
    with pytest.raises(MissingProviderError, match=f"'{ABSENT}' is installed but does not start"):
        open_network(model, ABSENT)


def test_the_provider_is_part_of_what_detections_depend_on() -> None:
    policies = [Policy(detection=DetectionRule(provider=provider)) for provider in PROVIDERS]
    assert len({policy.detection_sha256 for policy in policies}) == len(PROVIDERS)


def test_a_policy_that_asks_for_one_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[detection]\nprovider = "tpu"\n')
    with pytest.raises(PolicyError, match="provider"):
        read_policy(path)
