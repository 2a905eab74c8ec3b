"""The locked process that reads a stranger's graph, and runs it: one question, one answer.

python -m bodycam_pipeline.vision.trial_process CPU_SECONDS MOST_BYTES [weak] < QUESTION > ANSWER
"""

import json
import resource
import sys
from typing import Any

from bodycam_pipeline.locked import WEAK, lock, no_box
from bodycam_pipeline.values.errors import BoxError, ModelError
from bodycam_pipeline.values.model import Model, Thresholds
from bodycam_pipeline.vision import graph
from bodycam_pipeline.vision.trial import MOST_ANSWER_BYTES, Answer, GraphFacts, RefusedGraph


def main(cpu_seconds: int, most_bytes: int, *, weak: bool) -> None:
    """Read a question, lock, and answer it."""
    _limit(cpu_seconds, most_bytes)
    ((verb, said),) = json.load(sys.stdin).items()
    try:
        if not weak:
            _lock(said["path"])
        answer = Answer(facts=_examined(**said)) if verb == "examine" else _tried(_model(said))
    except (ModelError, BoxError) as error:
        answer = Answer(refusal=RefusedGraph(kind=type(error).__name__, what=error.what, remedy=error.remedy))  # type: ignore[arg-type]
    sys.stdout.write(answer.model_dump_json())


def _examined(path: str, sha256: str, head: str | None) -> GraphFacts:
    read = graph.read_graph(path, sha256, head)
    return GraphFacts(head=read.head, packed=read.packed, made_from=read.made_from)


def _tried(model: Model) -> Answer:
    try_here(model)
    return Answer()


def try_here(model: Model) -> None:
    """Beyond what opening tries: a picture full of noise, in the colours that the model is said to take.

    Raises:
        ModelError: it does not run as its head does.
    """
    import numpy as np

    from bodycam_pipeline.vision.session import TRIAL_SIZES, open_network

    network = open_network(model)
    tensor, draw = network.tensor(*TRIAL_SIZES[0]), np.random.default_rng(0)
    noise = draw.uniform(0, 255, (1, 3, *TRIAL_SIZES[0]))
    mean, factor = (np.array(each).reshape(3, 1, 1) for each in (model.mean, model.factor))
    tensor[:] = draw.integers(0, 2**24, tensor.shape) if network.packed else (noise - mean) * factor
    try:
        network.boxes(tensor, [0.5] * len(model.classes))
    except ValueError as error:
        raise ModelError(
            f"{model.path} does not behave as a {model.head} detector: {error}", remedy="Name the head that it has."
        ) from error


def _limit(cpu_seconds: int, most_bytes: int) -> None:
    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_DATA: most_bytes,
        resource.RLIMIT_FSIZE: MOST_ANSWER_BYTES,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))


def _lock(path: str) -> None:
    """Before the runtime is loaded, which starts threads of its own."""
    try:
        lock([path])
    except OSError as error:
        raise no_box(error) from error


def _model(said: dict[str, Any]) -> Model:
    kinds = {kind: Thresholds(**limits) for kind, limits in said.pop("kinds").items()}
    lists = {name: tuple(said.pop(name)) for name in ("classes", "mean", "factor")}
    return Model(**said, **lists, kinds=kinds)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), weak=sys.argv[3] == WEAK)
