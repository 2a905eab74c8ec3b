"""Wait for something to happen to processes, and look at them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def wait_for(done: Callable[[], Any], seconds: float = 120) -> Any:
    """What ``done`` gives, once that is something."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def children(process: int) -> list[int]:
    """The processes that one started, by any of its threads."""
    try:
        return [
            int(one)
            for task in Path(f"/proc/{process}/task").iterdir()
            for one in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def parent(process: int) -> int:
    """Who started it."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def alive(process: int) -> bool:
    """Whether it is there, and no mere entry in a table."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
