"""For the long proofs: batches as processes, who belongs to them, and what they take."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

BODYCAM = Path(sys.executable).with_name("bodycam")


def command(out: Path, policy: Path, *more: object) -> list[str]:
    return [str(part) for part in (BODYCAM, "batch", "--own-names", "--out", out, "--policy", policy, *more)]


def started(words: Sequence[str]) -> subprocess.Popen[str]:
    """In a session of its own, so that all that belongs to it can be found and ended."""
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def family(root: int) -> dict[int, str]:
    """A process and all below it, with their names."""
    parents: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            facts = (path / "stat").read_text()
            words = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        parents.setdefault(int(facts.rpartition(")")[2].split()[1]), []).append(int(path.name))
        names[int(path.name)] = words
    found, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        if pid in names:
            found[pid] = names[pid]
            waiting += parents.get(pid, [])
    return found


def workers(root: int) -> list[int]:
    """The processes that carry out steps, local or Ray's; of Ray's those that do so now, if there are any."""
    names = family(root)
    busy = [pid for pid, words in names.items() if "running.worker" in words or words.startswith("ray::_carry_out")]
    return busy or [pid for pid, words in names.items() if words.startswith("ray::IDLE")]


def proportional_bytes(pids: Iterator[int] | Sequence[int]) -> int:
    """Memory of processes, what they share counted once."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
    return total


class Peak:
    """The most memory that a process and all below it took, looked at five times a second."""

    def __init__(self, root: int) -> None:
        self.bytes = 0
        self._root, self._over = root, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.bytes = max(self.bytes, proportional_bytes(list(family(self._root))))

    def end(self) -> int:
        self._over.set()
        self._thread.join()
        return self.bytes


def release_bytes(out: Path) -> dict[str, bytes]:
    """Everything that bears a release's name."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.glob("*.release/**/*")) if p.is_file()}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
