"""Which data sets a folder holds, whatever they are written in."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bodycam_pipeline.measuring.labels import coco, own, voc, yolo
from bodycam_pipeline.measuring.labels.dataset import FORMATS, Dataset
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.errors import DatasetError

_READERS = (own.read, coco.read, yolo.read, voc.read)


def find_datasets(folder: Path, called: Mapping[str, Kind]) -> Sequence[Dataset]:
    """The data sets of a folder, or of the folders in it.

    Args:
        folder: Where.
        called: Words of these labels beside the usual ones.

    Raises:
        DatasetError: none, or one that cannot be read.
    """
    here = _in(folder, called)
    found = here or [each for inside in sorted(folder.glob("*/")) for each in _in(inside, called)]
    sets = [each for each in found if each.pictures]
    if not sets:
        raise DatasetError(f"no labelled pictures in {folder}", remedy=f"Name a folder with labels as {FORMATS}.")
    return sets


def _in(folder: Path, called: Mapping[str, Kind]) -> list[Dataset]:
    for read in _READERS:
        if found := list(read(folder, called)):
            return found
    return []
