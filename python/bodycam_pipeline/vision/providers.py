"""Execution providers: what ONNX Runtime can compute with here. None ever takes the place of the one asked for."""

from collections.abc import Mapping

from bodycam_pipeline.values.errors import MissingProviderError
from bodycam_pipeline.values.model import Provider

PROVIDERS: Mapping[Provider, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""The runtime's own names. What one of them cannot compute of a network, the processor does."""


def installed_providers() -> tuple[Provider, ...]:
    """Providers that the installed runtime was built with; whether a driver is there shows when a network is opened."""
    import onnxruntime  # here alone, so that naming the processor's does not load it

    built_with = onnxruntime.get_available_providers()
    return tuple(provider for provider, name in PROVIDERS.items() if name in built_with)


def check_provider(provider: Provider) -> None:
    """Refuse a provider that the installed runtime does not have.

    Raises:
        MissingProviderError: it is not there.
    """
    if provider == "cpu":  # every build has it
        return
    installed = installed_providers()
    if provider not in installed:
        raise MissingProviderError(
            f"the execution provider '{provider}' is not installed here (there is {', '.join(installed)})",
            remedy=f"Install an ONNX Runtime that has it, or set detection.provider = '{installed[0]}' in the policy.",
        )
