"""A package as one ZIP file that has one spelling: sorted names, one date, nothing compressed, nothing between.

A ZIP file says things twice (before a file and at its end), and readers differ in whom they believe. So a package's
bytes are compared with those that its own files make: whatever else a ZIP file can hold, this one does not.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO, Protocol
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from bodycam_pipeline.package.contents import REMEDY, is_plain, plain_files
from bodycam_pipeline.values.errors import VerificationError

DATE = (1980, 1, 1, 0, 0, 0)
"""The first that ZIP knows: a package says nothing of when it was made."""

_PLAIN_FILE = 0o100644 << 16
_BLOCK_BYTES = 1 << 20


class _Reads(Protocol):
    """Anything that is read in pieces."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""


class _Tee:
    """Reads one file and writes what was read to another."""

    def __init__(self, source: IO[bytes], copy: BinaryIO) -> None:
        self._source, self._copy = source, copy

    def read(self, size: int, /) -> bytes:
        block = self._source.read(size)
        self._copy.write(block)
        return block


def write_archive(folder: Path, target: BinaryIO) -> None:
    """Write every file of a folder into a ZIP; equal files give equal bytes."""
    with ZipFile(target, "w", ZIP_STORED) as archive:
        for name, path in sorted(plain_files(folder).items()):
            with path.open("rb") as file:
                _add(archive, name, path.stat().st_size, file)


@contextmanager
def open_archive(package: Path) -> Iterator[Path]:
    """A package's folder: itself, or its ZIP unpacked beside the system's temporary files for as long as it is open.

    Raises:
        VerificationError: neither a folder nor a ZIP as `write_archive` makes it.
    """
    if package.is_dir():
        yield package
        return
    with TemporaryDirectory(prefix="bodycam-package-") as folder:
        try:
            _unpack(package, Path(folder))
        except (OSError, BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
            if isinstance(error, VerificationError):
                raise
            raise VerificationError(f"{package} is not a package: {error}", remedy=REMEDY) from error
        yield Path(folder)


def _unpack(package: Path, folder: Path) -> None:
    with ZipFile(package) as archive, package.open("rb") as file:
        _refuse_odd(archive.infolist(), package)
        comparison = _Comparison(file)
        with ZipFile(comparison, "w", ZIP_STORED) as again:  # type: ignore[call-overload]
            for info in archive.infolist():
                with archive.open(info) as member, (folder / info.filename).open("xb") as copy:
                    _add(again, info.filename, info.file_size, _Tee(member, copy))
        if not comparison.is_equal():
            raise _odd(package)


def _refuse_odd(members: Iterable[ZipInfo], package: Path) -> None:
    """What would be dangerous to unpack at all, before a byte of it is written; the comparison finds the rest."""
    infos = list(members)
    names = [info.filename for info in infos]
    stored = all(info.compress_type == ZIP_STORED and info.file_size == info.compress_size for info in infos)
    fits = sum(info.file_size for info in infos) <= package.stat().st_size
    if not (stored and fits and names == sorted(set(names)) and all(map(is_plain, names))):
        raise _odd(package)


def _odd(package: Path) -> VerificationError:
    what = f"{package} is a ZIP file, but not byte for byte as a package is written"
    return VerificationError(what, remedy=REMEDY)


def _add(archive: ZipFile, name: str, size_bytes: int, source: _Reads) -> None:
    info = ZipInfo(name, DATE)
    info.external_attr, info.create_system, info.file_size = _PLAIN_FILE, 3, size_bytes
    with archive.open(info, "w") as target:
        while block := source.read(_BLOCK_BYTES):
            target.write(block)


class _Comparison:
    """Takes what is written to a file and keeps none of it: only where it differs from the bytes of another file."""

    def __init__(self, expected: BinaryIO) -> None:
        self._expected = expected
        self._at = self._end = 0
        self._different: dict[int, int] = {}

    def write(self, block: bytes) -> int:
        self._expected.seek(self._at)
        if self._expected.read(len(block)) == block:
            self._different.pop(self._at, None)
        else:  # a file's header is written twice: first without, then with its checksum
            self._different[self._at] = len(block)
        self._at += len(block)
        self._end = max(self._end, self._at)
        return len(block)

    def is_equal(self) -> bool:
        self._expected.seek(0, 2)
        return not self._different and self._expected.tell() == self._end

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing is kept back."""

    def seekable(self) -> bool:
        return True
