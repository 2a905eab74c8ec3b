"""What is in another process's memory."""

from collections.abc import Iterator
from pathlib import Path


def memory(process: int) -> Iterator[bytes]:
    """What a process can write to: its stack, its heap and the rest."""
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as file:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            first, end = (int(edge, 16) for edge in place.split("-"))
            if rights.startswith("rw"):
                file.seek(first)
                yield file.read(end - first)


def holds(process: int, content: bytes) -> bool:
    """Whether some bytes are in it."""
    return any(content in part for part in memory(process))
