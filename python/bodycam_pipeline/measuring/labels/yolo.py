"""YOLO: ``images/…/NAME.jpg`` and ``labels/…/NAME.txt`` with rows of class, centre x, y, width, height as shares.

The classes stand in ``data.yaml`` (``names``, a list or a mapping) or ``classes.txt``. A picture without a text file is
one with nothing in it; the sizes come from the pictures themselves.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bodycam_pipeline.foreign import MOST_YAML_BYTES, parse_yaml, read_text
from bodycam_pipeline.measuring.labels.dataset import (
    Dataset,
    LabelledPicture,
    kind_of,
    kinds_among,
    stack_boxes,
    unreadable,
)
from bodycam_pipeline.values.detection import Kind

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


def read(folder: Path, called: Mapping[str, Kind]) -> Iterator[Dataset]:
    """Every split (``train``, ``valid``, ...) with ``images`` and ``labels``, below one list of classes.

    Raises:
        DatasetError: a list of classes or a text file that cannot be read.
    """
    listed = next((folder / name for name in ("data.yaml", "classes.txt") if (folder / name).is_file()), None)
    if listed is None:
        return
    words = _words(listed)
    kinds = kinds_among(words, called, listed)
    meaning = [kind_of(word, called) for word in words]
    for images in sorted({path.parent for path in folder.rglob("*") if path.suffix.lower() in PICTURES}):
        files = sorted(path for path in images.iterdir() if path.suffix.lower() in PICTURES)
        pictures = [_picture(path, folder, meaning, kinds) for path in files]
        name = "/".join([folder.name, *(part for part in images.relative_to(folder).parts if part != "images")])
        yield Dataset(name, kinds, pictures)


def _words(path: Path) -> list[str]:
    try:
        if path.suffix == ".txt":
            return read_text(path).splitlines()
        names = parse_yaml(read_text(path, MOST_YAML_BYTES))["names"]
        return [str(names[key]) for key in sorted(names)] if isinstance(names, dict) else [str(n) for n in names]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise unreadable(path, repr(error)) from error


def _picture(path: Path, folder: Path, meaning: Sequence[Kind | None], kinds: tuple[Kind, ...]) -> LabelledPicture:
    inside = path.relative_to(folder)
    parts = ["labels" if part == "images" else part for part in inside.parts]
    text = (folder / Path(*parts)).with_suffix(".txt")
    from bodycam_pipeline.read.stills import read_size  # loads FFmpeg, for whoever reads pictures

    size = read_size(path)
    try:
        lines = read_text(text).splitlines() if text.is_file() else []
        rows = [_row(line, meaning, size) for line in lines if line.strip()]
    except (OSError, ValueError, IndexError) as error:
        raise unreadable(text, repr(error)) from error
    return LabelledPicture(path, size, stack_boxes(rows, kinds))


def _row(line: str, meaning: Sequence[Kind | None], size: tuple[int, int]) -> tuple[Kind | None, Sequence[float]]:
    number, *values = line.split()
    x, y, width, height = (float(v) * side for v, side in zip(values[:4], size * 2, strict=True))
    return meaning[int(number)], (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
