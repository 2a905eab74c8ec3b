"""The lock of a process that reads a stranger's bytes: what it may still open, and whether this machine has one."""

import os
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.values.errors import BoxError

VARIABLE = "BODYCAM_BOX"
WEAK = "weak"
WEAK_NOTICE = f"{VARIABLE}={WEAK}: recordings are decoded without the box; who takes a decoder over has your rights\n"

_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom")
_ANSWER_BYTES = 1 << 16


def is_weak() -> bool:
    """Whether the person does without the lock."""
    return os.environ.get(VARIABLE) == WEAK


def lock(read: Iterable[str] = ()) -> None:
    """Lock this process, for good: beside these files and folders it opens libraries, and nothing else, to be read.

    Raises:
        OSError: this machine has no lock, or threads run that would stay outside of it; the process may be locked in
            part, and has to end.
    """
    if len(list(Path("/proc/self/task").glob("*"))) > 1:
        raise OSError("threads that run already would stay outside of it")
    _native.lock_process([*_libraries(), *read])


def no_box(error: OSError) -> BoxError:
    """What a person is told where this machine has no lock."""
    return BoxError(
        f"recordings are only decoded in a box, and this machine has none: {error}",
        remedy=f"Take a Linux kernel with Landlock and seccomp, or set {VARIABLE}={WEAK} to decode without it.",
    )


def say_if_weak() -> None:
    """Say on stderr that recordings are decoded without the box, where that is so."""
    if is_weak():
        sys.stderr.write(WEAK_NOTICE)


def why_no_box() -> str:
    """Why this machine has no box; empty where it has one."""
    return box_here()[1]


def box_here() -> tuple[int, str]:
    """The version of Landlock that holds a box here, as the system call itself says, or 0 and why there is no box.

    A child of this process tries.
    """
    ours, theirs = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            theirs.send_bytes(_tried().encode())
        os._exit(0)
    theirs.close()
    try:
        answer = ours.recv_bytes(_ANSWER_BYTES).decode()
    except (EOFError, OSError):
        answer = "the lock ended the process"
    finally:
        ours.close()
        os.waitpid(child, 0)
    return (int(answer), "") if answer.isdecimal() else (0, answer)


def _tried() -> str:
    """The version that holds, or what does not."""
    try:
        version = _native.lock_process([])
    except OSError as error:
        return str(error)
    with suppress(PermissionError):
        next(Path("/").iterdir())
        return "a locked process still opens folders"
    return str(version)


def _libraries() -> list[str]:
    """What is still imported and loaded: the interpreter, what is installed, and the system's libraries."""
    installed = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return [*_SYSTEM, *filter(None, installed), str(Path(sys.modules["bodycam_pipeline"].__file__ or "").parent)]
