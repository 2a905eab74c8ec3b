"""What a stranger's graph is, and whether it runs: asked of a locked process, with limits for time, memory and threads.

A graph is a stranger's code: it may multiply for a year or ask for terabytes, or be no graph but what takes over who
reads it. Questions and answers are JSON, answers of a known form and length.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bodycam_pipeline.bounds import LOOK_SECONDS, refuse_threads
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.locked import WEAK, is_weak
from bodycam_pipeline.values import errors
from bodycam_pipeline.values.errors import BodycamError, ModelError
from bodycam_pipeline.values.model import Head, Model

CPU_SECONDS, WALL_SECONDS = 30, 180
"""A detector takes milliseconds for two small pictures, and loading the runtime a second, or some on a busy machine."""

MOST_BYTES, TIMES_THE_FILE = 4 << 30, 6
"""Memory limit: for the runtime, and for the weights in the forms that they take while they are read."""

MOST_ANSWER_BYTES = 64 << 10

_INTERPRETER = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG")
_PROCESS = "bodycam_pipeline.vision.trial_process"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GraphFacts(_Part):
    """What a graph says of itself.

    Attributes:
        head: What its outputs are.
        packed: It takes bytes as they are.
        made_from: SHA-256 of the model whose weights these are in another form, where it says so.
    """

    head: Head
    packed: bool
    made_from: str | None


class RefusedGraph(_Part):
    """Why a graph is refused."""

    kind: Literal["ModelError", "ModelDigestError", "MissingModelError", "BoxError"]
    what: Annotated[str, Field(min_length=1)]
    remedy: str


class Answer(_Part):
    """What the locked process answers: facts where they were asked for, or a refusal."""

    facts: GraphFacts | None = None
    refusal: RefusedGraph | None = None


def examine(path: str | Path, sha256: str, head: Head | None = None) -> GraphFacts:
    """What a graph says of itself, and that it is safe to load.

    Args:
        path: The file.
        sha256: Its digest.
        head: What its outputs are, where a person or a list says so.

    Raises:
        ModelError: as `read_graph`, or reading it ends the process that does.
        BoxError: this machine has no lock.
    """
    question = {"examine": {"path": str(path), "sha256": sha256, "head": head}}
    facts = _answer(str(path), json.dumps(question), CPU_SECONDS).facts
    if facts is None:
        raise _no_answer(str(path), CPU_SECONDS)
    return facts


def try_model(model: Model) -> None:
    """Run a model on two small pictures, within limits.

    Raises:
        ModelError: it does not run as its head does, or not within the limits.
        BoxError: this machine has no lock.
    """
    _answer(model.path, json.dumps({"try": asdict(model)}), CPU_SECONDS)


@lru_cache(maxsize=64)
def _answer(path: str, question: str, cpu_seconds: int) -> Answer:
    """The answer of a process of its own."""
    with TemporaryFile(buffering=0) as file:
        _asked(path, question, cpu_seconds, file)
        file.seek(0)
        try:
            answer = Answer.model_validate(parse_json(file.read(MOST_ANSWER_BYTES)))
        except (ValueError, ValidationError) as odd:
            raise _no_answer(path, cpu_seconds) from odd
    if answer.refusal is not None:
        kind: type[BodycamError] = getattr(errors, answer.refusal.kind)
        raise kind(answer.refusal.what, remedy=answer.refusal.remedy)
    return answer


def _asked(path: str, question: str, cpu_seconds: int, answer: BinaryIO) -> None:
    """Have a process write its answer into a file, which its own limit keeps short."""
    weak = WEAK if is_weak() else ""
    command = [sys.executable, "-P", "-m", _PROCESS, str(cpu_seconds), str(_most_bytes(path)), weak]
    given: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": answer, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=_environment(), **given) as process:  # noqa: S603 - our own
        try:
            process.stdin.write(question.encode())  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]
            _await(process)
        except (OSError, subprocess.TimeoutExpired, errors.WorkerError) as error:
            raise _no_answer(path, cpu_seconds) from error
        finally:
            process.kill()


def _await(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process to end, and look after its threads meanwhile."""
    end = time.monotonic() + WALL_SECONDS
    while True:
        try:
            process.wait(LOOK_SECONDS)
            return
        except subprocess.TimeoutExpired:
            refuse_threads(process.pid)
            if time.monotonic() > end:
                raise


def _environment() -> dict[str, str]:
    """What the interpreter needs, and no secret; one thread, which the lock then holds."""
    needed = {name: os.environ[name] for name in _INTERPRETER if name in os.environ}
    return needed | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _most_bytes(path: str) -> int:
    try:
        return MOST_BYTES + TIMES_THE_FILE * Path(path).stat().st_size
    except OSError:
        return MOST_BYTES


def _no_answer(path: str, cpu_seconds: int) -> ModelError:
    return ModelError(
        f"{path} does not run within {cpu_seconds} s and {_most_bytes(path) >> 20} MiB, or ends the process it runs in",
        remedy="Use a detector of its head as its makers export it: it takes milliseconds.",
    )
