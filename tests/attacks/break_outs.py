"""What code tries that has taken a decoder over: each trial gets out, or is refused with an `OSError`.

They run inside a box, where the demuxer would be opened.
"""

import ctypes
import errno
import fcntl
import io
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from bodycam_pipeline.running.box import needs_of
from bodycam_pipeline.values.needs import Needs

_LIBC = ctypes.CDLL(None, use_errno=True)
_PTRACE_ATTACH = 16


@dataclass(frozen=True)
class World:
    """What there is outside of the box.

    Attributes:
        secret: A file that is none of the job's: a key, another recording.
        folder: One that is none of the job's.
        read: A file that the box may read and not write.
        write: The job's own folder.
        driver: The process that waits for the answer.
    """

    secret: str
    folder: str
    read: str
    write: str
    driver: int


def call(number: int, *arguments: object) -> None:
    """A system call as such."""
    if _LIBC.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def spawn() -> None:
    """Start a program; Python wraps a refusal of fork."""
    subprocess.run(["true"], check=True)


def own_signals(world: World) -> None:
    """Have the kernel send signals to another process."""
    fcntl.fcntl(os.open(world.read, os.O_RDONLY), fcntl.F_SETOWN, world.driver)


def _own_limit() -> None:
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9))
    except ValueError as refused:  # as Python says EPERM
        raise PermissionError(errno.EPERM, str(refused)) from refused


