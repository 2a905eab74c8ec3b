"""ONNX Runtime sessions: one thread each, opened once per process, the same numbers every time."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bodycam_pipeline._native import decode_head
from bodycam_pipeline.values.errors import MissingProviderError, ModelError
from bodycam_pipeline.values.model import Head, Model, Provider
from bodycam_pipeline.vision.graph import Graph, read_graph
from bodycam_pipeline.vision.heads import AS_THEY_ARE
from bodycam_pipeline.vision.providers import PROVIDERS, check_provider

Maps = NDArray[np.float32]
Tensor = NDArray[np.float32] | NDArray[np.uint32]
"""A batch of pictures: (n, 3, height, width), or (n, height, width) where a number's bytes are a pixel's colours."""

ERRORS_ONLY = 3
"""ONNX Runtime's severity: old exporters' files would print a warning per weight."""

TRIAL_SIZES = ((64, 96), (96, 64))
"""Heights and widths of the trial run: two, so that a size baked into the graph shows at once."""


class Network:
    """A loaded model: tensor in, raw maps out."""

    def __init__(self, graph: Graph, provider: Provider) -> None:
        self._graph = graph
        self._session = _session(graph.content, provider)

    @property
    def packed(self) -> bool:
        """Whether it takes bytes, which `Letterbox` writes as numbers."""
        return self._graph.packed

    def tensor(self, height: int, width: int) -> Tensor:
        """An empty picture as it takes it; height and width are multiples of 32."""
        if self.packed:
            return np.zeros((1, height, width), np.uint32)
        return np.zeros((1, 3, height, width), np.float32)

    def run(self, tensor: Tensor) -> list[Maps]:
        """The raw maps of a batch, in the order that the head's decoder wants."""
        taken = tensor.view(np.uint8).reshape(*tensor.shape, -1) if self.packed else tensor
        maps: Sequence[Maps] = self._session.run(self._graph.output_names, {self._graph.input_name: taken})
        return [np.ascontiguousarray(each) for each in maps]

    def boxes(self, tensor: Tensor, floors: Sequence[float]) -> list[NDArray[np.float32]]:
        """What the head makes of the maps: per picture (n, 6) rows as `decode_head` returns them.

        Args:
            tensor: As for `run`.
            floors: The lowest score kept, one per class of the model.
        """
        height, width = tensor.shape[-2:]
        maps = self.run(tensor)
        return decode_head(self._graph.head, maps, input_width=width, input_height=height, thresholds=floors)


def colours(tensor: Tensor) -> NDArray[np.float32] | NDArray[np.uint8]:
    """The planes (n, 3, height, width) of a tensor of either kind, without a copy."""
    if tensor.dtype == np.uint32:
        pixels = tensor.view(np.uint8).reshape(*tensor.shape, -1)
        return np.moveaxis(pixels, 3, 1)[:, :3]
    return tensor.view(np.float32)


def open_network(model: Model, provider: Provider = "cpu") -> Network:
    """The network of a registered model, loaded once per process.

    Raises:
        MissingProviderError: this machine cannot compute with that provider.
        ModelError: as `read_graph`, or a graph that does not run at any size, or one that takes bytes and would get
            something else.
    """
    check_provider(provider)
    network = _open(model.path, model.sha256, model.head, len(model.classes), provider)
    if network.packed and (model.mean, model.factor) != AS_THEY_ARE:
        raise ModelError(
            f"{model.name} takes bytes as they are, and is registered with a mean or a factor",
            remedy="Register it with mean = [0.0, 0.0, 0.0] and factor = [1.0, 1.0, 1.0].",
        )
    return network


def runtime_version() -> str:
    """ONNX Runtime's version."""
    return str(onnxruntime.__version__)


@lru_cache(maxsize=8)
def _open(path: str, sha256: str, head: Head, classes: int, provider: Provider) -> Network:
    graph = read_graph(path, sha256, head)
    try:
        network = Network(graph, provider)
        for height, width in TRIAL_SIZES:
            network.boxes(network.tensor(height, width), [0.5] * classes)
    except MissingProviderError:
        raise
    except Exception as error:  # the runtime's own exceptions share no base class
        raise ModelError(
            f"{path} does not run as a {graph.head} detector: {error}",
            remedy="Export the model with dynamic height and width, then check it with `bodycam models check`.",
        ) from error
    return network


def _session(content: bytes, provider: Provider) -> "onnxruntime.InferenceSession":
    onnxruntime.set_default_logger_severity(ERRORS_ONLY)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    return _started(content, options, provider)


def _started(
    content: bytes, options: "onnxruntime.SessionOptions", provider: Provider
) -> "onnxruntime.InferenceSession":
    names = list(dict.fromkeys((PROVIDERS[provider], PROVIDERS["cpu"])))
    try:
        session = onnxruntime.InferenceSession(content, options, providers=names)
    except Exception as error:
        if provider == "cpu":
            raise
        raise _not_started(provider, f": {error}") from error
    session.disable_fallback()
    if session.get_providers()[0] != names[0]:  # a driver is missing: the runtime takes the next one, and goes on
        raise _not_started(provider)
    return session


def _not_started(provider: Provider, why: str = "") -> MissingProviderError:
    return MissingProviderError(
        f"the execution provider '{provider}' is installed but does not start here{why}",
        remedy="Check its driver and libraries, or set detection.provider = 'cpu' in the policy.",
    )
