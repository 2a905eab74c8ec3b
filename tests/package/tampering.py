"""Ways to spoil a package, each drawn from a seed: what a disk, a forger or a careless colleague does."""

import random
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path


def flip(folder: Path, draw: random.Random) -> str:
    """One to four bits of one file."""
    path = _some(folder, draw)
    content = bytearray(path.read_bytes())
    for at in draw.sample(range(8 * len(content)), draw.randint(1, 4)):
        content[at // 8] ^= 1 << at % 8
    path.write_bytes(content)
    return f"bits of {path.name}"


def cut(folder: Path, draw: random.Random) -> str:
    path = _some(folder, draw)
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content))])
    return f"{path.name} cut"


def grow(folder: Path, draw: random.Random) -> str:
    path = _some(folder, draw)
    with path.open("ab") as file:
        file.write(draw.randbytes(draw.randint(1, 64)))
    return f"{path.name} grown"


def swap(folder: Path, draw: random.Random) -> str:
    first, second = draw.sample(_files(folder), 2)
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    return f"{first.name} and {second.name} swapped"


def remove(folder: Path, draw: random.Random) -> str:
    path = _some(folder, draw)
    path.unlink()
    return f"{path.name} removed"


def rename(folder: Path, draw: random.Random) -> str:
    path = _some(folder, draw)
    name = draw.choice(
        [path.name.swapcase(), f"{path.name} ", f"{path.name}.bak", f".{path.name}", f"{path.name}\u200b"]
    )
    path.rename(folder / name)
    return f"{path.name} renamed to {name!r}"


def add(folder: Path, draw: random.Random) -> str:
    name = draw.choice(["notes.txt", ".DS_Store", "redacted.mp4.orig", "statement2.dsse.json", "-", "\u00e9"])
    (folder / name).write_bytes(draw.randbytes(draw.randint(0, 64)))
    return f"{name} added"


def link(folder: Path, draw: random.Random) -> str:
    """A file that lies elsewhere: whole today, another one tomorrow."""
    path = _some(folder, draw)
    elsewhere = folder.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    return f"{path.name} is a link"


def nest(folder: Path, draw: random.Random) -> str:
    del draw
    (folder / "more").mkdir()
    return "a folder in it"


def repack(archive: Path, draw: random.Random) -> str:
    """The same files in a ZIP that is written in another way."""
    how = draw.choice(
        ["date", "deflated", "comment", "order", "mode", "member comment", "extra", "twice", "folder", "path"]
    )
    with zipfile.ZipFile(archive) as source:
        members = [(info, source.read(info)) for info in source.infolist()]
    archive.unlink()
    if how == "order":
        members.reverse()
    with zipfile.ZipFile(archive, "w") as target:
        at = draw.randrange(len(members))
        for number, (info, content) in enumerate(members):
            target.writestr(_changed(info, how) if number == at else info, content)
        if how == "comment":
            target.comment = b"to whom it may concern"
        if how == "twice":
            with warnings.catch_warnings(action="ignore"):
                target.writestr(*members[at])
        if how == "folder":
            target.writestr("more/", b"")
    return f"zip: {how}"


def flip_archive(archive: Path, draw: random.Random) -> str:
    content = bytearray(archive.read_bytes())
    at = draw.randrange(8 * len(content))
    content[at // 8] ^= 1 << at % 8
    archive.write_bytes(content)
    return f"zip: bit {at}"


def surround(archive: Path, draw: random.Random) -> str:
    content, odd = archive.read_bytes(), draw.randbytes(draw.randint(1, 64))
    before = draw.random() < 0.5
    archive.write_bytes(odd + content if before else content + odd)
    return f"zip: bytes {'before' if before else 'after'} it"


def _changed(info: zipfile.ZipInfo, how: str) -> zipfile.ZipInfo:
    match how:
        case "date":
            info.date_time = (2026, 1, 2, 3, 4, 6)
        case "deflated":
            info.compress_type = zipfile.ZIP_DEFLATED
        case "mode":
            info.external_attr = 0o100755 << 16
        case "member comment":
            info.comment = b"seen by"
        case "extra":
            info.extra = b"\x55\x54\x05\x00\x01\x00\x00\x00\x00"
        case "path":
            info.filename = f"../{info.filename}"
    return info


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def _some(folder: Path, draw: random.Random) -> Path:
    return draw.choice(_files(folder))


Way = Callable[[Path, random.Random], str]
FOLDER_WAYS: tuple[Way, ...] = (flip, flip, flip, cut, grow, swap, remove, rename, add, link, nest)
ARCHIVE_WAYS: tuple[Way, ...] = (flip_archive, flip_archive, repack, surround)


def spoil(folder: Path, archive: Path, where: Path, seed: int) -> tuple[Path, str]:
    """A spoiled copy of a package, as a folder or as a ZIP, and what was done to it."""
    draw = random.Random(seed)  # noqa: S311 - a seed's case is the same on every machine
    if draw.random() < 0.7:
        copy = Path(shutil.copytree(folder, where / "package"))
        return copy, _done(draw.choice(FOLDER_WAYS), copy, draw)
    copy = Path(shutil.copy(archive, where / "package.zip"))
    return copy, _done(draw.choice(ARCHIVE_WAYS), copy, draw)


def _done(way: Way, package: Path, draw: random.Random) -> str:
    return f"{way.__name__}: {way(package, draw)}"
