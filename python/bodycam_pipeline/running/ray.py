"""The Ray runner: the same steps on a cluster. The only module that imports ray, and only when used (decision 0027).

Ray runs a killed task again, spills objects to its session folder in the clear, and logs what tasks print. So nothing
is given to it. A task lies as a *task file* in a folder that every node sees (the staging disk, which they need),
and its answer is put beside it. Ray carries a random name, a word, and of both files an authentication code under a key
of this one task: a file that somebody else put there is neither read nor believed. No frame, box or name enters its
object store or its logs, and its own retries are off: the attempts are counted here. On a node the task is done in a
box, forked from a worker beside Ray's own process, and its answer is data.
"""

import hmac
import logging
import os
import pickle
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bodycam_pipeline.durable import make_folder
from bodycam_pipeline.extras import require
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.running.attempts import TASK_LIMIT_SECONDS, Answer, Lost
from bodycam_pipeline.running.local import Processes
from bodycam_pipeline.running.scheduler import PassScheduler
from bodycam_pipeline.running.wire import MOST_BYTES, MalformedAnswerError, answer_type, pack, unpack
from bodycam_pipeline.values.errors import BodycamError, WorkerError

_LOOK_SECONDS = 1.0
"""How often deadlines and the size of the cluster are looked at while nothing answers."""

_OBJECT_STORE_BYTES = 80 * 2**20
"""Ray's smallest: only words go through it."""

_ANSWERED, _UNREAD, _OTHER_VERSION = "answered", "unread", "another version"
_CHANGED, _ENDED = "changed", "ended"
_SETUP_REMEDIES = {
    _UNREAD: "Every node needs the work folder under the same path: put --out on storage that all of them mount.",
    _CHANGED: "Find out who else writes to the folder that the nodes share; then run the same command again.",
    _OTHER_VERSION: "Install the same version of bodycam-pipeline on every node: other versions give other bytes.",
}
_VERSION = version("bodycam-pipeline")


@dataclass(frozen=True)
class _TaskFile:
    """One try of one task, out on the cluster."""

    path: Path
    deadline: float
    key: str
    awaited: Any

    @property
    def answer(self) -> Path:
        return self.path.with_suffix(".answer")

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        self.answer.unlink(missing_ok=True)


class RayRunner(PassScheduler):
    """Worker processes on every node of a Ray cluster, one task per processor; several threads may run their passes.

    A context manager: leaving it deletes the task files and disconnects, and ends a cluster that it started itself.
    """

    def __init__(
        self,
        address: str = "local",
        *,
        workers: int | None = None,
        task_folder: Path | None = None,
        task_limit_seconds: float = TASK_LIMIT_SECONDS,
    ) -> None:
        """Connect, or start a cluster on this machine.

        Args:
            address: ``local``, ``auto``, ``HOST:PORT``, or ``ray://HOST:PORT`` from a machine outside the cluster.
            workers: At most this many tasks at once; None for one per processor of the cluster.
            task_folder: A folder that every node sees under this path; None for a temporary one on this machine.
            task_limit_seconds: A task that takes longer is stuck.

        Raises:
            WorkerError: the cluster cannot be reached or refuses the token.
        """
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        _lock_up(address)
        self.ray = import_module("ray")
        started = not self.ray.is_initialized()
        if started:
            _connect(self.ray, address, workers)
        super().__init__(_Nodes(self.ray, _private_folder(task_folder), workers, task_limit_seconds, started=started))


