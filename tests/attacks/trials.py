"""Trials of who has taken a decoder over: each gets out, or is refused with an `OSError`.

They run inside a box, where the demuxer would be opened. Nothing of the product is imported here: a process that has
begun no thread can be locked after it has these.
"""

import ctypes
import errno
import fcntl
import io
import os
import platform
import resource
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PTRACE_ATTACH, _PTRACE_SEIZE = 16, 0x4206


@dataclass(frozen=True)
class World:
    """What there is outside of the box.

    Attributes:
        secret: A file that is none of the job's: a key, another recording.
        folder: One that is none of the job's.
        recording: What the box was handed open.
        read: A file that the box may read and not write.
        write: The job's own folder, in which the box makes what was announced, and nothing else.
        driver: The process that waits for the answer.
    """

    secret: str
    folder: str
    recording: str
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


def held() -> dict[int, os.stat_result]:
    """What is open, by descriptor."""
    found = {}
    for descriptor in range(3, 256):
        with suppress(OSError):
            found[descriptor] = os.fstat(descriptor)
    return found


def handed(world: World) -> int:
    """The descriptor of the recording."""
    recording = Path(world.recording).stat()
    for descriptor, what in held().items():
        if os.path.samestat(what, recording):
            return descriptor
    raise PermissionError(errno.EPERM, "it was not handed")


def more_than_handed(world: World) -> None:
    """Find a file, a folder or a device that was left open, and is not the job's own."""
    recording = Path(world.recording).stat()
    for descriptor, what in held().items():
        pipe = stat.S_ISFIFO(what.st_mode) or stat.S_ISSOCK(what.st_mode)
        own = Path(world.write) in Path(f"/proc/self/fd/{descriptor}").readlink().parents
        if not (pipe or own or os.path.samestat(what, recording)):
            return
    raise PermissionError(errno.EPERM, "none")


def _again(world: World, flags: int) -> int:
    return os.open(f"/proc/self/fd/{handed(world)}", flags)


