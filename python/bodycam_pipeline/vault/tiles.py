"""The log's files: C2SP ``tlog-tiles``, which any web server serves and the standard tools read.

```
checkpoint                       the signed note
tile/0/x001/234                  256 leaf hashes
tile/1/000.p/17                  17 hashes, each over 256 of the level below
tile/entries/x001/234.p/17       17 entries: two bytes of length, then the entry
```
"""

from collections.abc import Iterator
from pathlib import Path

from bodycam_pipeline import _native
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.values.errors import CustodyLogError

WIDTH = 256
"""Hashes in a whole tile."""

HASH_BYTES = 32
_MOST_TILE_BYTES = WIDTH * (2 + ((1 << 16) - 1))
"""A bundle of the longest entries."""

ENTRY_LIMIT_BYTES = (1 << 16) - 1


def tile_path(level: int | str, index: int, width: int) -> str:
    """Where a tile lies: its number in groups of three digits; one that is not full says how wide it is."""
    number = f"{index % 1000:03}"
    while index := index // 1000:
        number = f"x{index % 1000:03}/{number}"
    return f"tile/{level}/{number}{'' if width == WIDTH else f'.p/{width}'}"


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes tile ``index`` of a level holds in a log of ``size`` entries."""
    return max(0, min(WIDTH, (size >> 8 * level) - index * WIDTH))


def bundle(entries: list[bytes]) -> bytes:
    """Entries as a file."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(content: bytes) -> Iterator[bytes]:
    """The entries of a file.

    Raises:
        CustodyLogError: it is cut.
    """
    at = 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content) or at + 2 > len(content):
            raise CustodyLogError("a file of entries is cut", remedy="The log was damaged: restore it from a copy.")
        yield content[at + 2 : end]
        at = end


class Tiles:
    """The tiles of a log of a known size, and the hashes above any range of its entries.

    A log that has grown since may have replaced a tile that was not full by the full one, which begins with it.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self.size = folder, size
        self._held: dict[tuple[int | str, int], bytes] = {}

    def entries(self, index: int) -> list[bytes]:
        """The entries of bundle ``index``.

        Raises:
            CustodyLogError: missing, cut, or not as many as the log's size says.
        """
        width = width_at(self.size, 0, index)
        found = list(unbundle(self._tile("entries", index)))[:width]
        if len(found) != width:
            raise _damaged("entries", index)
        return found

    def hashes(self, level: int, index: int) -> bytes:
        """The hashes of a tile.

        Raises:
            CustodyLogError: missing or cut.
        """
        length = HASH_BYTES * width_at(self.size, level, index)
        found = self._tile(level, index)[:length]
        if len(found) != length:
            raise _damaged(level, index)
        return found

    def root(self, first: int = 0, end: int | None = None) -> bytes:
        """The hash above the entries ``first..end``, a range of an RFC 6962 proof; of all where none is named.

        Raises:
            CustodyLogError: a tile is missing or cut.
        """
        end = self.size if end is None else end
        length = end - first
        if not length:
            return _native.merkle_root(b"")
        if length & (length - 1):
            middle = first + (1 << length.bit_length() - 1)
            return _node(self.root(first, middle), self.root(middle, end))
        return self._subtree(first, length)

    def _subtree(self, first: int, length: int) -> bytes:
        """A complete subtree: its hash, or some hashes of one tile, are on record."""
        level = (length.bit_length() - 1) // 8
        at, count = first >> 8 * level, length >> 8 * level
        tile = self.hashes(level, at // WIDTH)
        begin = at % WIDTH * HASH_BYTES
        return _native.merkle_root(tile[begin : begin + count * HASH_BYTES])

    def _tile(self, level: int | str, index: int) -> bytes:
        key = (level, index)
        if key not in self._held:
            width = width_at(self.size, 0 if isinstance(level, str) else level, index)
            found = self._read(level, index, width)
            if found is None and width < WIDTH:
                found = self._read(level, index, WIDTH)
            if found is None:
                raise _damaged(level, index)
            self._held[key] = found
        return self._held[key]

    def _read(self, level: int | str, index: int, width: int) -> bytes | None:
        try:
            return read_bytes(self._folder / tile_path(level, index, width), _MOST_TILE_BYTES)
        except OSError:
            return None


def _node(left: bytes, right: bytes) -> bytes:
    return _native.merkle_root(left + right)


def _damaged(level: int | str, index: int) -> CustodyLogError:
    return CustodyLogError(
        f"tile {level}/{index} of the log is missing or damaged", remedy="Restore the log's folder from a copy."
    )