def be_seen() -> None:
    """Let others attach again."""
    if _LIBC.prctl(4, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")


TRIALS: dict[str, Callable[[World], object]] = {
    "read a key or another recording": lambda w: Path(w.secret).read_bytes(),
    "read it by another path": lambda w: Path(w.write, os.path.relpath(w.secret, w.write)).read_bytes(),
    "link to it": lambda w: os.link(w.secret, f"{w.write}/linked"),
    "point to it": lambda w: Path(w.write, "pointer").symlink_to(w.secret),
    "list a folder": lambda w: list(Path(w.folder).iterdir()),
    "list the root": lambda _w: list(Path("/").iterdir()),
    "read who is there": lambda _w: Path("/etc/passwd").read_bytes(),
    "read its environment": lambda _w: Path("/proc/self/environ").read_bytes(),
    "read the driver's memory": lambda w: Path(f"/proc/{w.driver}/mem").read_bytes(),
    "write outside": lambda w: Path(w.folder, "written").write_text("out"),
    "write into the code": lambda _w: os.open(io.__file__, os.O_WRONLY),
    "empty what it may read": lambda w: os.open(w.read, os.O_RDONLY | os.O_TRUNC),
    "write what it may read": lambda w: os.open(w.read, os.O_WRONLY),
    "put a file elsewhere": lambda w: Path(tempfile.mkstemp(dir=w.write)[1]).rename(Path(w.folder, "moved")),
    "make a pipe": lambda w: os.mkfifo(f"{w.write}/pipe"),
    "reach a network": lambda _w: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "send a datagram": lambda _w: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
    "reach a service of the machine": lambda _w: socket.socket(socket.AF_UNIX),
    "ask the kernel": lambda _w: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "make sockets": lambda _w: socket.socketpair(),
    "start a program": lambda _w: os.execv("/bin/true", ["true"]),  # noqa: S606
    "start one from outside": lambda _w: spawn(),
    "fork": lambda _w: os.fork(),
    "look into the driver": lambda w: _attach(w.driver),
    "send a signal": lambda w: os.kill(w.driver, signal.SIGTERM),
    "send one to all": lambda _w: os.kill(-1, signal.SIGTERM),
    "have one sent": own_signals,
    "hold the driver": lambda w: os.pidfd_open(w.driver),
    "be seen again": lambda _w: be_seen(),
    "make memory a file": lambda _w: os.memfd_create("m"),
    "take limits from the driver": lambda w: resource.prlimit(w.driver, resource.RLIMIT_NOFILE, (0, 0)),
    "change its own": lambda _w: _own_limit(),
    "slow the driver down": lambda w: os.sched_setaffinity(w.driver, {0}),
    "change what it is": lambda _w: os.setuid(65534),
    "change the root": lambda w: os.chroot(w.write),
    "have a terminal type": lambda _w: fcntl.ioctl(0, 0x5412, b"x"),
}
"""Those that any architecture has by name."""

_CALLS = {
    "io_uring_setup": 425,
    "bpf": 321,
    "userfaultfd": 323,
    "keyctl": 250,
    "add_key": 248,
    "mount": 165,
    "unshare": 272,
    "setns": 308,
    "perf_event_open": 298,
    "open_by_handle_at": 304,
    "process_vm_readv": 310,
    "pidfd_send_signal": 424,
    "openat2": 437,
    "open_tree": 428,
    "execveat": 322,
    "shmget": 29,
    "mq_open": 240,
    "kexec_load": 246,
    "init_module": 175,
    "clone3": 435,
    "vfork": 58,
    "open": 2,
    "creat": 85,
    "truncate": 76,
    "name_to_handle_at": 303,
}
"""Numbers on x86-64; each is called with nothing but zeros, which a kernel that allows it answers otherwise than so."""

if platform.machine() == "x86_64":
    TRIALS |= {
        f"call {name}": (lambda _w, number=number: call(number, 0, 0, 0, 0, 0, 0)) for name, number in _CALLS.items()
    }

REFUSED = {errno.EPERM, errno.EACCES, errno.EXDEV}
"""How a box refuses; `clone3` is not there at all, so that libc takes `clone`, which a filter can read."""


def _attach(driver: int) -> None:
    if _LIBC.ptrace(_PTRACE_ATTACH, driver, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def outcome(trial: Callable[[World], object], world: World) -> str:
    """How a trial ended: "refused", or what happened instead."""
    try:
        trial(world)
    except OSError as error:
        return "refused" if error.errno in REFUSED else f"{error.strerror} ({error.errno})"
    return "got out"


@dataclass(frozen=True)
class TakenOver:
    """A task of the product, whose demuxer is somebody else's."""

    step: Callable[[object], object]
    task: object
    world: World

    def needs(self) -> Needs:
        """As the task's."""
        asked = needs_of(self.step, self.task)
        assert asked is not None
        return asked


def taken_over(task: TakenOver) -> dict[str, str]:
    """Do a step of the product; once it opens the recording, try to get out. How each trial ended."""
    return _tried(lambda: task.step(task.task), task.world)


def _tried(act: Callable[[], object], world: World) -> dict[str, str]:
    outcomes: dict[str, str] = {}

    def demuxer(*_: object) -> None:
        outcomes.update({name: outcome(trial, world) for name, trial in TRIALS.items()})
        raise OSError(errno.EIO, "taken over")

    with mock.patch("bodycam_pipeline.read.container._container", demuxer):
        try:
            act()
        except Exception as error:
            outcomes.setdefault("list the root", repr(error))  # it came to no recording
    return outcomes


class Captive:
    """What a box that lasts answers with, once somebody else's code is in it."""

    def __init__(self, task: TakenOver) -> None:
        self._opened, self._world = task.step(task.task), task.world

    def tried(self, name: str, arguments: tuple[object, ...]) -> dict[str, str]:
        """Answer a question of the page, and try to get out once the recording is opened. How each trial ended."""
        return _tried(lambda: getattr(self._opened, name)(*arguments), self._world)


def open_taken_over(task: TakenOver) -> Captive:
    """Open a recording for the page."""
    return Captive(task)


def answer_with_a_pickle(task: TakenOver) -> str:
    """Write to every descriptor what a reader that unpickles would carry out, and leave."""
    import pickle

    class Command:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {task.world.folder}/ran",)

    content = pickle.dumps((Command(), None))
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, len(content).to_bytes(4, "big") + content)
        except OSError:
            continue
    os._exit(0)


def eat(task: TakenOver) -> None:
    """Take all the memory there is, of addresses; so the machine does not feel what is refused in the end."""
    eaten = []

    def more() -> None:
        eaten.append(mmap.mmap(-1, 1 << 30))

    _for_ever(more, task)


def burn(task: TakenOver) -> None:
    """Compute."""
    _for_ever(lambda: None, task)


def fill(task: TakenOver) -> None:
    """Write."""

    def more() -> None:
        with Path(task.world.write, "filled").open("ab") as file:
            file.write(bytes(1 << 16))

    _for_ever(more, task)


def _for_ever(act: Callable[[], None], task: TakenOver) -> None:
    """Do a step of the product whose demuxer never comes back."""

    def demuxer(*_: object) -> None:
        while True:
            act()

    with mock.patch("bodycam_pipeline.read.container._container", demuxer):
        task.step(task.task)
