"""Watch a folder: a file is taken in once it has stopped growing, and again only if it changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bodycam_pipeline.custody.facts import places_beside
from bodycam_pipeline.custody.ingest import find_files

Stamp = tuple[tuple[int, int], ...]


@dataclass
class WatchFolder:
    """What lies at some paths, look by look. A card that is not there now may be there at the next look."""

    given: Sequence[Path]
    _seen: dict[Path, Stamp] = field(default_factory=dict)
    _given_out: dict[Path, Stamp] = field(default_factory=dict)

    def settled(self) -> list[Path]:
        """Files that are as they were at the last look, and were not returned as they are now.

        A file that failed is returned again when it, or the facts beside it, changed, or when it was away in between.
        """
        now = {path: _stamp(path) for path in find_files(path for path in self.given if path.exists())}
        ready = [path for path, stamp in now.items() if self._seen.get(path) == stamp != self._given_out.get(path)]
        self._seen = now
        kept = {path: stamp for path, stamp in self._given_out.items() if path in now}
        self._given_out = kept | {path: now[path] for path in ready}
        return ready


def _stamp(path: Path) -> Stamp:
    """Size and time of a file, and of facts beside it."""
    return tuple(_size_and_time(each) for each in (path, *places_beside(path)))


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return -1, 0
    return found.st_size, found.st_mtime_ns