class _Nodes:
    """The worker pool of a `RayRunner`: the nodes of a cluster, which come and go."""

    def __init__(self, ray: Any, task_folder: Path, most: int | None, limit_seconds: float, *, started: bool) -> None:
        self._ray, self._task_folder, self._most, self._limit, self._started = (
            ray,
            task_folder,
            most,
            limit_seconds,
            started,
        )
        self._remote = ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(_carry_out)
        self._flying: dict[Any, _TaskFile] = {}
        self._processors, self._look_again = 1, 0.0

    @property
    def count(self) -> int:
        """Number of processors that the cluster has now, up to the number asked for."""
        if time.monotonic() >= self._look_again:
            self._processors = int(self._ray.cluster_resources().get("CPU", 1))
            self._look_again = time.monotonic() + _LOOK_SECONDS
        return max(1, min(self._processors, self._most or self._processors))

    def begin(self, step: Callable[[Any], Any], task: object) -> Any:
        """Write a task file and send its name."""
        name, deadline = self._task_folder / secrets.token_hex(16), time.monotonic() + self._limit
        task_file = _TaskFile(name, deadline, secrets.token_hex(32), answer_type(step))
        content = pickle.dumps((step, task))
        task_file.path.write_bytes(f"{_VERSION}\n{_code(task_file.key, content)}\n".encode() + content)
        ref = self._remote.remote(str(task_file.path), task_file.key)
        self._flying[ref] = task_file
        return ref

    def answers(self, seconds: float) -> Iterator[tuple[Any, Answer | Lost]]:
        """Wait at most so long for answers; what is past its limit is cancelled."""
        ready, _ = self._ray.wait(list(self._flying), num_returns=1, timeout=seconds)
        for ref in ready:
            task_file = self._flying.pop(ref)
            answer = self._answer(ref, task_file)
            task_file.delete()
            yield ref, answer
        now = time.monotonic()
        for ref in [ref for ref, task_file in self._flying.items() if now >= task_file.deadline]:
            self.give_up(ref)
            yield ref, Lost(f"took longer than {self._limit:.0f} s")

    def _answer(self, ref: Any, task_file: _TaskFile) -> Answer | Lost:
        try:
            word, code = self._ray.get(ref)
        except self._ray.exceptions.RayError:
            return Lost("ended its worker process or its node")
        if word == _ENDED:
            return Lost("ended its worker process")
        if word != _ANSWERED:
            return None, WorkerError(f"a node could not take its work ({word})", remedy=_SETUP_REMEDIES[word])
        return _believed(task_file, code)

    def give_up(self, ticket: Any) -> None:
        """Cancel a task and delete its file."""
        with suppress(self._ray.exceptions.RayError, ValueError):
            self._ray.cancel(ticket, force=True)
        self._flying.pop(ticket).delete()

    def close(self) -> None:
        """Give up what is in flight and disconnect."""
        for ref in list(self._flying):
            self.give_up(ref)
        shutil.rmtree(self._task_folder, ignore_errors=True)
        if self._started and self._ray.is_initialized():
            self._ray.shutdown()


def _believed(task_file: _TaskFile, code: str) -> Answer | Lost:
    """The answer beside a task file, if it is the one that the node gave."""
    try:
        content = read_bytes(task_file.answer, MOST_BYTES)
    except OSError:
        return Lost("left an answer that cannot be read")
    if not hmac.compare_digest(code, _code(task_file.key, content)):
        return Lost("left an answer that somebody else changed")
    try:
        return unpack(content, task_file.awaited)
    except MalformedAnswerError as odd:
        return Lost(f"gave an answer that is none ({odd})")


def _code(key: str, content: bytes) -> str:
    """The authentication code of a file (HMAC-SHA-256)."""
    return hmac.digest(bytes.fromhex(key), content, "sha256").hex()


def _private_folder(parent: Path | None) -> Path:
    if parent is not None:
        make_folder(parent)
    return Path(tempfile.mkdtemp(prefix=".tasks-", dir=parent))


def _lock_up(address: str) -> None:
    """Ask for a token on every connection: a cluster of our own gets a new one. Ray reads this when it is imported."""
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else Ray warns that its default will change
    if address == "local" and "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def _connect(ray: Any, address: str, workers: int | None) -> None:
    """Start a cluster on loopback, or join one with the token that its owner gave out."""
    if address.startswith("ray://"):
        require("grpc", "ray-client", "a cluster that this machine is no part of")
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address == "local":
            own = {"include_dashboard": False, "object_store_memory": _OBJECT_STORE_BYTES, "num_cpus": workers}
            ray.init(address="local", _node_ip_address="127.0.0.1", **own, **quiet)
        else:
            ray.init(address=address, **quiet)
    except Exception as error:  # Ray raises a dozen kinds, of which some only exist in some versions
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> BodycamError:
    client = " ray:// asks for the client's port (10001)." if address.startswith("ray://") else ""
    return WorkerError(
        f"no Ray cluster at '{address}' ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})",
        remedy=f"Start one with `ray start --head`, give this machine its token (RAY_AUTH_TOKEN_PATH), and check the "
        f"address.{client} `--ray local` needs no cluster.",
    )


def _carry_out(task_file: str, key: str) -> tuple[str, str]:
    """Read a task file, have a box do what it says, and leave the answer beside it. Runs on a node.

    Returns:
        What became of it, and the code of the answer.
    """
    _silence()
    path = Path(task_file)
    try:
        written_by, _, rest = path.read_bytes().partition(b"\n")
    except OSError:
        return _UNREAD, ""
    if written_by.decode(errors="replace") != _VERSION:
        return _OTHER_VERSION, ""
    code, _, content = rest.partition(b"\n")
    if not hmac.compare_digest(code, _code(key, content).encode()):
        return _CHANGED, ""
    step, task = pickle.loads(content)  # noqa: S301 - what the driver wrote, as its code says
    answer = _beside().do_task(step, task)
    if isinstance(answer, Lost):
        return _ENDED, ""
    packed = pack(answer)
    path.with_suffix(".answer").write_bytes(packed)
    return _ANSWERED, _code(key, packed)


@cache
def _beside() -> Processes:
    """The worker beside this process of Ray's, which has threads and so cannot fork boxes itself."""
    return Processes(1, TASK_LIMIT_SECONDS)


def _silence() -> None:
    """Ray keeps what its workers print; a codec's complaint may name a file."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