def be_seen() -> None:
    """Let others attach again."""
    if _LIBC.prctl(4, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")


TRIALS: dict[str, Callable[[World], object]] = {
    "find what was left open": more_than_handed,
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
    "write what it was handed": lambda w: _again(w, os.O_RDWR),
    "empty what it was handed": lambda w: _again(w, os.O_RDONLY | os.O_TRUNC),
    "write where it lies": lambda w: os.open(w.recording, os.O_WRONLY),
    "open what it was handed to others": lambda w: os.fchmod(handed(w), 0o666),
    "open what it may read to others": lambda w: os.fchmod(os.open(w.read, os.O_RDONLY), 0o666),
    "open the code to others": lambda _w: os.fchmod(os.open(io.__file__, os.O_RDONLY), 0o666),
    "date it back": lambda w: os.utime(handed(w), (0, 0)),
    "give it a name in the job": lambda w: os.link(f"/proc/self/fd/{handed(w)}", f"{w.write}/l", follow_symlinks=True),
    "lock others out of it": lambda w: fcntl.flock(handed(w), fcntl.LOCK_SH | fcntl.LOCK_NB),
    "lock a part of it": lambda w: fcntl.lockf(handed(w), fcntl.LOCK_SH | fcntl.LOCK_NB),
    "be told of its changes": lambda w: fcntl.fcntl(os.open(w.write, os.O_RDONLY), fcntl.F_NOTIFY, 1),
    "take the job's folder away": lambda w: Path(w.write).rename(Path(w.folder, "taken")),
    "make shared memory": lambda _w: os.open("/dev/shm/shared", os.O_RDWR | os.O_CREAT),  # noqa: S108
    "look into the kernel": lambda _w: os.open("/proc/kallsyms", os.O_RDONLY),
    "find the driver's files": lambda w: os.open(f"/proc/{w.driver}/fd/0", os.O_RDONLY),
    "change into it": lambda w: os.chdir(w.folder),
    "have a signal in time": lambda _w: signal.setitimer(signal.ITIMER_REAL, 60),
    "go before others": lambda _w: os.nice(-1),
    "seize the driver": lambda w: _attach(w.driver, _PTRACE_SEIZE),
    "make a file in the job": lambda w: os.open(f"{w.write}/made", os.O_WRONLY | os.O_CREAT),
    "make one without a name": lambda w: os.open(w.write, os.O_WRONLY | os.O_TMPFILE),
    "make a folder in the job": lambda w: Path(w.write, "folder").mkdir(),
    "take a file of the job away": lambda w: Path(w.read).unlink(),
    "put another in its place": lambda w: Path(w.recording).replace(w.read),
    "name what others have open": lambda w: Path(f"/proc/{w.driver}/fd/0").readlink(),
    "name where others are": lambda w: Path(f"/proc/{w.driver}/cwd").readlink(),
    "read what it may name": lambda w: os.open(f"/proc/self/fd/{os.open(w.secret, os.O_PATH)}", os.O_RDONLY),
    "read below what it may name": lambda w: os.open("identity.txt", os.O_RDONLY, dir_fd=os.open(w.folder, os.O_PATH)),
    "read from its own root": lambda w: Path(f"/proc/self/root{w.secret}").read_bytes(),
    "write its own memory": lambda _w: os.open("/proc/self/mem", os.O_RDWR),
    "be ended last": lambda _w: Path("/proc/self/oom_score_adj").write_text("-1000"),
    "hold others off a file": lambda w: fcntl.fcntl(os.open(w.read, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK),
    "choose the signal": lambda w: fcntl.fcntl(os.open(w.read, os.O_RDONLY), fcntl.F_SETSIG, signal.SIGKILL),
    "have a terminal type": lambda _w: fcntl.ioctl(0, 0x5412, b"x"),
}
"""System calls that any architecture has by name."""

_MEANT = {
    *(
        0,
        1,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        17,
        18,
        19,
        20,
        21,
        23,
        24,
        25,
        27,
        28,
        32,
        33,
        35,
        39,
        60,
        63,
    ),
    *(74, 75, 77, 79, 89, 96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 131, 137, 138, 143, 145, 158, 186, 201, 202),
    *(204, 217, 219, 221, 228, 229, 230, 231, 239, 262, 267, 269, 270, 271, 273, 292, 309, 318, 324, 332, 334, 439),
}
"""Numbers on x86-64 of the calls that a box may make, whatever their arguments."""

_SOME = {16, 56, 72, 157, 234, 257, 302, 335, 336, 435}
"""ioctl, clone, fcntl, prctl, tgkill, openat, prlimit64: with some arguments; `clone3`: it is not there.
`uretprobe` and `uprobe` pass every filter, and newer kernels end whoever makes them unasked.
"""

_X32, _MOST = 0x40000000, 600


def call_others(_world: World) -> None:
    """Each system call that is not on the list, those to come and those of the other spelling as well."""
    for number in (*range(_MOST), *range(_X32, _X32 + _MOST)):
        if number in _MEANT | _SOME:
            continue
        try:
            call(number, 0, 0, 0, 0, 0, 0)
        except OSError as error:
            if error.errno == errno.EPERM:
                continue
        raise OSError(errno.EINVAL, f"call {number} is made")
    raise PermissionError(errno.EPERM, "none")


if platform.machine() == "x86_64":
    TRIALS |= {
        "make any other call": call_others,
        "start a thread among other people": lambda _w: call(56, 0x10010900, 0, 0, 0, 0),  # invalid, once it is let by
        "start a thread that hides how": lambda _w: call(435, 0, 0, 0, 0, 0, 0),
    }

REFUSED = {errno.EPERM, errno.EACCES, errno.EXDEV}
"""How a box refuses; `clone3` is not there at all, so that libc takes `clone`, which a filter can read."""


def _attach(driver: int, how: int = _PTRACE_ATTACH) -> None:
    if _LIBC.ptrace(how, driver, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def outcome(trial: Callable[[World], object], world: World) -> str:
    """How a trial ended: "refused", or what happened instead."""
    before = held()
    try:
        trial(world)
    except OSError as error:
        return "refused" if error.errno in REFUSED else f"{error.strerror} ({error.errno})"
    finally:
        for opened in held().keys() - before.keys():
            os.close(opened)
    return "got out"
