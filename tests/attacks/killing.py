"""Kill a piece of work before each system call that changes the disk, one call after the other."""

import ctypes
import os
import platform
import signal
from collections.abc import Callable, Iterator

import pytest

_TRACEME, _PEEKUSER, _SYSCALL, _SETOPTIONS, _SYSGOOD = 0, 3, 24, 0x4200, 1
_AT_A_CALL = signal.SIGTRAP | 0x80
_NUMBER = 15 * 8
"""Where ptrace(2) shows the number of the call on x86-64: ``orig_rax``."""

_CHANGES = {1, 18, 20, 74, 75, 76, 77, 82, 83, 84, 86, 87, 88, 90, 91, 257, 263, 264, 265, 266, 268, 285, 316, 326, 40}
"""write, pwrite64, writev, fsync, fdatasync, truncate, ftruncate, rename, mkdir, rmdir, link, unlink, symlink, chmod,
fchmod, openat, unlinkat, renameat, linkat, symlinkat, fchmodat, fallocate, renameat2, copy_file_range, sendfile."""

needs_ptrace = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of system calls are of x86-64")


def killed_before_each_change(work: Callable[[], object]) -> Iterator[int]:
    """Do a piece of work in a child that is killed before its first change, its second and so on, until one ends well.

    Yields:
        After each kill, how many changes that child had made.
    """
    done = 0
    while not _ended(work, done):
        yield done
        done += 1


def _ended(work: Callable[[], object], changes: int) -> bool:
    """Let a child make so many changes, then kill it; whether it ended well before."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    child = os.fork()
    if not child:
        code = 1
        try:
            libc.ptrace(_TRACEME, 0, None, None)
            os.kill(os.getpid(), signal.SIGSTOP)
            work()
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)
    libc.ptrace(_SETOPTIONS, child, None, _SYSGOOD)
    enters = True
    while True:
        libc.ptrace(_SYSCALL, child, None, None)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "the work failed by itself"
            return True
        if os.WSTOPSIG(status) != _AT_A_CALL:
            continue
        if enters and libc.ptrace(_PEEKUSER, child, _NUMBER, None) in _CHANGES:
            if not changes:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return False
            changes -= 1
        enters = not enters
