"""Whether a model runs, tried where it can do no harm: in a locked process of its own, with limits for time and memory.

What goes in and what comes back is JSON. A graph is a stranger's code: it may multiply for a year or ask for terabytes.
"""

import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from bodycam_pipeline.locked import WEAK, is_weak, lock, no_box
from bodycam_pipeline.values.errors import BoxError, ModelError
from bodycam_pipeline.values.model import Model, Thresholds

CPU_SECONDS, WALL_SECONDS = 30, 180
"""A detector takes milliseconds for two small pictures, and loading the runtime a second, or some on a busy machine."""

MOST_BYTES, TIMES_THE_FILE = 4 << 30, 6
"""Memory limit: for the runtime, and for the weights in the forms that they take while they are read."""

_INTERPRETER = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG")


def try_model(model: Model) -> None:
    """Run a model on two small pictures, within limits.

    Raises:
        ModelError: it does not run as its head does, or not within the limits.
    """
    _tried(model.path, json.dumps(asdict(model)), CPU_SECONDS)


def _environment() -> dict[str, str]:
    """What the interpreter needs, and no secret; one thread, which the lock then holds."""
    needed = {name: os.environ[name] for name in _INTERPRETER if name in os.environ}
    return needed | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@lru_cache(maxsize=32)
def _tried(path: str, spec: str, cpu_seconds: int) -> None:
    most_bytes = MOST_BYTES + TIMES_THE_FILE * Path(path).stat().st_size
    limits = [str(cpu_seconds), str(most_bytes), WEAK if is_weak() else ""]
    command = [sys.executable, "-P", "-m", __name__, *limits]
    try:
        done = subprocess.run(  # noqa: S603 - this very file
            command, input=spec.encode(), capture_output=True, timeout=WALL_SECONDS, check=False, env=_environment()
        )
        answer: dict[str, str] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise ModelError(
            f"{path} does not run within {cpu_seconds} s and {most_bytes >> 20} MiB, or ends the process it runs in",
            remedy="Use a detector of its head as its makers export it: it takes milliseconds.",
        ) from error
    if answer:
        kind = BoxError if answer["kind"] == BoxError.__name__ else ModelError
        raise kind(answer["what"], remedy=answer["remedy"])


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
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _model(spec: dict[str, Any]) -> Model:
    kinds = {kind: Thresholds(**limits) for kind, limits in spec.pop("kinds").items()}
    lists = {name: tuple(spec.pop(name)) for name in ("classes", "mean", "factor")}
    return Model(**spec, **lists, kinds=kinds)  # type: ignore[arg-type]


def _answer(*, weak: bool) -> dict[str, str]:
    model = _model(json.load(sys.stdin))
    try:
        if not weak:
            _lock(model)
        try_here(model)
    except (ModelError, BoxError) as error:
        return {"kind": type(error).__name__, "what": error.what, "remedy": error.remedy}
    return {}


def _lock(model: Model) -> None:
    """Before the runtime is loaded, which starts threads of its own."""
    try:
        lock([model.path])
    except OSError as error:
        raise no_box(error) from error


if __name__ == "__main__":
    _limit(*map(int, sys.argv[1:3]))
    json.dump(_answer(weak=sys.argv[3] == WEAK), sys.stdout)
