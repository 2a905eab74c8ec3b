"""The box: one task, one locked process. What reads a stranger's bytes can do nothing but that.

A worker is a warm parent: it has the code and the networks, and never reads a recording. For each task that names what
it needs it forks a box, which empties its environment, closes every descriptor but its own, and locks itself: it reads
libraries and what the task names, and writes to what it was handed open (`making`); no network, no program, no other
process (`rust/box-core`). The box answers in data (`wire`) and is gone. `BODYCAM_BOX=weak` does without the lock, where
a kernel does not offer it, and says so.
"""

import gc
import os
import resource
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from bodycam_pipeline.bounds import refuse_threads
from bodycam_pipeline.durable import write_into
from bodycam_pipeline.locked import VARIABLE, WEAK, is_weak, lock, no_box
from bodycam_pipeline.running.attempts import TASK_LIMIT_SECONDS, attempt
from bodycam_pipeline.running.descriptors import close_all_but
from bodycam_pipeline.running.handing import Handed
from bodycam_pipeline.running.making import Making
from bodycam_pipeline.running.passing import nameless_file, take_answer, tell
from bodycam_pipeline.running.wire import NO_ANSWER, pack
from bodycam_pipeline.schemes import hand_over
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.errors import BodycamError, BoxError
from bodycam_pipeline.values.needs import Needs

LEAST_MEMORY_BYTES = 4 << 30
MOST_CPU_SECONDS = int(TASK_LIMIT_SECONDS) * (os.cpu_count() or 1)
MOST_FILE_BYTES = 64 << 30
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 512,
    resource.RLIMIT_CPU: MOST_CPU_SECONDS,
}


def needs_of(step: Callable[[Any], Any], task: Any) -> Needs | None:
    """What a task says that it needs, or its step for it; None where nobody says anything: it gets no box."""
    if callable(ask := getattr(task, "needs", None)):
        return cast("Needs", ask())
    ask = getattr(getattr(step, "step", step), "needs", None)
    return cast("Needs", ask(task)) if callable(ask) else None


def boxed(step: Callable[[Any], Any], task: object, driver: Connection) -> None:
    """Do a task in a box, and tell the driver the answer.

    The process ends with its box when the driver is gone.

    Raises:
        OSError: the driver is gone.
    """
    needs = needs_of(step, task)
    if needs is None:
        driver.send_bytes(pack(attempt(step, task)))
        return
    try:
        refuse_devices(needs)
        making = Making(needs.made)
    except BodycamError as error:
        driver.send_bytes(pack((None, error)))
        return
    try:
        _warm(step, task, needs)
        with closing(Handed(needs.recordings)) as handed:
            _forked(step, task, needs, (handed, making), driver)
    finally:
        making.close()


def refuse_devices(needs: Needs) -> None:
    """Refuse what no box lets in, before one is forked.

    Raises:
        BoxError: it needs that.
    """
    if needs.provider != "cpu" and not is_weak():
        raise BoxError(
            f"no box lets the provider {needs.provider} reach its device",
            remedy=f"Set detection.provider = 'cpu' in the policy, or {VARIABLE}={WEAK} to decode without the box.",
        )


def _warm(step: Callable[[Any], Any], task: object, needs: Needs) -> None:
    step = getattr(step, "step", step)
    if isinstance(step, Step) and needs.provider == "cpu":
        with suppress(BodycamError):  # the step says it, where it belongs
            step.warm(task)


def _forked(
    step: Callable[[Any], Any], task: object, needs: Needs, given: tuple[Handed, Making], driver: Connection
) -> None:
    """The answer is told when the box is gone: what it wrote has its place, and does not change any more."""
    handed, making = given
    ours, theirs = Pipe(duplex=False)
    gc.freeze()  # else the first collection in the box copies every page
    child = os.fork()
    if child == 0:
        go_inside(lambda pipe: pipe.send_bytes(pack(attempt(step, task))), needs, handed, theirs, making=making)
    theirs.close()
    with ours, nameless_file("answer") as file:
        try:
            whole = _taken(child, ours, file, driver, making)
        except BodycamError as refused:
            driver.send_bytes(pack((None, refused)))
            return
        if whole:
            tell(file, driver)
        else:
            driver.send_bytes(NO_ANSWER)


def _taken(child: int, ours: Connection, file: BinaryIO, driver: Connection, making: Making) -> bool:
    """End the box with its answer, and give what it made its place; whether there is a whole answer.

    Raises:
        WorkerError: it took more threads than a step needs.
        StorageError: it took more of the disk than it may, or the disk or memory refused.
    """

    def look() -> None:
        refuse_threads(child)
        making.refuse_full()

    try:
        whole = take_answer(ours, file, driver, look)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    if whole:
        making.place()
    return whole


def go_inside(
    act: Callable[[Connection], None],
    needs: Needs,
    handed: Handed,
    pipe: Connection,
    *,
    making: Making | None = None,
    kept: Iterable[int] = (),
) -> NoReturn:
    """The box, from its first moment to its last: what was just forked locks itself, acts, and is gone.

    Of what its parent had open it keeps the pipe, what was handed to it, and the descriptors that are ``kept``.
    """
    with suppress(BaseException):
        try:
            weak = is_weak()
            hand_over(handed.opened)
            if making is not None:
                write_into(making.opened())
            made = () if making is None else making.descriptors
            most_bytes = 0 if making is None else min(MOST_FILE_BYTES, making.most_bytes())
            _be_ended_first()
            _leave_behind({pipe.fileno(), *handed.descriptors, *made, *kept})
            _limit(resource.RLIMIT_FSIZE, most_bytes)
            if not weak:
                _limit(resource.RLIMIT_AS, _most_memory())
                lock((*needs.read, *needs.made))
        except OSError as error:
            pipe.send_bytes(pack((None, no_box(error))))
        else:
            act(pipe)
    os._exit(0)


def _leave_behind(kept: Iterable[int]) -> None:
    """Empty the environment, close every descriptor that is not kept, and take limits."""
    os.environ.clear()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    close_all_but(kept)
    for what, most in _LIMITS.items():
        _limit(what, most)


def _be_ended_first() -> None:
    """Where memory runs short the kernel ends a box, and no driver or worker."""
    with suppress(OSError):  # there is no such file but on Linux
        Path("/proc/self/oom_score_adj").write_text("1000")


def _limit(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (limit, limit))


def _most_memory() -> int:
    """Bytes of addresses that a box may take: half of the machine's memory, so that others keep some."""
    return max(LEAST_MEMORY_BYTES, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
