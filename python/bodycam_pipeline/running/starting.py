"""Processes that boxes are forked from: started anew, with nothing in their memory that no box may find.

A box is a copy of its parent. So the parent gets an environment without the credentials of stores and whatever else a
person's shell holds. The whole of it lies in a file without a name, in memory: the parent has it open and never reads
it, a keeper does, and a box closes it.
"""

import json
import os
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from bodycam_pipeline.running.passing import nameless_file

_HARMLESS = {"PATH", "HOME", "TMPDIR", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH"}
_HARMLESS_BEGIN = ("BODYCAM_", "LC_", "PYTHON", "XDG_", "OMP_", "OPENBLAS_", "ORT_", "CUDA_", "NVIDIA_")

_whole: int | None = None
"""The descriptor of the file with the whole environment, in a process that was started here."""


def started(module: str) -> tuple[subprocess.Popen[bytes], Connection]:
    """A new process of a module, and our end of the pipe to it.

    It is no copy of this one, which may hold keys, and does not load the driver's own command.
    """
    ours, theirs = Pipe()
    with nameless_file("environment") as whole:
        whole.write(json.dumps(dict(os.environ)).encode())
        passed = (theirs.fileno(), whole.fileno())
        command = [sys.executable, "-P", "-m", module, *map(str, passed)]
        harmless = {name: value for name, value in os.environ.items() if _is_harmless(name)}
        process = subprocess.Popen(  # noqa: S603 - our own
            command, pass_fds=passed, stdin=subprocess.DEVNULL, env=harmless
        )
    theirs.close()
    ours.send(sys.path)
    return process, ours


def begun() -> Connection:
    """The pipe to whoever started this process; what it imports from is set.

    Raises:
        EOFError, OSError: nobody is there any more.
    """
    global _whole
    number, _whole = map(int, sys.argv[1:3])
    pipe = Connection(number)
    for descriptor in (number, _whole):
        os.set_inheritable(descriptor, False)
    sys.path[:] = pipe.recv()
    return pipe


def whole_environment() -> set[int]:
    """The descriptor of the whole environment, where there is one: what a keeper has to keep open."""
    return set() if _whole is None else {_whole}


def take_environment() -> None:
    """Have the whole environment from here on: a keeper needs what opens a store."""
    if _whole is not None:
        os.environ.update(json.loads(os.pread(_whole, os.fstat(_whole).st_size, 0)))


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS or name.startswith(_HARMLESS_BEGIN)
